#include "flowstone/lock/lock_writer.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "flowstone/base/digest.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::lock {
namespace {

using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::HasSubstr;
using ::testing::Not;

LockedFile WheelOf(const std::string& name) {
  return {.name = name,
          .url = "https://files.example/" + name,
          .size = 1234,
          .upload_time_us = 1'709'210'096'250'000,
          .hashes = {{"sha256", Digest::Of(name).ToString()}}};
}

Lock TwoPackages() {
  Lock lock;
  lock.requires_python = *pypi::SpecifierSet::Parse("==3.12.*");
  lock.environments = {*pypi::Marker::Parse("sys_platform == 'linux'")};
  lock.packages.push_back({.name = *pypi::Name::Parse("beta"),
                           .version = *pypi::Version::Parse("2.0"),
                           .index = "https://index.example/simple/",
                           .wheels = {WheelOf("beta-2.0-cp312-cp312-linux_x86_64.whl"),
                                      WheelOf("beta-2.0-py3-none-any.whl")}});
  lock.packages.push_back({.name = *pypi::Name::Parse("alpha"),
                           .version = *pypi::Version::Parse("1.0.post1"),
                           .requires_python = *pypi::SpecifierSet::Parse(">=3.9"),
                           .dependencies = {{*pypi::Name::Parse("beta")}},
                           .wheels = {WheelOf("alpha-1.0.post1-py3-none-any.whl")}});
  lock.tool = ToolTable{.version = "0.1.0",
                        .requests = {Digest::Of("request")},
                        .targets = {"CPython 3.12.4 on linux x86_64"},
                        .exclude_newer = "2026-11-01T00:00:00Z",
                        .requested = {*pypi::Name::Parse("alpha")}};
  return lock;
}

TEST(LockWriter, ToolTableByteForByte) {
  Lock lock;
  lock.tool =
      ToolTable{.version = "0.1.0",
                .flow = "TrainFlow",
                .steps = {"train", "start"},
                .targets = {"linux", "darwin", "linux"},
                .exclude_newer_packages = {{*pypi::Name::Parse("torch"), "2026-10-01T00:00:00Z"}},
                .requirements = {{.text = "beta"}, {.text = "alpha>=1", .origins = {"step train"}}},
                .excludes = {{.text = "nose"}},
                .conflicts = {{{.extra = *pypi::ExtraName::Parse("gpu")},
                               {.group = *pypi::GroupName::Parse("dev")}}},
                .build_constraints = {{.text = "setuptools<80", .origins = {"build.txt:1"}}},
                .config_settings = {{"*", {"o=2", "o=1"}}, {"torch", {"gpu=no"}}},
                .build_requirements = {{"torch", {"ninja>=1", "cmake"}}},
                .runtime_build_requirements = {{"torch", {"numpy"}}},
                .build_variables = {{"torch", {"MAX_JOBS=4"}}},
                .options = {{"resolution", "lowest"}},
                .indexes = {{"corp east", "https://user:secret@index.example/simple/"}}};
  EXPECT_EQ(WriteLock(lock), R"(lock-version = "1.0"
created-by = "flowstone"
packages = []

[tool.flowstone]
version = "0.1.0"
flow = "TrainFlow"
steps = [
    "start",
    "train",
]
targets = [
    "darwin",
    "linux",
]
requirements = [
    { text = "alpha>=1", from = ["step train"] },
    { text = "beta" },
]
excludes = [
    { text = "nose" },
]
conflicts = [
    [{ extra = "gpu" }, { group = "dev" }],
]
build-constraints = [
    { text = "setuptools<80", from = ["build.txt:1"] },
]

[tool.flowstone.options]
resolution = "lowest"

[tool.flowstone.exclude-newer-package]
torch = "2026-10-01T00:00:00Z"

[tool.flowstone.config-settings]
"*" = ["o=2", "o=1"]
torch = ["gpu=no"]

[tool.flowstone.build-requirements]
torch = ["ninja>=1", "cmake"]

[tool.flowstone.runtime-build-requirements]
torch = ["numpy"]

[tool.flowstone.build-variables]
torch = ["MAX_JOBS=4"]

[tool.flowstone.indexes]
"corp east" = "https://index.example/simple/"
)");
}

TEST(LockWriter, WishesOfOneTextAreOneRowWhateverTheirOrder) {
  Lock one;
  one.tool = ToolTable{.requirements = {{.text = "beta", .origins = {"step b"}},
                                        {.text = "alpha", .origins = {"step b", "step a"}},
                                        {.text = "beta", .origins = {"step a"}}}};
  Lock other;
  other.tool = ToolTable{.requirements = {{.text = "alpha", .origins = {"step a", "step b"}},
                                          {.text = "beta", .origins = {"step a", "step b"}}}};
  EXPECT_EQ(WriteLock(one), WriteLock(other));
  EXPECT_THAT(ParseLock(WriteLock(one)), IsOkAndHolds(other));
}

TEST(LockWriter, HowSourcesAreBuiltIsReadBack) {
  Lock lock;
  lock.tool = ToolTable{.build_constraints = {{.text = "setuptools<80"}},
                        .config_settings = {{"*", {"o=2", "o=1"}}, {"torch", {"gpu=no"}}}};
  EXPECT_THAT(ParseLock(WriteLock(lock)), IsOkAndHolds(lock));
}

TEST(LockWriter, ByteForByte) {
  Lock lock = TwoPackages();
  lock.packages.erase(lock.packages.begin());
  lock.packages.front().wheels.front().hashes = {{"sha256", std::string(64, 'a')}};
  lock.tool->requests.clear();
  EXPECT_EQ(WriteLock(lock), R"(lock-version = "1.0"
environments = [
    'sys_platform == "linux"',
]
requires-python = "==3.12.*"
created-by = "flowstone"

[[packages]]
name = "alpha"
version = "1.0.post1"
requires-python = ">=3.9"
dependencies = [
    { name = "beta" },
]
wheels = [
    { name = "alpha-1.0.post1-py3-none-any.whl", url = "https://files.example/alpha-1.0.post1-py3-none-any.whl", upload-time = 2024-02-29T12:34:56.25Z, size = 1234, hashes = { sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" } },
]

[tool.flowstone]
version = "0.1.0"
targets = [
    "CPython 3.12.4 on linux x86_64",
]
exclude-newer = "2026-11-01T00:00:00Z"
requested = ["alpha"]
)");
}

TEST(LockWriter, OrderOfPackagesDoesNotMatter) {
  Lock reversed = TwoPackages();
  std::ranges::reverse(reversed.packages);
  EXPECT_EQ(WriteLock(TwoPackages()), WriteLock(reversed));
}

TEST(LockWriter, ReaderGivesBackWhatWasWritten) {
  Lock sorted = TwoPackages();
  std::ranges::reverse(sorted.packages);
  EXPECT_THAT(ParseLock(WriteLock(sorted)), IsOkAndHolds(sorted));
}

TEST(LockWriter, LockWithoutPackagesIsValid) {
  EXPECT_THAT(ParseLock(WriteLock(Lock())), IsOkAndHolds(Lock()));
}

TEST(LockWriter, CredentialsAreLeftOut) {
  Lock lock = TwoPackages();
  lock.packages.front().index = "https://user:secret@index.example/simple/";
  lock.packages.front().wheels.front().url = "https://token-secret@files.example/a@b.whl";
  const std::string text = WriteLock(lock);
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_THAT(text, HasSubstr("\"https://index.example/simple/\""));
  EXPECT_THAT(text, HasSubstr("\"https://files.example/a@b.whl\""));
}

TEST(LockWriter, AwkwardTextsSurvive) {
  Lock lock = TwoPackages();
  lock.tool->version = "quote \" apostrophe ' backslash \\ tab \t bell \a";
  std::ranges::reverse(lock.packages);
  EXPECT_THAT(ParseLock(WriteLock(lock)), IsOkAndHolds(lock));
}

TEST(LockWriter, EveryByteIsEscapedWhereverItStands) {
  for (int byte = 1; byte < 0x80; ++byte) {
    for (std::size_t place = 0; place < 18; ++place) {
      Lock lock;
      lock.created_by = std::string(17, 'x').insert(place, 1, static_cast<char>(byte));
      const Result<Lock> read = ParseLock(WriteLock(lock));
      ASSERT_THAT(read, IsOk());
      EXPECT_EQ(read->created_by, lock.created_by) << byte << " at " << place;
    }
  }
}

TEST(LockWriter, DirectSourcesSurvive) {
  Lock lock;
  const auto direct = [](const char* name, DirectSource source) {
    return LockedPackage{.name = *pypi::Name::Parse(name), .direct = std::move(source)};
  };
  lock.packages.push_back(direct("archived", {.kind = DirectKind::kArchive,
                                              .file = WheelOf("archived-1.0-py3-none-any.whl")}));
  lock.packages.push_back(direct("local", {.kind = DirectKind::kDirectory,
                                           .file = {.name = "local", .path = "../local"},
                                           .subdirectory = "src",
                                           .editable = true}));
  lock.packages.push_back(
      direct("versioned", {.kind = DirectKind::kVcs,
                           .file = {.name = "v.git", .url = "https://c.example/v.git"},
                           .vcs_type = "git",
                           .requested_revision = "main",
                           .commit_id = "0123abc"}));
  EXPECT_THAT(ParseLock(WriteLock(lock)), IsOkAndHolds(lock));
}

}  // namespace
}  // namespace flowstone::lock
