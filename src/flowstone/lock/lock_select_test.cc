#include "flowstone/lock/lock_select.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/error.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/target_text.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::lock {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

pypi::Target Linux312() {
  return {.markers = {.implementation_name = "cpython",
                      .platform_machine = "x86_64",
                      .platform_python_implementation = "CPython",
                      .python_full_version = "3.12.4",
                      .python_version = "3.12",
                      .sys_platform = "linux"},
          .tags = pypi::TagList({*pypi::Tag::Parse("cp312-cp312-manylinux_2_28_x86_64"),
                                 *pypi::Tag::Parse("cp312-cp312-manylinux_2_17_x86_64"),
                                 *pypi::Tag::Parse("cp311-abi3-manylinux_2_17_x86_64"),
                                 *pypi::Tag::Parse("py3-none-any")}),
          .python_full_version = *pypi::Version::Parse("3.12.4")};
}

class LockSelect : public ::testing::Test {
 protected:
  LockedPackage& Package(const std::string& name, const std::vector<std::string>& wheels) {
    LockedPackage package{.name = *pypi::Name::Parse(name)};
    for (const std::string& wheel : wheels) {
      package.wheels.push_back({.name = wheel,
                                .url = "https://f.example/" + wheel,
                                .hashes = {{"sha256", Digest::Of(wheel).ToString()}}});
    }
    lock_.packages.push_back(std::move(package));
    return lock_.packages.back();
  }

  Result<std::vector<std::string>> Selected(const SelectOptions& options = {}) {
    FLOWSTONE_LET(const std::vector<SelectedWheel> wheels,
                  SelectWheels(lock_, Linux312(), options));
    std::vector<std::string> names;
    names.reserve(wheels.size());
    for (const SelectedWheel& wheel : wheels) {
      names.push_back(wheel.file.name);
    }
    return names;
  }

  Lock lock_;
};

TEST_F(LockSelect, TakesTheWheelWithTheBestTag) {
  Package("a", {"a-1.0-py3-none-any.whl", "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl",
                "a-1.0-cp311-abi3-manylinux_2_17_x86_64.whl"});
  const auto wheels = SelectWheels(lock_, Linux312());
  ASSERT_THAT(wheels, IsOk());
  EXPECT_EQ(wheels->front().file.name, "a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl");
  EXPECT_EQ(wheels->front().sha256, Digest::Of(wheels->front().file.name));
  EXPECT_EQ(wheels->front().version.ToString(), "1.0");
}

TEST_F(LockSelect, BuildTagBreaksTies) {
  Package("a", {"a-1.0-2-py3-none-any.whl", "a-1.0-10-py3-none-any.whl", "a-1.0-py3-none-any.whl"});
  EXPECT_THAT(*Selected(), ElementsAre("a-1.0-10-py3-none-any.whl"));
}

TEST_F(LockSelect, ChoicesThatConflictAreNotTakenTogether) {
  const pypi::ExtraName cpu = *pypi::ExtraName::Parse("cpu");
  const pypi::ExtraName gpu = *pypi::ExtraName::Parse("gpu");
  Package("a", {"a-1.0-py3-none-any.whl"}).marker = LockChoice{.extra = cpu}.ToMarker();
  Package("b", {"b-1.0-py3-none-any.whl"}).marker = LockChoice{.extra = gpu}.ToMarker();
  lock_.extras = {cpu, gpu};
  lock_.tool = ToolTable{.conflicts = {{{.extra = cpu}, {.extra = gpu}}}};
  EXPECT_THAT(*Selected(), ElementsAre());
  EXPECT_THAT(*Selected({.extras = {gpu}}), ElementsAre("b-1.0-py3-none-any.whl"));
  EXPECT_THAT(Selected({.extras = {cpu, gpu}}),
              AllOf(HasCode(ErrorCode::kConflict),
                    HasMessage(HasSubstr("extra 'cpu' and extra 'gpu' of the lock conflict"))));
}

TEST_F(LockSelect, AGroupThatIsDefaultIsTaken) {
  const pypi::GroupName dev = *pypi::GroupName::Parse("dev");
  const pypi::GroupName docs = *pypi::GroupName::Parse("docs");
  lock_.default_groups = {dev};
  lock_.tool = ToolTable{.conflicts = {{{.group = dev}, {.group = docs}}}};
  EXPECT_THAT(Selected({.groups = std::vector{docs}}), IsOk());
  EXPECT_THAT(Selected({.groups = std::vector{dev, docs}}), HasCode(ErrorCode::kConflict));
}

TEST_F(LockSelect, SortsByName) {
  Package("b", {"b-1.0-py3-none-any.whl"});
  Package("a", {"a-1.0-py3-none-any.whl"});
  EXPECT_THAT(*Selected(), ElementsAre("a-1.0-py3-none-any.whl", "b-1.0-py3-none-any.whl"));
}

TEST_F(LockSelect, LeavesOutWhatTheMarkerExcludes) {
  Package("a", {"a-1.0-py3-none-any.whl"}).marker = *pypi::Marker::Parse("sys_platform == 'win32'");
  EXPECT_THAT(*Selected(), ElementsAre());
}

TEST_F(LockSelect, ExtrasAndGroupsDecideWithTheMarker) {
  Package("a", {"a-1.0-py3-none-any.whl"}).marker =
      *pypi::Marker::Parse("'fast' in extras", pypi::MarkerVariables::kLockFile);
  Package("b", {"b-1.0-py3-none-any.whl"}).marker =
      *pypi::Marker::Parse("'dev' in dependency_groups", pypi::MarkerVariables::kLockFile);
  lock_.default_groups = {*pypi::GroupName::Parse("dev")};
  EXPECT_THAT(*Selected(), ElementsAre("b-1.0-py3-none-any.whl"));
  EXPECT_THAT(*Selected({.extras = {*pypi::ExtraName::Parse("fast")},
                         .groups = std::vector<pypi::GroupName>()}),
              ElementsAre("a-1.0-py3-none-any.whl"));
}

