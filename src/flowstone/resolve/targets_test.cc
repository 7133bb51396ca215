#include "flowstone/resolve/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/pypi/target_platform.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::resolve {
namespace {

using ::flowstone::testing::HasMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SeveralTargets : public ::testing::Test {
 protected:
  SeveralTargets() : request_{.requirements = {}, .target = {}} {}

  void Ask(std::string_view requirement) {
    request_.requirements.push_back({*pypi::Requirement::Parse(requirement), "test"});
  }
  void For(std::string_view platform, std::string_view python = "3.12.4") {
    request_.targets.push_back(
        *pypi::TargetPlatform::Parse(platform)->With(*pypi::Version::Parse(python)));
  }
  lock::Lock Locked() {
    const auto answer = Resolve(request_, source_, progress_);
    EXPECT_TRUE(answer) << answer.error().ToString();
    const auto* resolution = std::get_if<Resolution>(&*answer);
    EXPECT_NE(resolution, nullptr);
    return *lock::ParseLock(lock::WriteLock(resolution->lock));
  }
  // "name version; marker", sorted.
  std::vector<std::string> Listed(const lock::Lock& lock) {
    std::vector<std::string> lines;
    for (const lock::LockedPackage& package : lock.packages) {
      std::string line = package.name.ToString() + " " + package.version->ToString();
      line += package.marker.is_always() ? "" : "; " + package.marker.ToString();
      lines.push_back(std::move(line));
    }
    return lines;
  }
  std::vector<std::string> SelectedOn(const lock::Lock& lock, std::string_view platform) {
    const auto selected = lock::SelectWheels(
        lock, *pypi::TargetPlatform::Parse(platform)->With(*pypi::Version::Parse("3.12.4")));
    EXPECT_TRUE(selected) << selected.error().ToString();
    std::vector<std::string> files;
    for (const lock::SelectedWheel& wheel : *selected) {
      files.push_back(wheel.file.name);
    }
    return files;
  }

  MemorySource source_;
  ResolveRequest request_;
  NoProgress progress_;
};

TEST_F(SeveralTargets, WhatHoldsForAllHasNoMarker) {
  source_.Publish({.name = "a", .version = "1", .dependencies = {"b; sys_platform == 'win32'"}});
  source_.Publish({.name = "b", .version = "1"});
  Ask("a");
  For("linux-x86_64");
  For("windows-x86_64");
  const lock::Lock lock = Locked();
  EXPECT_THAT(Listed(lock), ElementsAre("a 1", "b 1; sys_platform == \"win32\""));
  EXPECT_EQ(lock.requires_python.ToString(), "==3.12.*");
  EXPECT_EQ(lock.environments.size(), 2U);
  EXPECT_EQ(lock.tool->targets.size(), 2U);
}

TEST_F(SeveralTargets, EachTakesItsOwnWheels) {
  source_.Publish(
      {.name = "a",
       .version = "1",
       .wheel_tags = {"cp312-cp312-manylinux2014_x86_64", "cp312-cp312-manylinux2014_aarch64",
                      "cp312-cp312-macosx_11_0_arm64"}});
  Ask("a");
  For("linux-x86_64");
  For("linux-aarch64");
  const lock::Lock lock = Locked();
  EXPECT_EQ(lock.packages.front().wheels.size(), 2U);
  EXPECT_THAT(SelectedOn(lock, "linux-aarch64"),
              ElementsAre("a-1-cp312-cp312-manylinux2014_aarch64.whl"));
  const auto elsewhere = lock::SelectWheels(
      lock, *pypi::TargetPlatform::Parse("macos-arm64")->With(*pypi::Version::Parse("3.12.4")));
  EXPECT_THAT(elsewhere, HasMessage(HasSubstr("other environments")));
}

TEST_F(SeveralTargets, OneVersionIsPreferredWhereAllAcceptIt) {
  source_.Publish({.name = "a", .version = "1"});
  source_.Publish({.name = "a", .version = "2", .wheel_tags = {"py3-none-win_amd64"}});
  Ask("a");
  For("linux-x86_64");
  For("windows-x86_64");
  EXPECT_THAT(Listed(Locked()), ElementsAre("a 1"));
}

TEST_F(SeveralTargets, DifferentVersionsAreToldApartByMarkers) {
  source_.Publish({.name = "a", .version = "1", .wheel_tags = {"py3-none-manylinux2014_x86_64"}});
  source_.Publish({.name = "a", .version = "2", .wheel_tags = {"py3-none-win_amd64"}});
  source_.Publish({.name = "user", .version = "1", .dependencies = {"a"}});
  Ask("user");
  For("linux-x86_64");
  For("windows-x86_64");
  const lock::Lock lock = Locked();
  EXPECT_THAT(Listed(lock), ElementsAre("a 1; sys_platform == \"linux\"",
                                        "a 2; sys_platform == \"win32\"", "user 1"));
  EXPECT_THAT(SelectedOn(lock, "windows-x86_64"),
              ElementsAre("a-2-py3-none-win_amd64.whl", "user-1-py3-none-any.whl"));
  // A dependency says which entry is meant.
  EXPECT_EQ(lock.packages.back().dependencies.size(), 2U);
  EXPECT_TRUE(lock.packages.back().dependencies.front().version.has_value());
}

TEST_F(SeveralTargets, SeveralPythonsAreToldApart) {
  source_.Publish({.name = "a", .version = "1"});
  source_.Publish({.name = "a", .version = "2", .requires_python = ">=3.12"});
  Ask("a");
  For("linux-x86_64", "3.12.4");
  For("linux-x86_64", "3.11.2");
  const lock::Lock lock = Locked();
  EXPECT_THAT(Listed(lock),
              ElementsAre("a 1; python_version < \"3.12\"", "a 2; python_version >= \"3.12\""));
  EXPECT_TRUE(lock.requires_python.empty());
}

TEST_F(SeveralTargets, WhatMarkersCannotTellApartIsRefused) {
  source_.Publish({.name = "a", .version = "1", .wheel_tags = {"py3-none-musllinux_1_2_x86_64"}});
  source_.Publish({.name = "a", .version = "2", .wheel_tags = {"py3-none-manylinux2014_x86_64"}});
  Ask("a");
  For("linux-x86_64");
  For("linux-x86_64-musl1.2");
  EXPECT_THAT(Resolve(request_, source_, progress_),
              HasMessage(HasSubstr("cannot tell apart need different versions: a 1 and a 2")));
}

TEST_F(SeveralTargets, AConflictSaysOnWhichTarget) {
  source_.Publish({.name = "a", .version = "1", .wheel_tags = {"py3-none-win_amd64"}});
  Ask("a");
  For("windows-x86_64");
  For("linux-x86_64");
  const auto answer = Resolve(request_, source_, progress_);
  ASSERT_TRUE(answer);
  const auto* conflict = std::get_if<ResolveConflict>(&*answer);
  ASSERT_NE(conflict, nullptr);
  EXPECT_THAT(conflict->scope, HasSubstr("for CPython 3.12.4 on linux"));
}

TEST_F(SeveralTargets, ALoneTargetIsSaidAndHasNoMarkers) {
  source_.Publish({.name = "a", .version = "1", .dependencies = {"b; sys_platform == 'win32'"}});
  source_.Publish({.name = "b", .version = "1"});
  Ask("a");
  For("windows-x86_64");
  const lock::Lock lock = Locked();
  EXPECT_THAT(Listed(lock), ElementsAre("a 1", "b 1"));
  EXPECT_EQ(lock.requires_python.ToString(), "==3.12.*");
  EXPECT_EQ(lock.environments.size(), 1U);
  EXPECT_THAT(lock.tool->requests, ElementsAre(RequestDigest(request_)));
  EXPECT_EQ(lock.tool->targets.size(), 1U);
}

TEST_F(SeveralTargets, TheOrderOfTargetsIsPartOfTheRequest) {
  For("linux-x86_64");
  For("windows-x86_64");
  ResolveRequest other = request_;
  std::swap(other.targets[0], other.targets[1]);
  EXPECT_NE(RequestDigest(request_), RequestDigest(other));
  other.targets.clear();
  EXPECT_NE(RequestDigest(request_), RequestDigest(other));
}

}  // namespace
}  // namespace flowstone::resolve
