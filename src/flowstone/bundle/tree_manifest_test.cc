#include "flowstone/bundle/tree_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/testing/golden.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::bundle {
namespace {

using flowstone::testing::ExpectGolden;
using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOkAndHolds;
using flowstone::testing::ReadGolden;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TreeEntry File(const std::string& path, const std::string& content = "",
               FileMode mode = FileMode::kRegular) {
  return {.path = path, .mode = mode, .size = content.size(), .sha256 = Digest::Of(content)};
}

TreeManifest Tree(std::vector<TreeEntry> entries) {
  return TreeManifest::Of(std::move(entries)).value();
}

TreeManifest SampleTree() {
  return Tree({File("hello.py", "print('hello')\n"),
               File("lib/run.py", "#!", FileMode::kExecutable), File("lib/__init__.py"),
               File("lib/caf\xe9.py"), File("lib/übung 1.py"), File("line\nbreak\\.py")});
}

TEST(TreeManifest, IsItsGoldenFile) {
  ExpectGolden("bundle/tree.txt", SampleTree().ToString());
  EXPECT_THAT(TreeManifest::Parse(ReadGolden("bundle/tree.txt")), IsOkAndHolds(SampleTree()));
}

TEST(TreeManifest, IsUtf8WhateverThePaths) {
  EXPECT_TRUE(IsUtf8(SampleTree().ToString()));
}

TEST(TreeManifest, HasTheDigestOfItsTextAsId) {
  EXPECT_EQ(SampleTree().Id(), Digest::Of(SampleTree().ToString()));
}

TEST(TreeManifest, DoesNotDependOnTheOrderOfEntries) {
  EXPECT_EQ(Tree({File("a"), File("b"), File("a.py")}).Id(),
            Tree({File("b"), File("a.py"), File("a")}).Id());
}

TEST(TreeManifest, SortsByBytes) {
  const TreeManifest tree = Tree({File("b"), File("a/x"), File("a.py"), File("B")});
  std::vector<std::string> paths;
  for (const TreeEntry& entry : tree.entries()) {
    paths.push_back(entry.path);
  }
  EXPECT_THAT(paths, ElementsAre("B", "a.py", "a/x", "b"));
}

TEST(TreeManifest, EveryPartOfAnEntryIsPartOfTheId) {
  const Digest id = Tree({File("a", "1")}).Id();
  EXPECT_NE(Tree({File("b", "1")}).Id(), id);
  EXPECT_NE(Tree({File("a", "2")}).Id(), id);
  EXPECT_NE(Tree({File("a", "1", FileMode::kExecutable)}).Id(), id);
  EXPECT_NE(Tree({File("a", "1"), File("b")}).Id(), id);
}

TEST(TreeManifest, OfNothingComesBack) {
  EXPECT_THAT(TreeManifest::Parse(Tree({}).ToString()), IsOkAndHolds(Tree({})));
}

TEST(TreeManifest, RefusesPathsThatAreNotCleanAndRelative) {
  for (const std::string path :
       {"", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "./a", "a/."}) {
    EXPECT_THAT(TreeManifest::Of({File(path)}), HasCode(ErrorCode::kInvalid)) << path;
  }
  EXPECT_THAT(TreeManifest::Of({File(std::string("a\0b", 3))}), HasCode(ErrorCode::kInvalid));
}

TEST(TreeManifest, RefusesTwoFilesOfOneName) {
  EXPECT_THAT(TreeManifest::Of({File("a", "1"), File("a", "2")}),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("'a'"))));
}

TEST(TreeManifest, RefusesAFileThatIsADirectoryToo) {
  EXPECT_THAT(TreeManifest::Of({File("a/b"), File("a"), File("a.py")}),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("'a'"))));
}

TEST(TreeManifest, FindsByPath) {
  const TreeManifest tree = SampleTree();
  ASSERT_NE(tree.Find("hello.py"), nullptr);
  EXPECT_EQ(tree.Find("hello.py")->size, 15U);
  EXPECT_EQ(tree.Find("hello"), nullptr);
  EXPECT_EQ(tree.Find("zzz"), nullptr);
  EXPECT_EQ(tree.TotalBytes(), 17U);
}

TEST(TreeManifest, ReadsItsCanonicalTextOnly) {
  const std::string hash = Digest::Of("").ToString();
  // "#" stands for the digest of nothing.
  const auto parse = [&hash](std::string text) {
    for (std::size_t at = text.find('#'); at != std::string::npos; at = text.find('#')) {
      text.replace(at, 1, hash);
    }
    return TreeManifest::Parse(text);
  };
  const std::string first = "flowstone-tree 1\n";
  ASSERT_THAT(parse(first + "file 0644 0 # a\n"), IsOkAndHolds(Tree({File("a")})));
  for (const std::string text : {"", "flowstone-tree 1", "flowstone-tree 2\n"}) {
    EXPECT_THAT(parse(text), HasCode(ErrorCode::kCorrupt)) << text;
  }
  for (const std::string lines :
       {"file 0644 0 # a", "file 0644 0 # b\nfile 0644 0 # a\n",
        "file 0644 0 # a\nfile 0644 0 # a\n", "file 0600 0 # a\n", "file 0644 00 # a\n",
        "file 0644 -1 # a\n", "file 0644 1x # a\n", "file 0644 0 0# a\n", "link 0644 0 # a\n",
        "file 0644 0 # \\x61\n", "file 0644 0 # \\n\n", "file 0644 0 # \\x0\n",
        "file 0644 0 # ../a\n", "file 0644 0 # \n", "file 0644 0 #\n", "\n"}) {
    EXPECT_THAT(parse(first + lines), HasCode(ErrorCode::kCorrupt)) << lines;
  }
}

TEST(DiffTrees, NamesEveryKindOfChange) {
  const TreeManifest from =
      Tree({File("gone"), File("same", "1"), File("text", "1"), File("tool")});
  const TreeManifest to = Tree(
      {File("new"), File("same", "1"), File("text", "2"), File("tool", "", FileMode::kExecutable)});
  EXPECT_THAT(
      DiffTrees(from, to),
      ElementsAre(TreeChange{ChangeKind::kRemoved, "gone"}, TreeChange{ChangeKind::kAdded, "new"},
                  TreeChange{ChangeKind::kContent, "text"}, TreeChange{ChangeKind::kMode, "tool"}));
  EXPECT_THAT(DiffTrees(from, from), IsEmpty());
}

}  // namespace
}  // namespace flowstone::bundle
