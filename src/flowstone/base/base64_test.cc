#include "flowstone/base/base64.h"

#include <gtest/gtest.h>

#include <string_view>

namespace flowstone {
namespace {

std::string EncodeText(std::string_view text) {
  return Base64UrlEncode(std::as_bytes(std::span(text.data(), text.size())));
}

// RFC 4648 §10, without the padding.
TEST(Base64Url, OfTheStandardsExamples) {
  EXPECT_EQ(EncodeText(""), "");
  EXPECT_EQ(EncodeText("f"), "Zg");
  EXPECT_EQ(EncodeText("fo"), "Zm8");
  EXPECT_EQ(EncodeText("foo"), "Zm9v");
  EXPECT_EQ(EncodeText("foobar"), "Zm9vYmFy");
}

TEST(Base64Url, UsesNoCharacterThatUrlsReserve) {
  EXPECT_EQ(EncodeText("\xfb\xff"), "-_8");
}

}  // namespace
}  // namespace flowstone
