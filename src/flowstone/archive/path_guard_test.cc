#include "flowstone/archive/path_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::archive {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(GuardMemberPath, OrdinaryNamesPassUnchanged) {
  for (const char* name :
       {"a", "demo/__init__.py", "a b/c+d", "…/é", "日本/語", "😀", ".hidden", "a..b", "..."}) {
    EXPECT_THAT(GuardMemberPath(name), IsOkAndHolds(std::string(name)));
  }
}

TEST(GuardMemberPath, TheSlashOfADirectoryIsDropped) {
  EXPECT_THAT(GuardMemberPath("demo/sub/"), IsOkAndHolds("demo/sub"));
}

TEST(GuardMemberPath, NamesThatLeaveTheTreeAreRefused) {
  for (const char* name :
       {"../x", "a/../x", "..", "a/..", "/etc/passwd", "/", "C:/x", "c:x", "a\\b", "..\\x"}) {
    EXPECT_THAT(GuardMemberPath(name), HasCode(ErrorCode::kCorrupt)) << name;
  }
}

TEST(GuardMemberPath, NamesWithTwoSpellingsAreRefused) {
  for (const char* name : {"", "a//b", "./a", "a/.", "a//", "."}) {
    EXPECT_THAT(GuardMemberPath(name), HasCode(ErrorCode::kCorrupt)) << name;
  }
}

TEST(GuardMemberPath, WhatCannotBePrintedIsRefused) {
  for (const std::string& name :
       {std::string("a\0b", 3), std::string("a\nb"), std::string("a\x7F"), std::string("\xFF"),
        std::string("a\xC2\x85"), std::string("a\xE2\x80\xAE"),
        std::string("\xEF\xBB\xBF"
                    "a"),
        std::string("a\xE2\x81\xA6"), std::string("a\xC2\xAD"), std::string("a\xE2\x80\x8B"),
        std::string("a\xE2\x81\xA0"), std::string("a\xF3\xA0\x81\x81")}) {
    EXPECT_THAT(GuardMemberPath(name), HasCode(ErrorCode::kCorrupt));
  }
}

TEST(GuardMemberPath, LengthsAreBounded) {
  const std::string component(255, 'a');
  EXPECT_THAT(GuardMemberPath(component), IsOk());
  EXPECT_THAT(GuardMemberPath(component + "a"), HasMessage(HasSubstr("255")));
  const std::string longest = component + "/" + component + "/" + component + "/" + component;
  EXPECT_THAT(GuardMemberPath(longest + "/"), IsOk());
  EXPECT_THAT(GuardMemberPath(longest + "/aa"), HasMessage(HasSubstr("1,024")));
  std::string deep = "d";
  for (int i = 1; i < 64; ++i) {
    deep += "/d";
  }
  EXPECT_THAT(GuardMemberPath(deep), IsOk());
  EXPECT_THAT(GuardMemberPath(deep + "/d"), HasMessage(HasSubstr("64")));
}

TEST(GuardMemberPath, TheErrorNamesTheMemberAndTheRule) {
  EXPECT_THAT(GuardMemberPath("../evil\n"),
              HasMessage("archive member '../evil\\x0a' is refused: it has control characters"));
}

TEST(GuardLinkTarget, TargetsInsideTheTreePass) {
  EXPECT_THAT(GuardLinkTarget("lib/a.so", "a.so.1"), IsOk());
  EXPECT_THAT(GuardLinkTarget("lib/a.so", "../lib64/a.so"), IsOk());
  EXPECT_THAT(GuardLinkTarget("a/b/c", "../../x"), IsOk());
  EXPECT_THAT(GuardLinkTarget("a/b/c", "./x//y"), IsOk());
}

TEST(GuardLinkTarget, TargetsOutsideAreRefused) {
  EXPECT_THAT(GuardLinkTarget("a", "../x"), HasMessage(HasSubstr("out of the archive")));
  EXPECT_THAT(GuardLinkTarget("a/b", "../../x"), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(GuardLinkTarget("a", "/etc/passwd"), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(GuardLinkTarget("a", ""), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(GuardLinkTarget("a", "x\n"), HasCode(ErrorCode::kCorrupt));
}

TEST(GuardLinkTarget, ClimbingBehindANameIsRefused) {
  // Lexically inside, but "link" may itself lead somewhere higher.
  EXPECT_THAT(GuardLinkTarget("d/e/f", "link/../.."), HasMessage(HasSubstr("behind a name")));
}

TEST(QuoteMemberName, LongNamesAreCut) {
  EXPECT_EQ(QuoteMemberName(std::string(1000, 'a')), "'" + std::string(200, 'a') + "'…");
}

}  // namespace
}  // namespace flowstone::archive
