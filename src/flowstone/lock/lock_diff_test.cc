#include "flowstone/lock/lock_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/timestamp.h"

namespace flowstone::lock {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

LockedPackage Package(const std::string& name, const std::string& version,
                      const std::vector<std::string>& needs = {},
                      const std::string& published = "2026-01-01") {
  LockedPackage package{.name = *pypi::Name::Parse(name),
                        .version = *pypi::Version::Parse(version),
                        .index = "https://index.example/simple/"};
  const std::string file = name + "-" + version + "-py3-none-any.whl";
  package.wheels.push_back({.name = file,
                            .upload_time_us = ParseTimestamp(published),
                            .hashes = {{"sha256", Digest::Of(file).ToString()}}});
  for (const std::string& need : needs) {
    package.dependencies.push_back({*pypi::Name::Parse(need)});
  }
  return package;
}

Lock LockOf(std::vector<LockedPackage> packages, std::vector<LockedWish> requirements) {
  Lock lock{.packages = std::move(packages)};
  lock.tool = ToolTable{.targets = {"linux"}, .requirements = std::move(requirements)};
  return lock;
}

std::vector<std::string> Lines(const LockDifference& difference) {
  std::vector<std::string> lines;
  for (const PackageDifference& package : difference.packages) {
    std::string line = std::string(PackageChangeName(package.change)) + " " +
                       package.name.ToString() + " " + package.before + " -> " + package.after;
    for (const std::string& fact : package.facts) {
      line += " [" + fact + "]";
    }
    for (const std::string& cause : package.causes) {
      line += " {" + cause + "}";
    }
    lines.push_back(line);
  }
  return lines;
}

TEST(LockDiff, EqualLocksDoNotDifferWhoeverAsked) {
  const Lock a = LockOf({Package("alpha", "1.0")}, {{.text = "alpha", .origins = {"step a"}}});
  const Lock b = LockOf({Package("alpha", "1.0")}, {{.text = "alpha", .origins = {"step b"}}});
  EXPECT_TRUE(DiffLocks(a, b).empty());
}

TEST(LockDiff, AChangedRequirementCausesWhatFollowsFromIt) {
  const Lock before = LockOf({Package("alpha", "1.0", {"gone"}), Package("gone", "1.0")},
                             {{.text = "alpha<2", .origins = {"step train"}}});
  const Lock after = LockOf({Package("alpha", "2.0", {"new"}), Package("new", "3.0")},
                            {{.text = "alpha<3", .origins = {"step train"}}});
  const LockDifference difference = DiffLocks(before, after);
  EXPECT_THAT(difference.inputs, ElementsAre("requirement alpha<2 -> alpha<3 (step train)"));
  EXPECT_THAT(Lines(difference),
              ElementsAre("changed alpha 1.0 -> 2.0 {requirement alpha<2 -> alpha<3 (step train)}",
                          "removed gone 1.0 ->  {alpha 1.0 needed it and is 2.0 now}",
                          "added new  -> 3.0 {alpha 2.0 needs it and was 1.0}"));
}

TEST(LockDiff, ARequirementThatCameOrWentIsNamed) {
  const Lock before = LockOf({Package("alpha", "1.0")}, {{.text = "alpha"}});
  const Lock after = LockOf({Package("beta", "1.0")}, {{.text = "beta", .origins = {"r.txt:3"}}});
  EXPECT_THAT(Lines(DiffLocks(before, after)),
              ElementsAre("removed alpha 1.0 ->  {requirement alpha is gone}",
                          "added beta  -> 1.0 {new requirement beta (r.txt:3)}"));
}

TEST(LockDiff, AMovedCutOffExplainsWhatWasPublishedBetween) {
  Lock before = LockOf({Package("alpha", "1.0")}, {{.text = "alpha"}});
  Lock after = LockOf({Package("alpha", "2.0", {}, "2026-10-15")}, {{.text = "alpha"}});
  before.tool->exclude_newer = "2026-10-01T00:00:00Z";
  after.tool->exclude_newer = "2026-11-01T00:00:00Z";
  EXPECT_THAT(Lines(DiffLocks(before, after)),
              ElementsAre("changed alpha 1.0 -> 2.0 {2.0 was published on 2026-10-15, after the "
                          "cut-off of the first lock}"));
  EXPECT_THAT(Lines(DiffLocks(after, before)),
              ElementsAre("changed alpha 2.0 -> 1.0 {2.0 was published on 2026-10-15, after the "
                          "cut-off of the second lock}"));
}

TEST(LockDiff, ANewReleaseIsTheCauseWhenNothingElseChanged) {
  const Lock before = LockOf({Package("alpha", "1.0")}, {{.text = "alpha"}});
  const Lock after = LockOf({Package("alpha", "1.1", {}, "2026-05-06")}, {{.text = "alpha"}});
  EXPECT_THAT(Lines(DiffLocks(before, after)),
              ElementsAre("changed alpha 1.0 -> 1.1 {a newer release, published on 2026-05-06}"));
}

TEST(LockDiff, AWithdrawnReleaseIsNotExplainedByWhatTheLocksRecord) {
  const Lock before = LockOf({Package("alpha", "1.1")}, {{.text = "alpha"}});
  const Lock after = LockOf({Package("alpha", "1.0")}, {{.text = "alpha"}});
  EXPECT_THAT(Lines(DiffLocks(before, after)),
              ElementsAre(HasSubstr("nothing that the locks record")));
}

TEST(LockDiff, FilesMarkersAndIndexesAreCompared) {
  const Lock before = LockOf({Package("alpha", "1.0")}, {{.text = "alpha"}});
  Lock after = before;
  LockedPackage& alpha = after.packages.front();
  alpha.wheels.front().name = "alpha-1.0-py2.py3-none-any.whl";
  alpha.marker = *pypi::Marker::Parse("sys_platform == 'linux'");
  alpha.index = "https://mirror.example/simple/";
  const LockDifference difference = DiffLocks(before, after);
  EXPECT_THAT(difference.packages.front().facts,
              ElementsAre("marker: always -> sys_platform == \"linux\"",
                          "index: https://index.example/simple/ -> https://mirror.example/simple/",
                          "file added: alpha-1.0-py2.py3-none-any.whl",
                          "file removed: alpha-1.0-py3-none-any.whl"));
  EXPECT_THAT(difference.packages.front().causes, ElementsAre("it comes from another index"));
}

TEST(LockDiff, AFileWithOtherContentIsNotTheSame) {
  const Lock before = LockOf({Package("alpha", "1.0")}, {{.text = "alpha"}});
  Lock after = before;
  after.packages.front().wheels.front().hashes = {{"sha256", std::string(64, 'f')}};
  EXPECT_THAT(DiffLocks(before, after).packages.front().facts,
              ElementsAre("other content: alpha-1.0-py3-none-any.whl"));
}

TEST(LockDiff, AnotherTargetOrPolicyIsTheCauseOfWhatItBrings) {
  const Lock before = LockOf({Package("alpha", "1.0")}, {{.text = "alpha"}});
  Lock after = LockOf({Package("alpha", "1.0"), Package("extra", "1.0")}, {{.text = "alpha"}});
  after.tool->targets = {"darwin"};
  after.tool->options = {{"resolution", "lowest"}};
  const LockDifference difference = DiffLocks(before, after);
  EXPECT_THAT(difference.inputs,
              ElementsAre("resolution (none) -> lowest", "targets linux -> darwin"));
  EXPECT_THAT(difference.packages.front().causes,
              ElementsAre("resolution (none) -> lowest", "the locks are for other targets"));
}

TEST(LockDiff, OtherFilesOfTheSameVersionComeFromTheTargetNotFromWhatNeedsThem) {
  const Lock before =
      LockOf({Package("alpha", "1.0", {"beta"}), Package("beta", "1.0")}, {{.text = "alpha"}});
  Lock after =
      LockOf({Package("alpha", "2.0", {"beta"}), Package("beta", "1.0")}, {{.text = "alpha"}});
  after.tool->targets = {"darwin"};
  after.packages.back().wheels.front().name = "beta-1.0-cp312-cp312-macosx_11_0_arm64.whl";
  EXPECT_THAT(DiffLocks(before, after).packages.back().causes,
              ElementsAre("the locks are for other targets"));
}

TEST(LockDiff, LocksOfOtherToolsAreComparedWithoutInputs) {
  Lock before{.packages = {Package("alpha", "1.0")}};
  Lock after{.packages = {Package("alpha", "1.0"), Package("beta", "1.0")}};
  const LockDifference difference = DiffLocks(before, after);
  EXPECT_THAT(difference.inputs, IsEmpty());
  EXPECT_THAT(Lines(difference), Contains(HasSubstr("added beta")));
}

TEST(LockDiff, ForksOfOnePackageAreComparedTogether) {
  LockedPackage on_linux = Package("alpha", "2.0");
  on_linux.marker = *pypi::Marker::Parse("sys_platform == 'linux'");
  LockedPackage elsewhere = Package("alpha", "1.0");
  elsewhere.marker = *pypi::Marker::Parse("sys_platform != 'linux'");
  const Lock before = LockOf({elsewhere, on_linux}, {{.text = "alpha"}});
  const Lock after = LockOf({Package("alpha", "2.0")}, {{.text = "alpha"}});
  EXPECT_EQ(DiffLocks(before, after).packages.front().before, "1.0, 2.0");
}

TEST(LockDiff, MarkersOfForksAreToldOneByOne) {
  const auto where = [](const std::string& version, const std::string& marker) {
    LockedPackage package = Package("alpha", version);
    package.marker = *pypi::Marker::Parse(marker);
    return package;
  };
  const Lock before = LockOf({where("1.0", "sys_platform == 'darwin'"),
                              where("2.0", "sys_platform == 'linux' or sys_platform == 'win32'")},
                             {{.text = "alpha"}});
  const Lock after =
      LockOf({where("1.0", "sys_platform == 'darwin'"), where("2.0", "sys_platform == 'linux'"),
              where("3.0", "sys_platform == 'win32'")},
             {{.text = "alpha"}});
  EXPECT_THAT(DiffLocks(before, after).packages.front().facts,
              ElementsAre("marker of 2.0: sys_platform == \"linux\" or sys_platform == \"win32\" "
                          "-> sys_platform == \"linux\"",
                          "marker of 3.0: sys_platform == \"win32\""));
}

}  // namespace
}  // namespace flowstone::lock
