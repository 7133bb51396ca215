#include "flowstone/pypi/name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::testing::HasSubstr;

TEST(Name, SpellingsOfOneNameAreOneName) {
  for (const std::string_view spelling :
       {"Foo.Bar_baz", "foo-bar-baz", "FOO__bar.-_baz", "foo.bar.baz"}) {
    EXPECT_EQ(Name::Parse(spelling)->ToString(), "foo-bar-baz") << spelling;
  }
}

TEST(Name, RefusesWhatPep508Refuses) {
  for (const std::string_view text :
       {"", "-foo", "foo-", "_foo", "foo.", "foo bar", "fo\xC3\xB6"}) {
    EXPECT_THAT(Name::Parse(text), HasCode(ErrorCode::kInvalid)) << text;
  }
}

TEST(Name, ErrorSaysWhatKindOfNameItIs) {
  EXPECT_THAT(ExtraName::Parse("a b"), HasMessage(HasSubstr("'a b' is not a valid extra")));
  EXPECT_THAT(GroupName::Parse("a b"), HasMessage(HasSubstr("dependency group")));
}

TEST(Name, EscapedIsTheSpellingOfFileNames) {
  EXPECT_EQ(Name::Parse("zope.interface")->Escaped(), "zope_interface");
}

}  // namespace
}  // namespace flowstone::pypi
