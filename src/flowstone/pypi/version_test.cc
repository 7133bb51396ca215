#include "flowstone/pypi/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::testing::HasSubstr;

Version Parsed(std::string_view text) {
  return *Version::Parse(text);
}

TEST(Version, NormalisesAlternateSpellings) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"v1.0", "1.0"},           {" 1.0\n", "1.0"},      {"01.002", "1.2"},
      {"1.0-ALPHA_2", "1.0a2"},  {"1.0.beta", "1.0b0"},  {"1.0c3", "1.0rc3"},
      {"1.0preview4", "1.0rc4"}, {"1.0-1", "1.0.post1"}, {"1.0rev2", "1.0.post2"},
      {"1.0_R", "1.0.post0"},    {"1.0DEV", "1.0.dev0"}, {"1.0a-", "1.0a0"},
      {"0!1.0", "1.0"},          {"2!1.0", "2!1.0"},     {"1.0+Ubuntu-01_x", "1.0+ubuntu.1.x"},
  };
  for (const auto& [text, normal] : cases) {
    EXPECT_EQ(Parsed(text).ToString(), normal) << text;
  }
}

TEST(Version, RefusesWhatIsNone) {
  for (const std::string_view text : {"", "1.0-", "1..0", "a1", "1.0+", "1.0+a..b", "1.0 post1",
                                      "1.0.*", "!1", "1!", "1.0x", "\xD9\xA1.0"}) {
    EXPECT_THAT(Version::Parse(text), HasCode(ErrorCode::kInvalid)) << text;
  }
}

TEST(Version, RefusesTextsThatAreTooLong) {
  const std::string longest(Version::kMaxSize, '1');
  EXPECT_TRUE(Version::Parse(longest));
  EXPECT_THAT(Version::Parse(longest + "1"), HasMessage(HasSubstr("too long")));
}

// The order of PEP 440, from the least to the greatest; neighbours differ in one rule each.
const std::vector<std::string>& Chain() {
  static const std::vector<std::string> chain = {"0.dev0",
                                                 "0",
                                                 "1.dev0",
                                                 "1.0.dev456",
                                                 "1.0a1.dev1",
                                                 "1.0a1",
                                                 "1.0a1.post0.dev0",
                                                 "1.0a1.post1",
                                                 "1.0a2.dev456",
                                                 "1.0a12.dev456",
                                                 "1.0a12",
                                                 "1.0b1.dev456",
                                                 "1.0b2",
                                                 "1.0b2.post345.dev456",
                                                 "1.0b2.post345",
                                                 "1.0rc1.dev456",
                                                 "1.0rc1",
                                                 "1.0",
                                                 "1.0+abc",
                                                 "1.0+abc.5",
                                                 "1.0+abc.7",
                                                 "1.0+abcd",
                                                 "1.0+5",
                                                 "1.0+10",
                                                 "1.0.post0",
                                                 "1.0.post456.dev34",
                                                 "1.0.post456",
                                                 "1.0.post456+x",
                                                 "1.0.1",
                                                 "1.1.dev1",
                                                 "1.1",
                                                 "1.9",
                                                 "1.10",
                                                 "1.191",
                                                 "1.192",
                                                 "1.255",
                                                 "1.256",
                                                 "1.65536",
                                                 "1.18446744073709551615",
                                                 "1.18446744073709551616",
                                                 "1.99999999999999999999",
                                                 "1.100000000000000000000",
                                                 "2",
                                                 "1!0.dev0",
                                                 "1!0.1",
                                                 "2!0"};
  return chain;
}

TEST(Version, OrdersAsPep440Does) {
  for (std::size_t i = 0; i < Chain().size(); ++i) {
    for (std::size_t j = 0; j < Chain().size(); ++j) {
      EXPECT_EQ(Parsed(Chain()[i]) <=> Parsed(Chain()[j]), i <=> j)
          << Chain()[i] << " and " << Chain()[j];
    }
  }
}

TEST(Version, TrailingZerosSayNothing) {
  EXPECT_EQ(Parsed("1"), Parsed("1.0.0"));
  EXPECT_EQ(Parsed("0.0"), Parsed("0"));
  EXPECT_EQ(std::hash<Version>()(Parsed("1")), std::hash<Version>()(Parsed("1.0.0")));
  EXPECT_EQ(Parsed("1.0.0").ToString(), "1.0.0");
}

TEST(Version, KeepsTheTextAsItWasWritten) {
  EXPECT_EQ(Parsed(" v1.0-Alpha ").text(), "v1.0-Alpha");
}

TEST(Version, SaysWhatKindOfReleaseItIs) {
  EXPECT_TRUE(Parsed("1.0rc1").is_prerelease());
  EXPECT_TRUE(Parsed("1.0.dev1").is_prerelease());
  EXPECT_TRUE(Parsed("1.0.post1.dev1").is_prerelease());
  EXPECT_FALSE(Parsed("1.0.post1").is_prerelease());
  EXPECT_TRUE(Parsed("1.0.post1").is_postrelease());
  EXPECT_FALSE(Parsed("1.0+x").is_postrelease());
  EXPECT_TRUE(Parsed("1.0+x").has_local());
}

TEST(Version, ComponentsBeyondTheLastAreZero) {
  const Version version = Parsed("3!7.12");
  EXPECT_EQ(version.epoch(), 3U);
  EXPECT_EQ(version.release(0), 7U);
  EXPECT_EQ(version.release(1), 12U);
  EXPECT_EQ(version.release(2), 0U);
  EXPECT_EQ(version.release_size(), 2U);
}

TEST(Version, NumbersBeyond64BitsSaturate) {
  EXPECT_EQ(Parsed("99999999999999999999").release(0), std::numeric_limits<std::uint64_t>::max());
}

TEST(Version, DropsParts) {
  EXPECT_EQ(Parsed("1!2.3rc1.post2.dev3+x.1").WithoutLocal().ToString(), "1!2.3rc1.post2.dev3");
  EXPECT_EQ(Parsed("1!2.3rc1.post2.dev3+x.1").BaseRelease().ToString(), "1!2.3");
  EXPECT_EQ(Parsed("1!2.3+x.01").local(), "x.1");
}

TEST(Version, CommonKeysDoNotAllocate) {
  EXPECT_LE(Parsed("2026.11.22").key().size(), 15U);
  EXPECT_EQ(Parsed("1.2").key(), "\x20\x21\x22\x06");
  EXPECT_EQ(Parsed("1.0rc1.dev2").key(), "\x20\x21\x05\x21\x02\x22");
}

TEST(Version, DefaultIsZero) {
  EXPECT_EQ(Version(), Parsed("0"));
  EXPECT_EQ(Version().ToString(), "0");
}

}  // namespace
}  // namespace flowstone::pypi
