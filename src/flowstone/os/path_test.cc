#include "flowstone/os/path.h"

#include <gtest/gtest.h>

namespace flowstone::os {
namespace {

TEST(Path, JoinPutsOneSlashBetween) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", ""), "a");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
}

TEST(Path, DirNameAndBaseNameSplitLikePosix) {
  struct Case {
    const char* path;
    const char* directory;
    const char* base;
  };
  for (const Case& c :
       {Case{"a/b", "a", "b"}, Case{"a/b/", "a", "b"}, Case{"a", ".", "a"}, Case{"/a", "/", "a"},
        Case{"/", "/", "/"}, Case{"//", "/", "/"}, Case{"a//b", "a", "b"}, Case{"", ".", ""}}) {
    EXPECT_EQ(DirName(c.path), c.directory) << c.path;
    EXPECT_EQ(BaseName(c.path), c.base) << c.path;
  }
}

TEST(Path, NormalizeRemovesWhatSaysNothing) {
  EXPECT_EQ(NormalizePath("a/./b//c/"), "a/b/c");
  EXPECT_EQ(NormalizePath("a/../b"), "b");
  EXPECT_EQ(NormalizePath("../../a"), "../../a");
  EXPECT_EQ(NormalizePath("a/../.."), "..");
  EXPECT_EQ(NormalizePath("/../a"), "/a");
  EXPECT_EQ(NormalizePath("a/.."), ".");
  EXPECT_EQ(NormalizePath(""), ".");
  EXPECT_EQ(NormalizePath("//"), "/");
}

TEST(Path, RelativeLeadsFromOneToTheOther) {
  EXPECT_EQ(RelativePath("/a/b", "/a/c/d"), "../c/d");
  EXPECT_EQ(RelativePath("/a/b", "/a/b"), ".");
  EXPECT_EQ(RelativePath("/", "/a"), "a");
  EXPECT_EQ(RelativePath("/a/b", "/"), "../..");
  EXPECT_EQ(RelativePath("/a/b", "/a/bc"), "../bc");
  EXPECT_EQ(RelativePath("x", "x/y"), "y");
}

TEST(Path, AbsoluteResolvesAgainstTheDirectory) {
  EXPECT_EQ(AbsolutePath("/home/me", "x/../y"), "/home/me/y");
  EXPECT_EQ(AbsolutePath("/home/me", "/etc/"), "/etc");
  EXPECT_EQ(AbsolutePath("/home/me", ".."), "/home");
}

TEST(Path, WithinIsByComponentNotByPrefix) {
  EXPECT_TRUE(IsWithin("/a", "/a"));
  EXPECT_TRUE(IsWithin("/a", "/a/b"));
  EXPECT_FALSE(IsWithin("/a", "/ab"));
  EXPECT_TRUE(IsWithin("/", "/ab"));
  EXPECT_FALSE(IsWithin("/a/b", "/a"));
}

}  // namespace
}  // namespace flowstone::os
