#include "flowstone/install/locked_packages.h"

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::IsOk;

class PackagesOfLockTest : public ::testing::Test {
 protected:
  PackagesOfLockTest() {
    target_.tags = pypi::TagList({*pypi::Tag::Parse("py3-none-any")});
    target_.python_full_version = *pypi::Version::Parse("3.11.7");
  }

  static lock::LockedFile File(const std::string& name) {
    return {.name = name, .size = 10, .hashes = {{"sha256", Digest::Of(name).ToString()}}};
  }
  lock::LockedPackage& Add(const std::string& name) {
    lock::LockedPackage package{.name = *pypi::Name::Parse(name),
                                .version = *pypi::Version::Parse("1.0")};
    lock_.packages.push_back(std::move(package));
    return lock_.packages.back();
  }
  Result<std::vector<EnvironmentPackage>> Packages() {
    return PackagesOfLock(lock_, target_, {}, "/project");
  }

  lock::Lock lock_;
  pypi::Target target_;
};

TEST_F(PackagesOfLockTest, WheelsKeepWhatTheLockSays) {
  lock::LockedFile file = File("demo-1.0-py3-none-any.whl");
  file.url = "https://files.example/demo-1.0-py3-none-any.whl";
  Add("demo").wheels = {file};
  const Result<std::vector<EnvironmentPackage>> packages = Packages();
  ASSERT_THAT(packages, IsOk());
  ASSERT_EQ(packages->size(), 1U);
  const EnvironmentPackage& package = packages->front();
  EXPECT_EQ(package.wheel.name, "demo");
  EXPECT_EQ(package.wheel.version, "1.0");
  EXPECT_EQ(package.wheel.file_name, "demo-1.0-py3-none-any.whl");
  EXPECT_EQ(package.wheel.location, "https://files.example/demo-1.0-py3-none-any.whl");
  EXPECT_EQ(package.wheel.digest, Digest::Of("demo-1.0-py3-none-any.whl"));
  EXPECT_EQ(package.wheel.size, 10U);
  EXPECT_FALSE(package.direct_url.has_value());
}

TEST_F(PackagesOfLockTest, RelativePathsStartAtTheLock) {
  lock::LockedFile file = File("demo-1.0-py3-none-any.whl");
  file.path = "../wheels/demo-1.0-py3-none-any.whl";
  Add("demo").wheels = {file};
  EXPECT_EQ(Packages()->front().wheel.location, "/wheels/demo-1.0-py3-none-any.whl");
}

TEST_F(PackagesOfLockTest, OnlyWhatWasAskedForIsRequested) {
  Add("demo").wheels = {File("demo-1.0-py3-none-any.whl")};
  Add("helper").wheels = {File("helper-1.0-py3-none-any.whl")};
  lock_.tool = lock::ToolTable{.requested = {*pypi::Name::Parse("demo")}};
  const Result<std::vector<EnvironmentPackage>> packages = Packages();
  ASSERT_THAT(packages, IsOk());
  EXPECT_EQ(packages->at(0).wish, Wish::kRequested);
  EXPECT_EQ(packages->at(1).wish, Wish::kDependency);
}

TEST_F(PackagesOfLockTest, DirectUrlIsWrittenWithoutCredentials) {
  lock::LockedFile file = File("demo-1.0-py3-none-any.whl");
  file.url = "https://user:secret@files.example/demo-1.0-py3-none-any.whl#sha256=00";
  Add("demo").direct = lock::DirectSource{.file = file};
  const Result<std::vector<EnvironmentPackage>> packages = Packages();
  ASSERT_THAT(packages, IsOk());
  ASSERT_TRUE(packages->front().direct_url.has_value());
  EXPECT_EQ(*packages->front().direct_url,
            R"({"archive_info":{"hash":"sha256=)" + Digest::Of(file.name).ToString() +
                R"(","hashes":{"sha256":")" + Digest::Of(file.name).ToString() +
                R"("}},"url":"https://files.example/demo-1.0-py3-none-any.whl"})");
}

}  // namespace
}  // namespace flowstone::install
