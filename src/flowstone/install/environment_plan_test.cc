#include "flowstone/install/environment_plan.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "flowstone/os/path.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
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
  std::map<std::string, std::vector<PlannedFile>> directories;  // those above others, too
  for (const auto& [path, content] : files) {
    for (std::string above = os::DirName(path); above != "."; above = os::DirName(above)) {
      directories[above];
    }
    directories[os::DirName(path)].push_back({.name = os::BaseName(path),
                                              .size = content.size(),
                                              .digest = Digest::Of(content),
                                              .mode = path.starts_with("bin/") ? 0555U : 0444U});
  }
  for (auto& [path, content] : directories) {
    package.archive.directories.push_back({.path = path, .files = std::move(content)});
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
  for (std::size_t i = 0; i < plan->directories.size(); ++i) {
    const std::string parent = os::DirName(plan->directories[i]);
    const auto end = plan->directories.begin() + static_cast<std::ptrdiff_t>(i);
    EXPECT_TRUE(parent == "." || std::find(plan->directories.begin(), end, parent) != end)
        << plan->directories[i];
  }
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

// A package whose archive has its dist-info directory in both forms.
PlannedPackage PackageInBothForms(Wish wish) {
  PlannedPackage package = Package("a", {{"requested/a-1.0.dist-info/RECORD", "with"},
                                         {"requested/a-1.0.dist-info/REQUESTED", ""},
                                         {"site/a-1.0.dist-info/RECORD", "without"},
                                         {"site/a.py", ""}});
  package.wish = wish;
  return package;
}

TEST(PlanEnvironment, ArchivesHaveWhatIsAddedForThoseWhoAsked) {
  for (const auto& [wish, tree] : {std::pair(Wish::kRequested, "requested/a-1.0.dist-info"),
                                   std::pair(Wish::kDependency, "site/a-1.0.dist-info")}) {
    const auto plan = PlanEnvironment(std::vector{PackageInBothForms(wish)}, kScheme,
                                      {.folding = Folding::kWhereSafe});
    ASSERT_THAT(plan, IsOk());
    EXPECT_THAT(plan->writes, IsEmpty());
    ASSERT_EQ(plan->folds.size(), 1U);
    EXPECT_EQ(plan->folds[0].source, tree);
    EXPECT_EQ(plan->folds[0].destination, "lib/python3.11/site-packages/a-1.0.dist-info");
    EXPECT_THAT(LinkTargets(*plan), ElementsAre("lib/python3.11/site-packages/a.py"));
  }
}

TEST(PlanEnvironment, NeitherFormDoesForADirectUrl) {
  PlannedPackage package = PackageInBothForms(Wish::kRequested);
  package.direct_url = "{}";
  const auto plan = PlanEnvironment(std::vector{package}, kScheme);
  ASSERT_THAT(plan, IsOk());
  const std::string dist_info = "lib/python3.11/site-packages/a-1.0.dist-info";
  EXPECT_EQ(Written(*plan, dist_info + "/direct_url.json"), "{}");
  EXPECT_EQ(Written(*plan, dist_info + "/REQUESTED"), "");
  EXPECT_THAT(LinkTargets(*plan), ElementsAre("lib/python3.11/site-packages/a.py"));
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

TEST(PlanEnvironment, OfDifferentFilesAtOnePathTheLastIsUsedAndBothAreNamed) {
  const std::vector packages = {
      Package("a", {{"site/cv2.py", "one"}, {"site/cv2/x.py", "one"}, {"site/own.py", "one"}}),
      Package("b", {{"site/cv2.py", "two"}, {"site/cv2/x.py", "two"}})};
  const Result<EnvironmentPlan> plan = PlanEnvironment(packages, kScheme);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(
      plan->warnings,
      ElementsAre("a 1.0 and b 1.0 have different files at "
                  "lib/python3.11/site-packages/cv2.py and 1 more: those of b 1.0 are used"));
  for (const LinkOperation& link : plan->links) {
    EXPECT_EQ(link.package, link.destination.ends_with("own.py") ? 0U : 1U) << link.destination;
  }
  EXPECT_EQ(plan->links.size(), 3U);
}

TEST(PlanEnvironment, WhereCaseDoesNotMatterNamesThatDifferInItCollide) {
  const std::vector packages = {Package("a", {{"site/Tool/x.py", "one"}}),
                                Package("b", {{"site/tool/X.py", "two"}})};
  const Result<EnvironmentPlan> sensitive = PlanEnvironment(packages, kScheme);
  ASSERT_THAT(sensitive, IsOk());
  EXPECT_EQ(sensitive->links.size(), 2U);
  EXPECT_THAT(sensitive->warnings, IsEmpty());
  const Result<EnvironmentPlan> insensitive =
      PlanEnvironment(packages, kScheme, {.name_case = NameCase::kInsensitive});
  ASSERT_THAT(insensitive, IsOk());
  EXPECT_EQ(insensitive->links.size(), 1U);
  EXPECT_THAT(insensitive->warnings, ElementsAre(HasSubstr("site-packages/Tool/X.py")));
}

TEST(PlanEnvironment, FileWhereAnotherHasADirectoryConflicts) {
  EXPECT_THAT(PlanEnvironment(std::vector{Package("a", {{"site/x", "file"}}),
                                          Package("b", {{"site/x/y.py", "module"}})},
                              kScheme),
              HasMessage(HasSubstr("a 1.0 and b 1.0 have a file and a directory at "
                                   "lib/python3.11/site-packages/x")));
}

TEST(PlanEnvironment, ArchivesThatHaveTheRecordNeedNoOther) {
  PlannedPackage package = Package("a", {{"site/a-1.0.dist-info/RECORD", "rows"}});
  const Result<EnvironmentPlan> plan = PlanEnvironment(std::vector{package}, kScheme);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->writes, IsEmpty());
  package.wish = Wish::kRequested;
  const Result<EnvironmentPlan> requested = PlanEnvironment(std::vector{package}, kScheme);
  ASSERT_THAT(requested, IsOk());
  EXPECT_THAT(LinkTargets(*requested), IsEmpty());
  EXPECT_THAT(*Written(*requested, "lib/python3.11/site-packages/a-1.0.dist-info/RECORD"),
              HasSubstr("a-1.0.dist-info/REQUESTED,sha256="));
}

class FoldedPlan : public ::testing::Test {
 protected:
  static EnvironmentPlan Fold(const std::vector<PlannedPackage>& packages) {
    Result<EnvironmentPlan> plan =
        PlanEnvironment(packages, kScheme, {.folding = Folding::kWhereSafe});
    EXPECT_THAT(plan, IsOk());
    return plan ? *std::move(plan) : EnvironmentPlan();
  }
  // "source → destination" below site-packages, or whole.
  static std::vector<std::string> Folds(const EnvironmentPlan& plan) {
    std::vector<std::string> folds;
    folds.reserve(plan.folds.size());
    for (const FoldOperation& fold : plan.folds) {
      folds.push_back(fold.source + " → " + fold.destination);
    }
    return folds;
  }
};

TEST_F(FoldedPlan, ADirectoryOfOnePackageIsOneLink) {
  const EnvironmentPlan plan = Fold({Package("a", {{"site/a/b/c.py", "x"},
                                                   {"site/a/d.py", "x"},
                                                   {"site/single.py", "x"},
                                                   {"data/share/a/x", "x"}})});
  EXPECT_THAT(Folds(plan),
              ElementsAre("site/a → lib/python3.11/site-packages/a", "data/share → share"));
  EXPECT_THAT(LinkTargets(plan), ElementsAre("lib/python3.11/site-packages/single.py"));
}

TEST_F(FoldedPlan, ASharedNamespaceIsARealDirectory) {
  const EnvironmentPlan plan = Fold({Package("a", {{"site/google/cloud/a/x.py", "x"}}),
                                     Package("b", {{"site/google/cloud/b/x.py", "x"}})});
  EXPECT_THAT(Folds(plan),
              ElementsAre("site/google/cloud/a → lib/python3.11/site-packages/google/cloud/a",
                          "site/google/cloud/b → lib/python3.11/site-packages/google/cloud/b"));
}

TEST_F(FoldedPlan, ScriptsAndSitePackagesAreNeverOneLink) {
  const EnvironmentPlan plan =
      Fold({Package("a", {{"bin/run", "x"}, {"site/a.py", "x"}, {"include/a/a.h", "x"}})});
  EXPECT_THAT(plan.directories, IsSupersetOf({"bin", "lib", "lib/python3.11/site-packages"}));
  EXPECT_THAT(LinkTargets(plan), ElementsAre("bin/run", "lib/python3.11/site-packages/a.py"));
}

TEST_F(FoldedPlan, DirectoriesDownToAClimbingLibraryAreReal) {
  PlannedPackage torch =
      Package("torch", {{"site/torch/lib/libtorch.so", "elf"}, {"site/torch/nn/x.py", "x"}});
  torch.archive.climbing = {"site/torch/lib"};
  const EnvironmentPlan plan = Fold({torch});
  EXPECT_THAT(Folds(plan), ElementsAre("site/torch/nn → lib/python3.11/site-packages/torch/nn"));
  EXPECT_THAT(LinkTargets(plan), ElementsAre("lib/python3.11/site-packages/torch/lib/libtorch.so"));
}

TEST_F(FoldedPlan, ADistInfoThatIsAddedToIsReal) {
  PlannedPackage package = Package("a", {{"site/a-1.0.dist-info/METADATA", "m"}});
  package.wish = Wish::kRequested;
  const EnvironmentPlan plan = Fold({package});
  EXPECT_THAT(plan.folds, IsEmpty());
  EXPECT_EQ(plan.writes.size(), 2U);
}

TEST_F(FoldedPlan, CollisionsInsideAreStillFound) {
  EXPECT_THAT(PlanEnvironment(std::vector{Package("a", {{"site/x/y", "file"}}),
                                          Package("b", {{"site/x/y/z.py", "module"}})},
                              kScheme, {.folding = Folding::kWhereSafe}),
              HasCode(ErrorCode::kConflict));
}

// What stands where: "destination ← package/source" of every file, folded directories taken apart.
std::vector<std::string> PlacesOf(const EnvironmentPlan& plan,
                                  const std::vector<PlannedPackage>& packages) {
  std::vector<std::string> places;
  const auto note = [&](const std::string& destination, std::size_t package,
                        const std::string& source) {
    places.push_back(destination + " ← " + packages[package].archive.name + "/" + source);
  };
  for (const LinkOperation& link : plan.links) {
    note(link.destination, link.package, link.source);
  }
  for (const FoldOperation& fold : plan.folds) {
    for (const PlannedDirectory& directory : packages[fold.package].archive.directories) {
      if (!os::IsWithin(fold.source, directory.path)) {
        continue;
      }
      const std::string below = directory.path.substr(fold.source.size());
      for (const PlannedFile& file : directory.files) {
        note(fold.destination + below + "/" + file.name, fold.package,
             directory.path + "/" + file.name);
      }
    }
  }
  std::ranges::sort(places);
  return places;
}

TEST_F(FoldedPlan, HasWhatAPlanWithoutFoldsHas) {
  std::mt19937 random(20);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same packages in every run
  const auto one_of = [&](const std::vector<std::string>& texts) {
    return texts[random() % texts.size()];
  };
  const std::string site = "data/lib/python3.11/site-packages/";
  int planned = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<PlannedPackage> packages;
    for (const char* name : {"a", "b", "c"}) {
      // A wheel whose own names differ in case alone is none for such a file system.
      const std::string same_but_for_case = random() % 2 == 0 ? "x/" : "X/";
      std::map<std::string, std::string> files;
      for (std::size_t i = 0; i < 1 + random() % 6; ++i) {
        std::string path = one_of({"site/", "site/", "site/", "site/", "data/", site});
        for (std::size_t depth = random() % 4; depth > 0; --depth) {
          path += one_of({same_but_for_case, "y/", "x-1/"});
        }
        files.emplace(path + one_of({"f", "g"}) + std::to_string(random() % 3), "content");
      }
      packages.push_back(Package(name, {files.begin(), files.end()}));
      if (random() % 4 == 0) {
        packages.back().archive.climbing = {os::DirName(files.begin()->first)};
      }
    }
    const NameCase name_case = random() % 2 == 0 ? NameCase::kSensitive : NameCase::kInsensitive;
    const auto plain = PlanEnvironment(packages, kScheme, {.name_case = name_case});
    const auto folded = PlanEnvironment(packages, kScheme,
                                        {.folding = Folding::kWhereSafe, .name_case = name_case});
    ASSERT_EQ(plain.has_value(), folded.has_value()) << round;
    if (plain) {
      ++planned;
      EXPECT_EQ(PlacesOf(*folded, packages), PlacesOf(*plain, packages)) << round;
    }
  }
  EXPECT_GT(planned, 500);
}

TEST(PlanEnvironment, NoPackagesIsAnEmptyPlan) {
  const Result<EnvironmentPlan> plan = PlanEnvironment({}, kScheme);
  ASSERT_THAT(plan, IsOk());
  EXPECT_TRUE(plan->links.empty());
}

}  // namespace
}  // namespace flowstone::install
