#include "flowstone/pypi/marker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const MarkerEnvironment kLinux = {.implementation_name = "cpython",
                                  .implementation_version = "3.12.1",
                                  .os_name = "posix",
                                  .platform_machine = "x86_64",
                                  .platform_python_implementation = "CPython",
                                  .platform_release = "6.1.0-13-amd64",
                                  .platform_system = "Linux",
                                  .platform_version = "#1 SMP Debian 6.1",
                                  .python_full_version = "3.12.1",
                                  .python_version = "3.12",
                                  .sys_platform = "linux"};

Marker Parsed(std::string_view text) {
  return *Marker::Parse(text);
}

bool Holds(std::string_view text) {
  return Parsed(text).Evaluate(kLinux);
}

TEST(Marker, ComparesPythonVersionsAsVersions) {
  EXPECT_TRUE(Holds("python_version > '3.9'"));
  EXPECT_TRUE(Holds("python_version == '3.12.*'"));
  EXPECT_TRUE(Holds("python_version ~= '3.8'"));
  EXPECT_FALSE(Holds("python_full_version < '3.12.1'"));
  EXPECT_TRUE(Holds("'3.9' <= python_version"));
  EXPECT_TRUE(Holds("python_version in '3.11, 3.12'"));
}

TEST(Marker, ComparesOtherValuesAsTexts) {
  EXPECT_TRUE(Holds("sys_platform == 'linux'"));
  EXPECT_FALSE(Holds("sys_platform == 'Linux'"));
  EXPECT_TRUE(Holds("'nux' in sys_platform"));
  EXPECT_TRUE(Holds("platform_machine not in 'arm64 aarch64'"));
  EXPECT_FALSE(Holds("sys_platform > 'a'"));
  EXPECT_TRUE(Holds("sys_platform >= 'linux'"));
}

TEST(Marker, AKernelReleaseThatIsNoVersionSatisfiesNoVersion) {
  EXPECT_FALSE(Holds("platform_release >= '5'"));
  EXPECT_TRUE(Holds("platform_release == '6.1.0-13-amd64'"));
}

TEST(Marker, BuildsBetweenReleasesHaveAVersion) {
  MarkerEnvironment environment = kLinux;
  environment.python_full_version = "3.13.0+";
  EXPECT_TRUE(Parsed("python_full_version >= '3.13'").Evaluate(environment));
}

TEST(Marker, AndBindsTighterThanOr) {
  EXPECT_TRUE(Holds("os_name == 'posix' or os_name == 'nt' and os_name == 'java'"));
  EXPECT_FALSE(Holds("(os_name == 'posix' or os_name == 'nt') and os_name == 'java'"));
}

TEST(Marker, UnderstandsDeprecatedNames) {
  EXPECT_EQ(Parsed("os.name=='posix' and python_implementation == 'CPython'").ToString(),
            "os_name == \"posix\" and platform_python_implementation == \"CPython\"");
}

TEST(Marker, ExtrasAreComparedNormalised) {
  const Marker marker = Parsed("extra == 'Dev_Tools'");
  const std::vector<ExtraName> asked = {*ExtraName::Parse("dev.tools")};
  EXPECT_FALSE(marker.Evaluate(kLinux));
  EXPECT_TRUE(marker.Evaluate(kLinux, asked));
  EXPECT_TRUE(marker.MentionsExtra());
  EXPECT_THAT(marker.Extras(), ElementsAre("dev-tools"));
}

TEST(Marker, EachExtraIsTriedAlone) {
  const std::vector<ExtraName> asked = {*ExtraName::Parse("a"), *ExtraName::Parse("b")};
  EXPECT_TRUE(Parsed("extra == 'a' or extra == 'c'").Evaluate(kLinux, asked));
  EXPECT_FALSE(Parsed("extra == 'a' and extra == 'b'").Evaluate(kLinux, asked));
  EXPECT_TRUE(Parsed("extra != 'a'").Evaluate(kLinux, asked));
}

TEST(Marker, LockFilesAskForSets) {
  const Marker marker =
      *Marker::Parse("'Dev' in dependency_groups or 'x' in extras", MarkerVariables::kLockFile);
  const std::vector<GroupName> groups = {*GroupName::Parse("dev")};
  const std::vector<ExtraName> extras = {*ExtraName::Parse("x")};
  EXPECT_FALSE(marker.Evaluate(kLinux, MarkerSelection{}));
  EXPECT_TRUE(marker.Evaluate(kLinux, MarkerSelection{.groups = groups}));
  EXPECT_TRUE(marker.Evaluate(kLinux, MarkerSelection{.extras = extras}));
  EXPECT_THAT(Marker::Parse("'x' in extras"), HasMessage(HasSubstr("lock files only")));
}

