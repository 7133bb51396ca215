// The packse corpus, when it is present: every scenario for one target, under the policies of uv
// and of pip. Prints what each category comes to.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/resolve/policies.h"
#include "flowstone/resolve/scenario.h"

namespace flowstone::resolve {
namespace {

// What the corpus expects is what uv does. Where pip does something else, and why.
const std::map<std::string, std::string>& PipDifferences() {
  static const std::map<std::string, std::string> differences = {
      {"package-only-prereleases-in-range", "PEP 440 falls back to pre-releases"},
      {"transitive-package-only-prereleases-in-range", "PEP 440 falls back to pre-releases"},
      {"transitive-prerelease-and-stable-dependency", "a dependency may name a pre-release"},
      {"transitive-prerelease-and-stable-dependency-many-versions",
       "a dependency may name a pre-release"},
      {"transitive-prerelease-and-stable-dependency-many-versions-holes",
       "a dependency may name a pre-release"},
      {"python-less-than-current", "an upper bound of Requires-Python is obeyed"},
      {"transitive-yanked-and-unyanked-dependency", "a dependency may pin a yanked version"}};
  return differences;
}

struct CategoryScore {
  int total = 0;
  int passed_as_uv = 0;
  int passed_as_pip = 0;
  int different_in_pip = 0;
};

std::string DifferenceUnder(const std::string& text, Compatibility tool) {
  Result<Scenario> scenario =
      ReadScenario(text, {.tool = tool, .binaries = BinaryPolicy::kAnySource});
  return scenario ? RunScenario(*scenario) : scenario.error().ToString();
}

std::string CategoryOf(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/'));
  return directory.substr(directory.rfind('/') + 1);
}

void PrintScores(const std::map<std::string, CategoryScore>& scores) {
  CategoryScore sum;
  const auto print = [](const char* name, const CategoryScore& score) {
    std::printf("%-24s %5d %10d %10d %18d\n", name, score.total, score.passed_as_uv,
                score.passed_as_pip, score.different_in_pip);
  };
  std::printf("%-24s %5s %10s %10s %18s\n", "packse, one target", "total", "compat=uv",
              "compat=pip", "pip differs by rule");
  for (const auto& [category, score] : scores) {
    print(category.c_str(), score);
    sum.total += score.total;
    sum.passed_as_uv += score.passed_as_uv;
    sum.passed_as_pip += score.passed_as_pip;
    sum.different_in_pip += score.different_in_pip;
  }
  print("together", sum);
}

TEST(PackseCorpus, ComesOutAsUvAndPipWantIt) {
  const std::string directory =
      os::Environment::FromProcess()
          .GetNonEmpty("FLOWSTONE_PACKSE")
          .value_or(std::string(FLOWSTONE_SOURCE_DIR) + "/../shared/corpora/packse/scenarios");
  const Result<std::vector<std::string>> paths = FindScenarios(directory);
  if (!paths) {
    GTEST_SKIP() << "the packse corpus is not here; FLOWSTONE_PACKSE may name its directory";
  }
  os::PosixFileSystem files;
  std::map<std::string, CategoryScore> scores;
  for (const std::string& path : *paths) {
    SCOPED_TRACE(path);
    const Result<std::string> text = files.ReadFile(path);
    ASSERT_TRUE(text) << text.error().ToString();
    const Result<Scenario> scenario = ReadScenario(*text);
    ASSERT_TRUE(scenario) << scenario.error().ToString();
    if (scenario->is_universal) {
      continue;
    }
    CategoryScore& score = scores[CategoryOf(path)];
    ++score.total;
    const std::string as_uv = DifferenceUnder(*text, Compatibility::kUv);
    EXPECT_EQ(as_uv, "") << "under compat=uv";
    score.passed_as_uv += as_uv.empty() ? 1 : 0;
    const std::string as_pip = DifferenceUnder(*text, Compatibility::kPip);
    if (PipDifferences().contains(scenario->name)) {
      EXPECT_NE(as_pip, "") << "is expected to differ under compat=pip, and does not";
      score.different_in_pip += as_pip.empty() ? 0 : 1;
    } else {
      EXPECT_EQ(as_pip, "") << "under compat=pip";
      score.passed_as_pip += as_pip.empty() ? 1 : 0;
    }
  }
  PrintScores(scores);
}

}  // namespace
}  // namespace flowstone::resolve
