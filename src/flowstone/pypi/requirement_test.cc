#include "flowstone/pypi/requirement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::testing::HasSubstr;

std::string Normalised(std::string_view text) {
  return Requirement::Parse(text)->ToString();
}

TEST(Requirement, ReadsEveryPart) {
  const Requirement requirement = *Requirement::Parse(
      "Requests [Socks,use_chardet] >= 2.8.1, == 2.8.* ; python_version < '2.7'");
  EXPECT_EQ(requirement.name.ToString(), "requests");
  ASSERT_EQ(requirement.extras.size(), 2U);
  EXPECT_EQ(requirement.extras[0].ToString(), "socks");
  EXPECT_EQ(requirement.extras[1].ToString(), "use-chardet");
  EXPECT_EQ(requirement.specifiers, *SpecifierSet::Parse(">=2.8.1,==2.8.*"));
  EXPECT_EQ(requirement.marker, *Marker::Parse("python_version < '2.7'"));
  EXPECT_EQ(requirement.url, "");
}

TEST(Requirement, WritesWhatItReads) {
  EXPECT_EQ(Normalised("A.B-C_D"), "a-b-c-d");
  EXPECT_EQ(Normalised("name[]"), "name");
  EXPECT_EQ(Normalised("name[b,a,B]>=1"), "name[a,b]>=1");
  EXPECT_EQ(Normalised("name (>=1,<2)"), "name<2,>=1");
  EXPECT_EQ(Normalised("name>=1,"), "name>=1");
  EXPECT_EQ(Normalised("name;os_name=='nt'"), "name; os_name == \"nt\"");
  EXPECT_EQ(Normalised("name@https://index.example/x.zip"), "name @ https://index.example/x.zip");
  EXPECT_EQ(Normalised("name[x] @ file:///a;b ; os_name=='nt'"),
            "name[x] @ file:///a;b ; os_name == \"nt\"");
}

TEST(Requirement, ErrorsUnderlineThePlace) {
  EXPECT_THAT(Requirement::Parse("name >=1.0, <abc"),
              HasMessage(HasSubstr("'abc' is not a version\n"
                                   "    name >=1.0, <abc\n"
                                   "                ~~~~^")));
}

TEST(Requirement, ErrorsSayWhatWasExpected) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "expected a project name"},
      {">=1.0", "expected a project name"},
      {"name-", "is not a valid project name"},
      {"name[a b]", "expected ',' or ']'"},
      {"name[a,]", "after ','"},
      {"name[a", "expected ',' or ']'"},
      {"name[a,,b]", "expected the name of an extra"},
      {"name (>=1", "expected ')'"},
      {"name 1.0", "expected a version specifier, ';' or the end"},
      {"name>=1 <2", "expected ',', ';' or the end"},
      {"name>=1.*", "'==' and '!=' only"},
      {"name @ ", "expected a URL"},
      {"name @ https://x; os_name == 'nt'", "the ';' belongs to the URL"},
      {"name; os_name", "expected an operator"},
      {"name; os_name == 'nt' junk", "expected 'and'"},
  };
  for (const auto& [text, message] : cases) {
    const Result<Requirement> parsed = Requirement::Parse(text);
    EXPECT_THAT(parsed, HasCode(ErrorCode::kInvalid)) << text;
    EXPECT_THAT(parsed, HasMessage(HasSubstr(message))) << text;
  }
}

TEST(Requirement, UnderlinesByCharactersNotBytes) {
  EXPECT_THAT(Requirement::Parse("name; os_name == 'n\xC3\xB6' junk"),
              HasMessage(HasSubstr("\n" + std::string(26, ' ') + "^")));
}

}  // namespace
}  // namespace flowstone::pypi
