#include "flowstone/install/environment_plan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::IsSupersetOf;

const EnvironmentScheme kScheme = {.site_packages = "lib/python3.11/site-packages",
                                   .include = "include/site/python3.11"};

// A package with these files: path in the archive and content.
PlannedPackage Package(const std::string& name,
                       const std::vector<std::pair<std::string, std::string>>& files) {
  PlannedPackage package{.archive = {.wheel = Digest::Of(name),
                                     .name = name,
                                     .version = "1.0",
                                     .dist_info = name + "-1.0.dist-info",
                                     .tags = {},
                                     .directories = {},
                                     .warnings = {}},
                         .direct_url = {}};
  for (const auto& [path, content] : files) {
    const std::size_t slash = path.rfind('/');
    package.archive.directories.push_back(
        {.path = path.substr(0, slash),
         .files = {{.name = path.substr(slash + 1),
                    .size = content.size(),
                    .digest = Digest::Of(content),
                    .mode = path.starts_with("bin/") ? 0555U : 0444U}}});
  }
  return package;
}

std::vector<std::string> LinkTargets(const EnvironmentPlan& plan) {
  std::vector<std::string> targets;
  targets.reserve(plan.links.size());
  for (const LinkOperation& link : plan.links) {
    targets.push_back(link.destination);
  }
  return targets;
}

// The content written at that path, or nothing.
std::optional<std::string> Written(const EnvironmentPlan& plan, const std::string& path) {
  for (const WriteOperation& write : plan.writes) {
    if (write.destination == path) {
      return write.content;
    }
  }
  return std::nullopt;
}

TEST(PlanEnvironment, EverySchemeHasItsPlace) {
  const Result<EnvironmentPlan> plan =
      PlanEnvironment(std::vector{Package("a", {{"bin/run", "r"},
                                                {"data/share/doc/x", "d"},
                                                {"include/a/a.h", "h"},
                                                {"site/a/__init__.py", "i"}})},
                      kScheme);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(LinkTargets(*plan),
              ElementsAre("bin/run", "include/site/python3.11/a/a.h",
                          "lib/python3.11/site-packages/a/__init__.py", "share/doc/x"));
  EXPECT_EQ(plan->linked_bytes, 4U);
}

TEST(PlanEnvironment, DirectoriesComeParentsFirst) {
  const Result<EnvironmentPlan> plan =
      PlanEnvironment(std::vector{Package("a", {{"site/a/b/c.py", ""}})}, kScheme);
  ASSERT_THAT(plan, IsOk());
  EXPECT_TRUE(std::ranges::is_sorted(plan->directories));
  EXPECT_THAT(plan->directories,
              IsSupersetOf({"lib", "lib/python3.11", "lib/python3.11/site-packages",
                            "lib/python3.11/site-packages/a", "lib/python3.11/site-packages/a/b",
                            "lib/python3.11/site-packages/a-1.0.dist-info"}));
}

TEST(PlanEnvironment, RecordListsEverythingRelativeToSitePackages) {
  PlannedPackage package = Package("a", {{"bin/run", "r"}, {"site/a.py", "i"}});
  package.wish = Wish::kRequested;
  const Result<EnvironmentPlan> plan = PlanEnvironment(std::vector{package}, kScheme);
  ASSERT_THAT(plan, IsOk());
  const std::string dist_info = "lib/python3.11/site-packages/a-1.0.dist-info";
  EXPECT_EQ(Written(*plan, dist_info + "/REQUESTED"), "");
  EXPECT_EQ(Written(*plan, dist_info + "/RECORD"),
            "../../../bin/run,sha256=RUNJ5CLwUpcZHq0T4h09tSDlq-9SBV5JZLgvshP1k6E,1\n"
            "a-1.0.dist-info/RECORD,,\n"
            "a-1.0.dist-info/REQUESTED,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
            "a.py,sha256=3n0bchoeBjK3zwTt9QMsjs_6n5oISSFSuSbxpafnZdc,1\n");
}

TEST(PlanEnvironment, DependenciesAreNotRequestedAndHaveNoDirectUrl) {
  const Result<EnvironmentPlan> plan =
      PlanEnvironment(std::vector{Package("a", {{"site/a.py", ""}})}, kScheme);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->writes.size(), 1U);
}

TEST(PlanEnvironment, DirectUrlIsWrittenAndRecorded) {
  PlannedPackage package = Package("a", {{"site/a.py", ""}});
  package.direct_url = "{}";
  const Result<EnvironmentPlan> plan = PlanEnvironment(std::vector{package}, kScheme);
  ASSERT_THAT(plan, IsOk());
  const std::string dist_info = "lib/python3.11/site-packages/a-1.0.dist-info";
  EXPECT_EQ(Written(*plan, dist_info + "/direct_url.json"), "{}");
  EXPECT_THAT(*Written(*plan, dist_info + "/RECORD"), HasSubstr("direct_url.json,sha256="));
}

TEST(PlanEnvironment, IdenticalFilesOfTwoPackagesAreLinkedOnce) {
  const Result<EnvironmentPlan> plan =
      PlanEnvironment(std::vector{Package("a", {{"site/google/__init__.py", "same"}}),
                                  Package("b", {{"site/google/__init__.py", "same"}})},
                      kScheme);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(LinkTargets(*plan), ElementsAre("lib/python3.11/site-packages/google/__init__.py"));
  for (const char* name : {"a", "b"}) {
    EXPECT_THAT(*Written(*plan, std::string("lib/python3.11/site-packages/") + name +
                                    "-1.0.dist-info/RECORD"),
                HasSubstr("google/__init__.py,sha256="));
  }
}

TEST(PlanEnvironment, DifferentFilesAtOnePathConflict) {
  const Result<EnvironmentPlan> plan = PlanEnvironment(
      std::vector{Package("a", {{"site/cv2.py", "one"}}), Package("b", {{"site/cv2.py", "two"}})},
      kScheme);
  EXPECT_THAT(plan, HasCode(ErrorCode::kConflict));
  EXPECT_THAT(plan, HasMessage(HasSubstr("a 1.0 and b 1.0 have different files at "
                                         "lib/python3.11/site-packages/cv2.py")));
}

TEST(PlanEnvironment, FileWhereAnotherHasADirectoryConflicts) {
  EXPECT_THAT(PlanEnvironment(std::vector{Package("a", {{"site/x", "file"}}),
                                          Package("b", {{"site/x/y.py", "module"}})},
                              kScheme),
              HasMessage(HasSubstr("a 1.0 and b 1.0 have a file and a directory at "
                                   "lib/python3.11/site-packages/x")));
}

TEST(PlanEnvironment, NoPackagesIsAnEmptyPlan) {
  const Result<EnvironmentPlan> plan = PlanEnvironment({}, kScheme);
  ASSERT_THAT(plan, IsOk());
  EXPECT_TRUE(plan->links.empty());
}

}  // namespace
}  // namespace flowstone::install