TEST_F(LockSelect, OneOfTwoEntriesMayApply) {
  Package("a", {"a-1.0-py3-none-any.whl"}).marker = *pypi::Marker::Parse("python_version < '3.12'");
  Package("a", {"a-2.0-py3-none-any.whl"}).marker =
      *pypi::Marker::Parse("python_version >= '3.12'");
  EXPECT_THAT(*Selected(), ElementsAre("a-2.0-py3-none-any.whl"));
}

TEST_F(LockSelect, TwoEntriesThatApplyAreAmbiguous) {
  Package("a", {"a-1.0-py3-none-any.whl"}).version = *pypi::Version::Parse("1.0");
  Package("a", {"a-2.0-py3-none-any.whl"}).version = *pypi::Version::Parse("2.0");
  EXPECT_THAT(Selected(), AllOf(HasCode(ErrorCode::kConflict),
                                HasMessage(HasSubstr("both a 1.0 and a 2.0 apply"))));
}

TEST_F(LockSelect, LockForAnotherPythonIsRefused) {
  lock_.requires_python = *pypi::SpecifierSet::Parse("==3.11.*");
  EXPECT_THAT(Selected(), AllOf(HasCode(ErrorCode::kConflict),
                                HasMessage(HasSubstr("the lock is for Python ==3.11.*, not for "
                                                     "CPython 3.12.4 on linux x86_64"))));
}

TEST_F(LockSelect, LockForAnotherEnvironmentIsRefused) {
  lock_.environments = {*pypi::Marker::Parse("sys_platform == 'win32'")};
  EXPECT_THAT(Selected(), AllOf(HasCode(ErrorCode::kConflict),
                                HasMessage(HasSubstr("hint: the lock is for sys_platform"))));
}

TEST_F(LockSelect, PackageForAnotherPythonIsRefused) {
  Package("a", {"a-1.0-py3-none-any.whl"}).requires_python = *pypi::SpecifierSet::Parse(">=3.13");
  EXPECT_THAT(Selected(), HasMessage(HasSubstr("a in the lock requires Python >=3.13")));
}

TEST_F(LockSelect, NoFittingWheelSaysWhichThereAre) {
  Package("a", {"a-1.0-cp311-cp311-win_amd64.whl"});
  EXPECT_THAT(Selected(),
              AllOf(HasCode(ErrorCode::kConflict), HasMessage(HasSubstr("no wheel of a")),
                    HasMessage(HasSubstr("the lock has wheels for cp311-cp311-win_amd64"))));
}

TEST_F(LockSelect, SourceOnlyIsRefused) {
  Package("a", {}).sdist =
      LockedFile{.name = "a-1.0.tar.gz", .url = "https://f.example/a-1.0.tar.gz"};
  EXPECT_THAT(Selected(),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("no wheel of a"))));
}

TEST_F(LockSelect, ASourceIsEnoughForWhatCanBeBuilt) {
  Package("alpha", {"alpha-1.0-cp311-cp311-win_amd64.whl"}).sdist = {.name = "alpha-1.0.tar.gz"};
  Package("beta", {"beta-1.0-py3-none-any.whl"});
  const auto packages = PackagesFor(lock_, Linux312());
  ASSERT_THAT(packages, IsOk());
  EXPECT_THAT(*packages, ElementsAre(&lock_.packages[0], &lock_.packages[1]));
  const auto to_build = PackagesToBuild(lock_, Linux312());
  ASSERT_THAT(to_build, IsOk());
  EXPECT_THAT(*to_build, ElementsAre(&lock_.packages[0]));
  Package("gamma", {"gamma-1.0-cp311-cp311-win_amd64.whl"});
  EXPECT_THAT(PackagesFor(lock_, Linux312()), HasMessage(HasSubstr("no wheel of gamma")));
}

TEST_F(LockSelect, WheelNeedsASha256) {
  Package("a", {"a-1.0-py3-none-any.whl"}).wheels.front().hashes = {{"md5", "aa"}};
  EXPECT_THAT(Selected(), HasMessage(HasSubstr("no sha256 of a-1.0-py3-none-any.whl")));
}

TEST_F(LockSelect, DirectWheelIsSelected) {
  LockedPackage& package = Package("a", {"a-1.0-py3-none-any.whl"});
  package.direct = DirectSource{.file = package.wheels.front()};
  package.wheels.clear();
  EXPECT_THAT(*Selected(), ElementsAre("a-1.0-py3-none-any.whl"));
}

TEST_F(LockSelect, LockTellsWhatWasAskedForByName) {
  Package("a", {"a-1.0-py3-none-any.whl"});
  Package("b", {"b-1.0-py3-none-any.whl"});
  lock_.tool = ToolTable{.requested = {*pypi::Name::Parse("b")}};
  const auto wheels = SelectWheels(lock_, Linux312());
  ASSERT_THAT(wheels, IsOk());
  EXPECT_FALSE(wheels->at(0).is_requested);
  EXPECT_TRUE(wheels->at(1).is_requested);
}

TEST(TargetText, NamesInterpreterPlatformAndLibc) {
  EXPECT_EQ(DescribeTarget(Linux312()), "CPython 3.12.4 on linux x86_64, up to manylinux_2_28");
}

}  // namespace
}  // namespace flowstone::lock
