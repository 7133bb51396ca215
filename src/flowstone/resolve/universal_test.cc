// Universal resolution against what uv answers, recorded by tools/record_universal.py.
#include "flowstone/resolve/universal.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

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
      {"universal-required-machines",
       "macOS on x86_64 gets a release with a wheel for it, not the one for Linux on x86_64"}};
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

// Compares the universal one of a scenario; nothing when it is for one target.
std::optional<std::string> DifferenceOf(const std::string& path) {
  os::PosixFileSystem files;
  const std::string golden_path =
      std::string(FLOWSTONE_SOURCE_DIR) + "/tests/golden/universal/" + StemIn(path) + ".toml";
  const Result<std::string> text = files.ReadFile(path);
  if (!text) {
    return text.error().ToString();
  }
  Result<Scenario> scenario = ReadScenario(*text, {.binaries = BinaryPolicy::kAnySource});
  if (!scenario) {
    return scenario.error().ToString();
  }
  if (!scenario->is_universal) {
    return std::nullopt;
  }
  const Result<std::string> golden = files.ReadFile(golden_path);
  if (!golden) {
    return golden.error().ToString();
  }
  const Result<LockedExpectation> expected = LockedExpectation::Parse(*golden);
  return expected ? Difference(*scenario, *expected) : expected.error().ToString();
}

// How many universal scenarios there are.
std::size_t CompareAll(const std::vector<std::string>& paths) {
  std::size_t compared = 0;
  for (const std::string& path : paths) {
    SCOPED_TRACE(path);
    const std::optional<std::string> difference = DifferenceOf(path);
    if (!difference) {
      continue;
    }
    ++compared;
    if (UniversalDifferences().contains(StemIn(path))) {
      EXPECT_NE(*difference, "") << "is expected to differ, and does not";
    } else {
      EXPECT_EQ(*difference, "");
    }
  }
  return compared;
}

TEST(UniversalScenarios, AgreeWithUv) {
  const Result<std::vector<std::string>> paths =
      FindScenarios(std::string(FLOWSTONE_SOURCE_DIR) + "/tests/scenarios");
  ASSERT_TRUE(paths);
  EXPECT_GE(CompareAll(*paths), 15U);
}

TEST(UniversalScenarios, OfPackseAgreeWithUv) {
  const std::string directory =
      os::Environment::FromProcess()
          .GetNonEmpty("FLOWSTONE_PACKSE")
          .value_or(std::string(FLOWSTONE_SOURCE_DIR) + "/../shared/corpora/packse/scenarios");
  const Result<std::vector<std::string>> paths = FindScenarios(directory);
  if (!paths) {
    GTEST_SKIP() << "the packse corpus is not here; FLOWSTONE_PACKSE may name its directory";
  }
  EXPECT_EQ(CompareAll(*paths), 41U);
}

}  // namespace
}  // namespace flowstone::resolve
