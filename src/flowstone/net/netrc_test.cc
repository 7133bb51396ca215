#include "flowstone/net/netrc.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::net {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

std::optional<Credentials> Find(const std::string& text, const std::string& host) {
  return Netrc::Parse(text)->Find(host);
}

TEST(NetrcTest, FindsTheLoginOfAHost) {
  const std::string text =
      "machine a.example login ada password one\nmachine b.example\n"
      "  login ben\n  account x\n  password two\n";
  EXPECT_EQ(Find(text, "a.example"), (Credentials{"ada", Secret("one")}));
  EXPECT_EQ(Find(text, "B.Example"), (Credentials{"ben", Secret("two")}));
  EXPECT_EQ(Find(text, "c.example"), std::nullopt);
}

TEST(NetrcTest, TheDefaultIsForTheOthers) {
  const std::string text = "machine a.example login ada password one default login any password x";
  EXPECT_EQ(Find(text, "a.example"), (Credentials{"ada", Secret("one")}));
  EXPECT_EQ(Find(text, "c.example"), (Credentials{"any", Secret("x")}));
}

TEST(NetrcTest, TheFirstEntryOfAHostCounts) {
  EXPECT_EQ(Find("machine a login one password x machine a login two password y", "a"),
            (Credentials{"one", Secret("x")}));
}

TEST(NetrcTest, QuotesEscapesAndComments) {
  EXPECT_EQ(Find("# mine\nmachine a login \"ada l\" password \"p\\\"q #1\" # end", "a"),
            (Credentials{"ada l", Secret("p\"q #1")}));
  EXPECT_EQ(Find("machine a login ada password p\\ q", "a"), (Credentials{"ada", Secret("p q")}));
}

TEST(NetrcTest, MacrosAreSkipped) {
  EXPECT_EQ(Find("macdef init\nmachine evil login x\ncd /\n\nmachine a login ada password p", "a"),
            (Credentials{"ada", Secret("p")}));
  EXPECT_EQ(Find("macdef init\nmachine evil login x\ncd /\n\nmachine a login ada", "evil"),
            std::nullopt);
}

TEST(NetrcTest, APasswordMayLookLikeAKeywordOrAComment) {
  EXPECT_EQ(Find("machine a login default password #machine", "a"),
            (Credentials{"default", Secret("#machine")}));
}

TEST(NetrcTest, ErrorsNameTheLineAndNoSecret) {
  for (const std::string text : {"machine a login x\nlogn y", "\nlogin x", "machine a\nlogin",
                                 "machine a login\n\"canary"}) {
    const auto netrc = Netrc::Parse(text);
    EXPECT_THAT(netrc, HasCode(ErrorCode::kInvalid)) << text;
    EXPECT_THAT(netrc, HasMessage(HasSubstr("line 2"))) << text;
    EXPECT_THAT(netrc.error().message, Not(HasSubstr("canary")));
  }
}

class LoadNetrcTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text, std::uint32_t mode) {
    auto file = files_.OpenOutput(path, os::Existing::kReplace, 0600);
    ASSERT_THAT((*file)->Write(text), IsOk());
    ASSERT_THAT((*file)->Close(), IsOk());
    ASSERT_THAT(files_.SetMode(path, mode), IsOk());
  }
  NetrcFile Load(os::Environment::Variables variables) {
    return LoadNetrc(os::Environment(std::move(variables)), files_);
  }
  os::MemoryFileSystem files_;
};

TEST_F(LoadNetrcTest, ReadsTheFileInTheHomeDirectory) {
  Write("/.netrc", "machine a login ada password p", 0600);
  const NetrcFile file = Load({{"HOME", ""}});
  EXPECT_EQ(file.netrc.Find("a"), std::nullopt);
  const NetrcFile found = Load({{"HOME", "/"}});
  EXPECT_EQ(found.netrc.Find("a"), (Credentials{"ada", Secret("p")}));
  EXPECT_EQ(found.warning, std::nullopt);
}

TEST_F(LoadNetrcTest, TheVariableNamesAnother) {
  Write("/.netrc", "machine a login ada password p", 0600);
  Write("/other", "machine a login ben password q", 0600);
  EXPECT_EQ(Load({{"HOME", "/"}, {"NETRC", "/other"}}).netrc.Find("a"),
            (Credentials{"ben", Secret("q")}));
}

TEST_F(LoadNetrcTest, WarnsWhenOthersCanReadIt) {
  Write("/.netrc", "machine a login ada password p", 0644);
  const NetrcFile file = Load({{"HOME", "/"}});
  EXPECT_THAT(file.warning, Optional(HasSubstr("chmod 600")));
  EXPECT_EQ(file.netrc.Find("a"), (Credentials{"ada", Secret("p")}));
}

TEST_F(LoadNetrcTest, ABrokenFileIsAWarning) {
  Write("/.netrc", "machine", 0600);
  const NetrcFile file = Load({{"HOME", "/"}});
  EXPECT_THAT(file.warning, Optional(HasSubstr("/.netrc: netrc line 1")));
  EXPECT_EQ(file.netrc.Find("a"), std::nullopt);
}

TEST_F(LoadNetrcTest, AMissingFileIsNoLogin) {
  const NetrcFile file = Load({{"HOME", "/"}});
  EXPECT_EQ(file.warning, std::nullopt);
  EXPECT_EQ(file.netrc.Find("a"), std::nullopt);
}

}  // namespace
}  // namespace flowstone::net
