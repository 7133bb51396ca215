// Universal resolution against what uv answers, recorded by tools/record_universal.py.
#include "flowstone/resolve/universal.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <string>
#include <variant>

#include "flowstone/base/progress.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/resolve/locked_expectation.h"
#include "flowstone/resolve/scenario.h"

namespace flowstone::resolve {
namespace {

std::string StemIn(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.substr(0, file.rfind('.'));
}

// Where the answer may differ, and why.
const std::map<std::string, std::string>& UniversalDifferences() {
  static const std::map<std::string, std::string> differences = {
      {"wrong-backtracking-indirect", "the newest b-inner is found, as the scenario wishes"},
      {"specific-architecture", "the machine of macOS is arm64, never aarch64"}};
  return differences;
}

std::string Difference(Scenario& scenario, const LockedExpectation& expected) {
  NoProgress progress;
  const auto answer = Resolve(scenario.request, scenario.source, progress, scenario.options);
  if (!answer) {
    return answer.error().ToString();
  }
  if (const auto* conflict = std::get_if<ResolveConflict>(&*answer)) {
    return expected.is_satisfiable ? conflict->ToError().ToString() : "";
  }
  if (!expected.is_satisfiable) {
    return "expected a conflict";
  }
  return CompareLocked(expected, std::get<Resolution>(*answer).lock);
}

TEST(UniversalCorpus, AgreesWithUv) {
  const std::string source(FLOWSTONE_SOURCE_DIR);
  const std::string directory = os::Environment::FromProcess()
                                    .GetNonEmpty("FLOWSTONE_PACKSE")
                                    .value_or(source + "/../shared/corpora/packse/scenarios");
  const Result<std::vector<std::string>> paths = FindScenarios(directory);
  if (!paths) {
    GTEST_SKIP() << "the packse corpus is not here; FLOWSTONE_PACKSE may name its directory";
  }
  os::PosixFileSystem files;
  std::size_t compared = 0;
  for (const std::string& path : *paths) {
    SCOPED_TRACE(path);
    const Result<std::string> text = files.ReadFile(path);
    ASSERT_TRUE(text) << text.error().ToString();
    Result<Scenario> scenario = ReadScenario(*text, {.binaries = BinaryPolicy::kAnySource});
    ASSERT_TRUE(scenario) << scenario.error().ToString();
    if (!scenario->is_universal) {
      continue;
    }
    const Result<std::string> golden =
        files.ReadFile(source + "/tests/golden/universal/" + StemIn(path) + ".toml");
    ASSERT_TRUE(golden) << golden.error().ToString();
    const Result<LockedExpectation> expected = LockedExpectation::Parse(*golden);
    ASSERT_TRUE(expected) << expected.error().ToString();
    const std::string difference = Difference(*scenario, *expected);
    if (UniversalDifferences().contains(StemIn(path))) {
      EXPECT_NE(difference, "") << "is expected to differ, and does not";
    } else {
      EXPECT_EQ(difference, "");
    }
    ++compared;
  }
  EXPECT_EQ(compared, 41U);
}

}  // namespace
}  // namespace flowstone::resolve
