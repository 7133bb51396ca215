#include "flowstone/project/text_encoding.h"

#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOkAndHolds;

TEST(TextEncodingTest, TextIsUtf8) {
  EXPECT_THAT(DecodeRequirementsText("caf\xC3\xA9"), IsOkAndHolds("caf\xC3\xA9"));
  EXPECT_THAT(DecodeRequirementsText("caf\xE9"), HasCode(ErrorCode::kInvalid));
}

TEST(TextEncodingTest, AByteOrderMarkDecides) {
  using std::string_literals::operator""s;
  EXPECT_THAT(DecodeRequirementsText("\xEF\xBB\xBF"s + "a"), IsOkAndHolds("a"));
  EXPECT_THAT(DecodeRequirementsText("\xFF\xFE"
                                     "a\0\n\0\x3D\xD8\x00\xDE"s),
              IsOkAndHolds("a\n\xF0\x9F\x98\x80"));
  EXPECT_THAT(DecodeRequirementsText("\xFE\xFF\0a\0b"s), IsOkAndHolds("ab"));
  EXPECT_THAT(DecodeRequirementsText("\xFF\xFE\0\0a\0\0\0"s), IsOkAndHolds("a"));
  EXPECT_THAT(DecodeRequirementsText("\0\0\xFE\xFF\0\0\0a"s), IsOkAndHolds("a"));
}

TEST(TextEncodingTest, HalfACharacterIsNoText) {
  using std::string_literals::operator""s;
  EXPECT_THAT(DecodeRequirementsText("\xFF\xFE"
                                     "a"s),
              HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(DecodeRequirementsText("\xFF\xFE\x3D\xD8"s), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(DecodeRequirementsText("\0\0\xFE\xFF\0\x11\0\0"s), HasCode(ErrorCode::kInvalid));
}

TEST(TextEncodingTest, ACodingCommentNamesTheEncoding) {
  EXPECT_THAT(DecodeRequirementsText("# -*- coding: latin-1 -*-\n# caf\xE9"),
              IsOkAndHolds("# -*- coding: latin-1 -*-\n# caf\xC3\xA9"));
  EXPECT_THAT(DecodeRequirementsText("#\n# vim: fileencoding=ISO_8859-1\n\xE9"),
              IsOkAndHolds("#\n# vim: fileencoding=ISO_8859-1\n\xC3\xA9"));
  EXPECT_THAT(DecodeRequirementsText("#\n#\n# coding: latin-1\n\xE9"),
              HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(DecodeRequirementsText("# coding: ebcdic\n"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(DecodeRequirementsText("# coding: ascii\n\xC3\xA9"), HasCode(ErrorCode::kInvalid));
}

}  // namespace
}  // namespace flowstone::project
