#include "flowstone/lock/toml_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "flowstone/lock/toml_nesting.h"

namespace flowstone::lock {
namespace {

using ::testing::HasSubstr;

std::string DottedKey(std::size_t parts) {
  std::string key = "a";
  for (std::size_t i = 1; i < parts; ++i) {
    key += ".a";
  }
  return key;
}

void ExpectWrong(std::string_view toml, std::string_view message) {
  const Result<toml::table> document = ParseToml(toml);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(document.error().message, HasSubstr(message));
}

TEST(Toml, LettersOutsideAsciiAreNoSpaces) {
  ExpectWrong("\u00e9 = 1", "saw '\u00e9'");
  ExpectWrong("a\u0481 = 1", "saw '\u0481'");
  ExpectWrong("a = 1 \u00fc", "saw '\u00fc'");
}

TEST(Toml, AssertionOfTheParserIsAnError) {
  ExpectWrong("[.a]", "not valid TOML");
}

TEST(Toml, KeyHasAsManyPartsAsAStackCanHold) {
  EXPECT_TRUE(ParseToml(DottedKey(kMaxKeyParts) + " = 1"));
  ExpectWrong("b = 1\n" + DottedKey(kMaxKeyParts + 1) + " = 1",
              "line 2: not valid TOML: a key has more than 32 parts");
  ExpectWrong("[" + DottedKey(1'000'000) + "]", "line 1: not valid TOML: a key has more");
}

TEST(Toml, EveryWayToWriteALongKeyIsSeen) {
  std::string quoted = R"("=\"#")";
  std::string literal = "'[\\'";
  for (std::size_t i = 0; i < kMaxKeyParts; ++i) {
    quoted += R"( . "=\"#")";
    literal += ".'[\\'";
  }
  const std::string key = DottedKey(kMaxKeyParts + 1);
  EXPECT_EQ(LineOfLongKey(quoted + " = 1"), 1U);
  EXPECT_EQ(LineOfLongKey(literal + " = 1"), 1U);
  EXPECT_EQ(LineOfLongKey("x = { y = 1, " + key + " = 1 }"), 1U);
  EXPECT_EQ(LineOfLongKey("x = \"\"\"\n\\\"\"\" \"\"\"\"\"\n" + key + " = 1"), 3U);
  EXPECT_EQ(LineOfLongKey("# don't\nx = ''''''\n" + key + " = 1"), 3U);
}

TEST(Toml, DotsThatAreNoKeysAreNotCounted) {
  const std::string dots(100, '.');
  EXPECT_EQ(LineOfLongKey("a = \"" + dots + "\" # " + dots + "\nb = '" + dots + "'\n"),
            std::nullopt);
  EXPECT_EQ(LineOfLongKey("a = '''" + dots + "\n" + dots + "'''\n"), std::nullopt);
  std::string numbers = "a = [0.5";
  for (int i = 0; i < 100; ++i) {
    numbers += ", 0.5";
  }
  EXPECT_EQ(LineOfLongKey(numbers + "]"), std::nullopt);
  EXPECT_EQ(LineOfLongKey("a = \"" + dots), std::nullopt);
}

}  // namespace
}  // namespace flowstone::lock
