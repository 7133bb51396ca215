#include "flowstone/base/json_reader.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace flowstone {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

bool IsJson(std::string_view text) {
  JsonReader reader(text);
  reader.Skip();
  return reader.Finish();
}

std::optional<std::string> StringIn(std::string_view text) {
  JsonReader reader(text);
  const std::optional<std::string_view> value = reader.TakeString();
  return value && reader.Finish() ? std::optional(std::string(*value)) : std::nullopt;
}

TEST(JsonReader, ReadsWhatTheStandardAllows) {
  for (const char* text : {"{}", "[]", " [ ] ", "\t{\"a\" : [1, {\"b\": null}] , \"c\":true}\r\n",
                           "0", "-0.5e+10", "1E2", "\"\"", "false", "[[[[]]]]", "[\"\\u0000\"]"}) {
    EXPECT_TRUE(IsJson(text)) << text;
  }
}

TEST(JsonReader, RefusesWhatTheStandardDoesNotAllow) {
  for (const char* text : {"",          " ",           "{",           "[",
                           "]",         "[1,]",        "[,1]",        "{\"a\":1,}",
                           "{\"a\"}",   "{\"a\":}",    "{a:1}",       "{\"a\" 1}",
                           "[1 2]",     "[1}",         "{\"a\":1]",   "01",
                           "-",         "1.",          ".5",          "1e",
                           "+1",        "tru",         "nul",         "True",
                           "NaN",       "'a'",         "\"a",         "\"\\x\"",
                           "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
                           "\"a\nb\"",  "\"\x01\"",    "1 2",         "{} x",
                           "\"\xff\"",  "[\"\xc3\"]"}) {
    EXPECT_FALSE(IsJson(text)) << text;
  }
}

TEST(JsonReader, ResolvesEscapes) {
  EXPECT_THAT(StringIn(R"("plain")"), Optional(std::string("plain")));
  EXPECT_THAT(StringIn(R"("a\"b\\c\/d\b\f\n\r\te")"),
              Optional(std::string("a\"b\\c/d\b\f\n\r\te")));
  EXPECT_THAT(StringIn(R"("\u0041\u00e9\u20ac\ud83d\ude00")"),
              Optional(std::string("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")));
}

std::string Quoted(std::string content) {
  content.insert(content.begin(), '"');
  content.push_back('"');
  return content;
}

// The scan looks at eight characters at once.
TEST(JsonReader, FindsTheEndOfStringsOfEveryLength) {
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string content(length, 'x');
    EXPECT_THAT(StringIn(Quoted(content)), Optional(content));
    EXPECT_THAT(StringIn(Quoted(content + "\\n")), Optional(content + "\n"));
    EXPECT_FALSE(IsJson(Quoted(content + "\x1f")));
    EXPECT_THAT(StringIn(Quoted(content + "\xc3\xa9")), Optional(content + "\xc3\xa9"));
  }
}

TEST(JsonReader, KeysComeInOrderAndValuesOnce) {
  JsonReader reader(R"({"name": "a", "sizes": [1, 2], "x": {"y": 1}, "ready": true})");
  std::vector<std::string> keys;
  std::string name;
  std::vector<std::uint64_t> sizes;
  ASSERT_TRUE(reader.EnterObject());
  while (const auto key = reader.NextKey()) {
    keys.emplace_back(*key);
    if (*key == "name") {
      name = reader.TakeString().value_or("");
    } else if (*key == "sizes") {
      ASSERT_TRUE(reader.EnterArray());
      while (reader.NextElement()) {
        sizes.push_back(reader.TakeUnsigned().value_or(0));
      }
    } else {
      reader.Skip();
    }
  }
  EXPECT_TRUE(reader.Finish());
  EXPECT_THAT(keys, ElementsAre("name", "sizes", "x", "ready"));
  EXPECT_EQ(name, "a");
  EXPECT_THAT(sizes, ElementsAre(1, 2));
}

TEST(JsonReader, AValueOfAnotherTypeStaysWhereItIs) {
  JsonReader reader("[1.5]");
  EXPECT_FALSE(reader.EnterObject());
  ASSERT_TRUE(reader.EnterArray());
  ASSERT_TRUE(reader.NextElement());
  EXPECT_EQ(reader.TakeString(), std::nullopt);
  EXPECT_EQ(reader.TakeBoolean(), std::nullopt);
  EXPECT_EQ(reader.TakeUnsigned(), std::nullopt);
  EXPECT_EQ(reader.Peek(), JsonType::kNumber);
  reader.Skip();
  EXPECT_FALSE(reader.NextElement());
  EXPECT_TRUE(reader.Finish());
}

TEST(JsonReader, UnsignedNumbersFillSixtyFourBits) {
  EXPECT_THAT(JsonReader("18446744073709551615").TakeUnsigned(), Optional(~std::uint64_t{0}));
  EXPECT_EQ(JsonReader("18446744073709551616").TakeUnsigned(), std::nullopt);
  EXPECT_EQ(JsonReader("-1").TakeUnsigned(), std::nullopt);
}

TEST(JsonReader, DepthIsLimited) {
  EXPECT_TRUE(IsJson(std::string(150, '[') + std::string(150, ']')));
  EXPECT_FALSE(IsJson(std::string(100'000, '[') + std::string(100'000, ']')));
}

TEST(JsonReader, NothingComesAfterAFault) {
  JsonReader reader(R"({"a": tru, "b": 1})");
  ASSERT_TRUE(reader.EnterObject());
  ASSERT_TRUE(reader.NextKey());
  reader.Skip();
  EXPECT_EQ(reader.NextKey(), std::nullopt);
  EXPECT_FALSE(reader.Finish());
}

}  // namespace
}  // namespace flowstone
