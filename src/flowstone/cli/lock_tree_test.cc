#include "flowstone/cli/lock_tree.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace flowstone::cli {
namespace {

using ::testing::ElementsAre;

class LockTreeTest : public ::testing::Test {
 protected:
  void Add(const std::string& name, const std::string& version,
           const std::vector<std::string>& needs, const std::string& marker = "") {
    lock::LockedPackage package{.name = *pypi::Name::Parse(name),
                                .version = *pypi::Version::Parse(version)};
    for (const std::string& needed : needs) {
      package.dependencies.push_back({*pypi::Name::Parse(needed)});
    }
    if (!marker.empty()) {
      package.marker = *pypi::Marker::Parse(marker);
    }
    lock_.packages.push_back(std::move(package));
  }
  void Ask(const std::string& name, const std::string& origin) {
    if (!lock_.tool) {
      lock_.tool.emplace();
    }
    lock_.tool->requested.push_back(*pypi::Name::Parse(name));
    lock_.tool->requirements.push_back({name, {origin}});
  }
  std::string Text(const TreeOptions& options = {}) const { return LockTree(lock_).Text(options); }

  lock::Lock lock_;
};

TEST_F(LockTreeTest, BranchesGoFromWhatWasAskedForToWhatItNeeds) {
  Add("app", "1.0", {"lib", "other"});
  Add("lib", "2.0", {"base"});
  Add("other", "3.0", {"lib"});
  Add("base", "4.0", {});
  EXPECT_EQ(Text(),
            "app 1.0\n    lib 2.0\n        base 4.0\n    other 3.0\n        lib 2.0 (above)\n");
}

TEST_F(LockTreeTest, DepthCutsBranches) {
  Add("app", "1.0", {"lib"});
  Add("lib", "2.0", {"base"});
  Add("base", "4.0", {});
  EXPECT_EQ(Text({.depth = 1}), "app 1.0\n    lib 2.0\n");
  EXPECT_EQ(Text({.depth = 0}), "app 1.0\n");
}

TEST_F(LockTreeTest, InvertedItGoesFromWhatNeedsNothingToWhoNeedsIt) {
  Add("app", "1.0", {"lib"});
  Add("tool", "1.0", {"lib"});
  Add("lib", "2.0", {});
  EXPECT_EQ(Text({.direction = TreeDirection::kNeededBy}), "lib 2.0\n    app 1.0\n    tool 1.0\n");
}

TEST_F(LockTreeTest, VersionsOfSeveralEnvironmentsAreAllShown) {
  Add("app", "1.0", {"lib"});
  Add("lib", "1.0", {}, "python_version < '3.9'");
  Add("lib", "2.0", {}, "python_version >= '3.9'");
  EXPECT_EQ(Text(),
            "app 1.0\n    lib 1.0  ; python_version < \"3.9\"\n"
            "    lib 2.0  ; python_version >= \"3.9\"\n");
}

TEST_F(LockTreeTest, ChainsSayWhoAsksForTheirBeginning) {
  Add("app", "1.0", {"lib"});
  Add("lib", "2.0", {"base"});
  Add("base", "4.0", {});
  Ask("app", "step train");
  const LockTree tree(lock_);
  const std::vector<Chain> chains = tree.ChainsTo(*pypi::Name::Parse("base"));
  ASSERT_EQ(chains.size(), 1U);
  EXPECT_EQ(chains[0].packages.size(), 3U);
  EXPECT_EQ(chains[0].packages.front()->name.ToString(), "app");
  EXPECT_THAT(chains[0].wishes, ElementsAre(lock::LockedWish{"app", {"step train"}}));
}

TEST_F(LockTreeTest, ConstraintsOfAPackageAreItsRestrictions) {
  Add("app", "1.0", {});
  Ask("app", "step train");
  lock_.tool->constraints = {{"app<2", {"constraints.txt:1"}}, {"other<2", {}}};
  const LockTree tree(lock_);
  EXPECT_THAT(tree.RestrictionsOf(*pypi::Name::Parse("app")),
              ElementsAre(lock::LockedWish{"app<2", {"constraints.txt:1"}}));
}

}  // namespace
}  // namespace flowstone::cli
