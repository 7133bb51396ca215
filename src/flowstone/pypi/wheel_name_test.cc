#include "flowstone/pypi/wheel_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/wheel_name_parts.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::testing::HasSubstr;

TEST(WheelName, ReadsEveryPart) {
  const WheelName wheel =
      *WheelName::Parse("Zope.Interface-5.0.post1-12_x-cp38.cp39-abi3-manylinux1_x86_64.whl");
  EXPECT_EQ(wheel.name.ToString(), "zope-interface");
  EXPECT_EQ(wheel.version, *Version::Parse("5.0.post1"));
  EXPECT_EQ(wheel.build.ToString(), "12_x");
  EXPECT_EQ(wheel.tags.Expand().size(), 2U);
}

TEST(WheelName, BuildIsOptional) {
  EXPECT_TRUE(WheelName::Parse("foo-1.0-py3-none-any.whl")->build.empty());
}

TEST(WheelNameParts, AreThoseOfTheName) {
  const WheelNameParts parts = *WheelNameParts::Of("Foo-1.0-2b-cp38.cp39-abi3-linux_x86_64.whl");
  EXPECT_EQ(parts.name, "Foo");
  EXPECT_EQ(parts.version, "1.0");
  EXPECT_EQ(parts.build, "2b");
  EXPECT_EQ(parts.tags, "cp38.cp39-abi3-linux_x86_64");
  EXPECT_EQ(WheelNameParts::Of("foo-1.0-py3-none-any.whl")->build, std::nullopt);
}

TEST(WheelName, ErrorsSayWhy) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"foo-1.0-py3-none-any.zip", "does not end with '.whl'"},
      {"foo-1.0-py3-none.whl", "five or six parts"},
      {"foo-1.0-1-2-py3-none-any.whl", "five or six parts"},
      {"foo-one-py3-none-any.whl", "'one' is not a version"},
      {"foo-1.0-x1-py3-none-any.whl", "does not start with a digit"},
      {"foo__bar-1.0-py3-none-any.whl", "contains '__'"},
      {"-1.0-py3-none-any.whl", "is not a valid project name"},
      {"foo-1.0-1/../../x-py3-none-any.whl", "path separator"},
      {"foo-1.0-py3-none-.whl", "a part is empty"},
  };
  for (const auto& [filename, message] : cases) {
    EXPECT_THAT(WheelName::Parse(filename), HasMessage(HasSubstr(message))) << filename;
    EXPECT_THAT(WheelName::Parse(filename), HasMessage(HasSubstr(filename)));
  }
}

TEST(BuildTag, OrdersByNumberThenText) {
  const auto build = [](std::string_view text) { return *BuildTag::Parse(text); };
  EXPECT_LT(BuildTag(), build("0"));
  EXPECT_LT(build("2"), build("10"));
  EXPECT_LT(build("2"), build("2a"));
  EXPECT_LT(build("2b"), build("3a"));
  EXPECT_LT(build("99"), build("99999999999999999999999"));
  EXPECT_EQ(build("007"), build("7"));
}

TEST(SdistName, ReadsNameAndVersion) {
  const SdistName sdist = *SdistName::Parse("foo_bar-1.0rc1.tar.gz");
  EXPECT_EQ(sdist.name.ToString(), "foo-bar");
  EXPECT_EQ(sdist.version, *Version::Parse("1.0rc1"));
  EXPECT_TRUE(SdistName::Parse("foo-1.0.zip"));
}

TEST(SdistName, RefusesOtherFiles) {
  for (const std::string_view filename :
       {"foo-1.0.whl", "foo.tar.gz", "-1.0.tar.gz", "foo-x.zip"}) {
    EXPECT_THAT(SdistName::Parse(filename), HasCode(ErrorCode::kInvalid)) << filename;
  }
}

TEST(SdistName, TheProjectTellsNameAndVersionApart) {
  const Name project = *Name::Parse("foo-2");
  EXPECT_EQ(SdistName::ParseFor(project, "Foo-2-1.0-1.tar.gz")->version,
            *Version::Parse("1.0.post1"));
  EXPECT_EQ(SdistName::ParseFor(project, "foo.2-1.0.tgz")->version, *Version::Parse("1.0"));
  EXPECT_THAT(SdistName::ParseFor(project, "foo-1.0.tar.gz"),
              HasMessage(HasSubstr("no version of 'foo-2'")));
  EXPECT_THAT(SdistName::ParseFor(project, "foo-2-1.0.exe"), HasCode(ErrorCode::kInvalid));
}

}  // namespace
}  // namespace flowstone::pypi
