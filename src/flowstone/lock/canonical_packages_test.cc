#include "flowstone/lock/canonical_packages.h"

#include <gtest/gtest.h>

#include <string>

#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::lock {
namespace {

using testing::IsOk;

const std::string kHex(64, 'a');

LockedFile FileCalled(const std::string& name) {
  LockedFile file{.name = name, .url = "https://files.example/" + name};
  file.size = 12345;
  file.upload_time_us = 1'700'000'000'250'000;
  file.hashes.emplace("sha256", kHex);
  return file;
}

LockedPackage PackageCalled(const std::string& name) {
  LockedPackage package{.name = *pypi::Name::Parse(name), .version = *pypi::Version::Parse("1.0")};
  package.index = "https://index.example/simple/";
  package.wheels = {FileCalled(name + "-1.0-py3-none-any.whl")};
  return package;
}

Lock SampleLock() {
  Lock lock;
  lock.requires_python = *pypi::SpecifierSet::Parse("==3.11.*");
  LockedPackage alpha = PackageCalled("alpha");
  alpha.marker = *pypi::Marker::Parse("sys_platform == 'linux'");
  alpha.requires_python = *pypi::SpecifierSet::Parse(">=3.8,!=3.9.0");
  alpha.dependencies = {{*pypi::Name::Parse("beta")}, {*pypi::Name::Parse("gamma-ray")}};
  alpha.sdist = FileCalled("alpha-1.0.tar.gz");
  alpha.wheels.push_back({.name = "alpha-1.0-cp311-cp311-linux_x86_64.whl",
                          .path = "wheels/alpha-1.0-cp311-cp311-linux_x86_64.whl",
                          .hashes = {{"sha256", kHex}}});
  lock.packages = {alpha, PackageCalled("beta")};
  lock.tool.emplace();
  lock.tool->version = "1.2";
  lock.tool->requested = {*pypi::Name::Parse("alpha")};
  lock.tool->options = {{"prerelease", "allow"}};
  return lock;
}

// As the reader of TOML takes it: a lock with a comment is not as WriteLock writes it.
Result<Lock> ParseAsToml(const std::string& text) {
  return ParseLock(text + "\n#\n");
}

std::string OutcomeOf(const Result<Lock>& lock) {
  return lock ? "a lock" : lock.error().ToString();
}

TEST(CanonicalPackages, AreThoseThatWereWritten) {
  const Lock lock = SampleLock();
  const std::string text = WriteLock(lock);
  const std::optional<LockParts> parts = PartsOfLock(text);
  ASSERT_TRUE(parts);
  EXPECT_EQ(std::string(parts->head) + std::string(parts->packages) + std::string(parts->tail),
            text);
  EXPECT_EQ(ReadCanonicalPackages(parts->packages), lock.packages);
  const Result<Lock> parsed = ParseLock(text);
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(*parsed, lock);
  EXPECT_EQ(*ParseAsToml(text), lock);
}

TEST(CanonicalPackages, AreNoneOfALockWithoutPackages) {
  EXPECT_FALSE(PartsOfLock(WriteLock({})));
  EXPECT_THAT(ParseLock(WriteLock({})), IsOk());
}

// Whatever is changed in the text: both readers take it for the same, and refuse the same.
TEST(CanonicalPackages, NoChangeIsReadInAnotherSense) {
  const std::string text = WriteLock(SampleLock());
  for (std::size_t place = 0; place < text.size(); ++place) {
    for (const char* instead : {"", "\"", "'", "\\", "\n", "A", "1", "}", " ", "/"}) {
      std::string changed = text;
      changed.replace(place, 1, instead);
      const Result<Lock> fast = ParseLock(changed);
      const Result<Lock> toml = ParseAsToml(changed);
      ASSERT_EQ(OutcomeOf(fast), OutcomeOf(toml)) << changed;
      if (fast) {
        ASSERT_EQ(*fast, *toml) << changed;
      }
    }
  }
}

TEST(CanonicalPackages, WhatIsNotSoundIsRefused) {
  const auto refuses = [](const LockedPackage& package) {
    Lock lock;
    lock.packages = {package};
    const std::string text = WriteLock(lock);
    return !ReadCanonicalPackages(PartsOfLock(text)->packages);
  };
  LockedPackage package = PackageCalled("alpha");
  EXPECT_FALSE(refuses(package));
  package.wheels.clear();
  EXPECT_TRUE(refuses(package));
  package.wheels = {FileCalled("beta-1.0-py3-none-any.whl")};
  EXPECT_TRUE(refuses(package));
  package.wheels = {FileCalled("alpha-2.0-py3-none-any.whl")};
  EXPECT_TRUE(refuses(package));
  package.wheels = {FileCalled("alpha-1.0-py3-none-any.whl")};
  package.wheels.front().hashes = {{"sha256", std::string(64, 'A')}};
  EXPECT_TRUE(refuses(package));
  package.wheels.front().hashes = {{"sha512", kHex}};
  EXPECT_TRUE(refuses(package));
}

}  // namespace
}  // namespace flowstone::lock