TEST(Marker, DefaultHoldsAlways) {
  EXPECT_TRUE(Marker().is_always());
  EXPECT_TRUE(Marker().Evaluate(kLinux));
  EXPECT_EQ(Marker().ToString(), "");
  EXPECT_FALSE(Marker().MentionsExtra());
}

TEST(Marker, CompositionKeepsTheMeaning) {
  const Marker linux_only = Parsed("sys_platform == 'linux'");
  const Marker either = Parsed("os_name == 'nt' or os_name == 'java'");
  EXPECT_EQ(Marker::And(linux_only, either).ToString(),
            "sys_platform == \"linux\" and (os_name == \"nt\" or os_name == \"java\")");
  EXPECT_EQ(Marker::Or(linux_only, either).ToString(),
            "sys_platform == \"linux\" or os_name == \"nt\" or os_name == \"java\"");
  EXPECT_EQ(Marker::And(Marker(), either), either);
  EXPECT_EQ(Marker::And(either, Marker()), either);
  EXPECT_TRUE(Marker::Or(linux_only, Marker()).is_always());
}

TEST(Marker, IsWrittenInOneWay) {
  EXPECT_EQ(Parsed("( (os_name=='nt')and(python_version>='3') )").ToString(),
            "os_name == \"nt\" and python_version >= \"3\"");
  EXPECT_EQ(Parsed("platform_version == 'a \"b\"'").ToString(), "platform_version == 'a \"b\"'");
  EXPECT_EQ(Parsed("os_name not  in 'nt'").ToString(), "os_name not in \"nt\"");
}

TEST(Marker, ErrorsPointAtThePlace) {
  EXPECT_THAT(Marker::Parse("os_name == 'nt' and pyton_version > '3'"),
              HasMessage(HasSubstr("'pyton_version' is not a marker variable\n"
                                   "    os_name == 'nt' and pyton_version > '3'\n"
                                   "                        ~~~~~~~~~~~~~^")));
  EXPECT_THAT(Marker::Parse("os_name == 'nt"), HasMessage(HasSubstr("not closed")));
  EXPECT_THAT(Marker::Parse("os_name = 'nt'"), HasMessage(HasSubstr("expected an operator")));
  EXPECT_THAT(Marker::Parse("(os_name == 'nt'"), HasMessage(HasSubstr("expected ')'")));
  EXPECT_THAT(Marker::Parse("os_name not 'nt'"), HasMessage(HasSubstr("'in' after 'not'")));
  EXPECT_THAT(Marker::Parse("os_name == 'nt' os_name"), HasMessage(HasSubstr("expected 'and'")));
  EXPECT_THAT(Marker::Parse("os_name =="), HasMessage(HasSubstr("expected a marker variable")));
}

TEST(Marker, ComparisonsWithoutAMeaningAreRefused) {
  EXPECT_THAT(Marker::Parse("'a' == 'a'"), HasMessage(HasSubstr("needs a variable")));
  EXPECT_THAT(Marker::Parse("os_name ~= '1.0'"), HasMessage(HasSubstr("compares versions")));
  EXPECT_THAT(Marker::Parse("python_version ~= '3'"), HasMessage(HasSubstr("compares versions")));
  EXPECT_THAT(Marker::Parse("extras == 'x'", MarkerVariables::kLockFile),
              HasMessage(HasSubstr("is a set")));
  EXPECT_THAT(Marker::Parse(R"(os_name == 'a\n')"), HasMessage(HasSubstr("backslashes")));
  EXPECT_THAT(Marker::Parse(""), HasCode(ErrorCode::kInvalid));
}

TEST(Marker, NestingHasALimit) {
  const std::string open(5000, '(');
  const std::string close(5000, ')');
  EXPECT_THAT(Marker::Parse(open + "os_name == 'nt'" + close), HasMessage(HasSubstr("too deeply")));
  EXPECT_TRUE(Marker::Parse(std::string(50, '(') + "os_name == 'nt'" + std::string(50, ')')));
}

}  // namespace
}  // namespace flowstone::pypi
