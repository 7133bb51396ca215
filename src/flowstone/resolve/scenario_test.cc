// Resolver scenarios: those of this repository, and the packse corpus when it is present.
#include "flowstone/resolve/scenario.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/posix_filesystem.h"

namespace flowstone::resolve {
namespace {

Result<Scenario> Load(const std::string& path) {
  os::PosixFileSystem files;
  FLOWSTONE_LET(const std::string text, files.ReadFile(path));
  return ReadScenario(text);
}

std::vector<std::string> OwnScenarios() {
  const auto paths = FindScenarios(std::string(FLOWSTONE_SOURCE_DIR) + "/tests/scenarios");
  return paths ? *paths : std::vector<std::string>();
}

std::string StemOf(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return file.substr(0, file.rfind('.'));
}

class OwnScenario : public ::testing::TestWithParam<std::string> {};

TEST_P(OwnScenario, ComesOutAsWritten) {
  Result<Scenario> scenario = Load(GetParam());
  ASSERT_TRUE(scenario) << scenario.error().ToString();
  EXPECT_EQ(RunScenario(*scenario), "");
}

INSTANTIATE_TEST_SUITE_P(All, OwnScenario, ::testing::ValuesIn(OwnScenarios()),
                         [](const auto& instance) {
                           std::string name = StemOf(instance.param);
                           for (char& c : name) {
                             c = IsAsciiAlnum(c) ? c : '_';
                           }
                           return name;
                         });

TEST(OwnScenarios, AreThere) {
  EXPECT_GE(OwnScenarios().size(), 15U);
}

// Where the corpus expects something else, and why.
const std::map<std::string, std::string>& Differences() {
  static const std::map<std::string, std::string> differences = {
      {"incompatible-python-compatible-override-available-no-wheels", "needs a source build"},
      {"incompatible-python-compatible-override-no-compatible-wheels", "needs a source build"},
      {"incompatible-python-compatible-override-other-wheel", "needs a source build"},
      {"incompatible-python-compatible-override-unavailable-no-wheels", "needs a source build"},
      {"no-wheels-with-matching-platform", "needs a source build"},
      {"no-wheels", "needs a source build"},
      {"only-wheels-no-binary", "wheels cannot be refused"}};
  return differences;
}

// Scenarios that expect pre-releases only where they are named or where there is nothing else: the
// default of the tools when the corpus was made.
const std::set<std::string>& OlderPrereleasePolicy() {
  static const std::set<std::string> names = {
      "package-only-prereleases-in-range",
      "package-prerelease-specified-mixed-available",
      "package-prereleases-specifier-boundary",
      "transitive-package-only-prereleases-in-range",
      "transitive-prerelease-and-stable-dependency-many-versions-holes",
      "transitive-prerelease-and-stable-dependency-many-versions",
      "transitive-prerelease-and-stable-dependency"};
  return names;
}

TEST(PackseCorpus, AgreesWhereOnlyWheelsAreNeeded) {
  const std::string directory =
      os::Environment::FromProcess()
          .GetNonEmpty("FLOWSTONE_PACKSE")
          .value_or(std::string(FLOWSTONE_SOURCE_DIR) + "/../shared/corpora/packse/scenarios");
  const Result<std::vector<std::string>> paths = FindScenarios(directory);
  if (!paths) {
    GTEST_SKIP() << "the packse corpus is not here; FLOWSTONE_PACKSE may name its directory";
  }
  std::size_t passed = 0;
  std::size_t skipped = 0;
  for (const std::string& path : *paths) {
    SCOPED_TRACE(path);
    Result<Scenario> scenario = Load(path);
    ASSERT_TRUE(scenario) << scenario.error().ToString();
    if (scenario->is_universal) {
      ++skipped;
      continue;
    }
    if (OlderPrereleasePolicy().contains(scenario->name)) {
      scenario->request.policies.prereleases = PrereleaseMode::kIfNecessaryOrExplicit;
    }
    const std::string difference = RunScenario(*scenario);
    if (Differences().contains(scenario->name)) {
      EXPECT_NE(difference, "") << "is expected to differ, and does not";
    } else {
      EXPECT_EQ(difference, "");
      passed += difference.empty() ? 1 : 0;
    }
  }
  RecordProperty("passed", static_cast<int>(passed));
  RecordProperty("skipped_universal", static_cast<int>(skipped));
}

}  // namespace
}  // namespace flowstone::resolve
