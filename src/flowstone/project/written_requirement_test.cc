#include "flowstone/project/written_requirement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::HasCode;

std::string Read(const std::string& text) {
  const auto written = ParseWrittenRequirement(text, "/work");
  if (!written) {
    return "error: " + written.error().message;
  }
  return written->ToString();
}

TEST(WrittenRequirementTest, WhatPep508AllowsIsAllowed) {
  EXPECT_EQ(Read("Foo.Bar [x] (>=1) ; os_name=='nt'"), "foo-bar[x]>=1; os_name == \"nt\"");
  EXPECT_EQ(Read("foo @ https://h.example/foo.zip ; os_name == 'nt'"),
            "foo @ https://h.example/foo.zip ; os_name == \"nt\"");
  EXPECT_EQ(Read("foo~=1.0;python_version<'3/4'"), "foo~=1.0; python_version < \"3/4\"");
}

TEST(WrittenRequirementTest, APathStartsAtTheDirectory) {
  EXPECT_EQ(Read("."), "/work");
  EXPECT_EQ(Read("./libs/core"), "/work/libs/core");
  EXPECT_EQ(Read("../core[dev, test]"), "/core[dev,test]");
  EXPECT_EQ(Read("/opt/my core"), "/opt/my core");
}

TEST(WrittenRequirementTest, APathMayHaveAMarker) {
  EXPECT_EQ(Read("./core ; os_name == 'posix'"), "/work/core ; os_name == \"posix\"");
  EXPECT_EQ(Read("./core; os_name == 'posix'"), "/work/core ; os_name == \"posix\"");
}

TEST(WrittenRequirementTest, AFileThatTellsItsProjectIsNamed) {
  EXPECT_EQ(Read("wheels/Foo_Bar-1.0-py3-none-any.whl"),
            "foo-bar @ file:///work/wheels/Foo_Bar-1.0-py3-none-any.whl");
  EXPECT_EQ(Read("foo-1.0.tar.gz"), "foo @ file:///work/foo-1.0.tar.gz");
  EXPECT_EQ(Read("https://h.example/foo-1.0.zip?x=1"), "foo @ https://h.example/foo-1.0.zip?x=1");
  EXPECT_EQ(Read("https://h.example/archive/main.zip"), "https://h.example/archive/main.zip");
}

TEST(WrittenRequirementTest, FileUrlsMayBeRelative) {
  EXPECT_EQ(Read("file:."), "/work");
  EXPECT_EQ(Read("file:../core[dev]"), "/core[dev]");
  EXPECT_EQ(Read("file:///opt/a%20b"), "/opt/a b");
  EXPECT_EQ(Read("file://localhost/opt/a"), "/opt/a");
  EXPECT_EQ(Read("core @ file:core"), "core @ file:///work/core");
  EXPECT_EQ(Read("core @ ./core"), "core @ file:///work/core");
}

TEST(WrittenRequirementTest, RepositoriesKeepRevisionAndSubdirectory) {
  EXPECT_EQ(Read("git+https://h.example/r.git@v1#egg=Tool[x]&subdirectory=py"),
            "tool[x] @ git+https://h.example/r.git@v1#subdirectory=py");
  EXPECT_EQ(Read("git+ssh://git@h.example/r.git"), "git+ssh://git@h.example/r.git");
  EXPECT_EQ(Read("tool @ git+https://h.example/r@v1 ; os_name == 'nt'"),
            "tool @ git+https://h.example/r@v1 ; os_name == \"nt\"");
}

TEST(WrittenRequirementTest, ASemicolonWithinAUrlIsPartOfIt) {
  EXPECT_EQ(Read("https://h.example/a;b/foo-1.0.zip ; os_name == 'nt'"),
            "foo @ https://h.example/a;b/foo-1.0.zip ; os_name == \"nt\"");
}

TEST(WrittenRequirementTest, AnEggWithAVersionIsRefused) {
  EXPECT_THAT(ParseWrittenRequirement("git+https://h.example/r#egg=tool==1", "/work"),
              HasCode(ErrorCode::kInvalid));
}

TEST(WrittenRequirementTest, AWordBehindTheAtIsNoPlace) {
  EXPECT_EQ(Read("foo @ bar"), "error: 'bar' is neither a URL nor a path");
}

}  // namespace
}  // namespace flowstone::project
