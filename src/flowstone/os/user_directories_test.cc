#include "flowstone/os/user_directories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::HasSubstr;
using ::testing::Optional;

TEST(Environment, GetTellsEmptyFromUnset) {
  Environment environment{{"EMPTY", ""}, {"SET", "x"}};
  EXPECT_THAT(environment.Get("EMPTY"), Optional(std::string()));
  EXPECT_EQ(environment.GetNonEmpty("EMPTY"), std::nullopt);
  EXPECT_EQ(environment.Get("UNSET"), std::nullopt);
  environment.Unset("SET");
  EXPECT_EQ(environment.Get("SET"), std::nullopt);
  environment.Set("SET", "y");
  EXPECT_THAT(environment.GetNonEmpty("SET"), Optional(std::string("y")));
}

TEST(Environment, TheProcessHasAPath) {
  EXPECT_NE(Environment::FromProcess().Get("PATH"), std::nullopt);
}

TEST(UserDirectories, DefaultsAreBelowHome) {
  const Environment environment{{"HOME", "/home/me/"}};
  EXPECT_THAT(UserHome(environment), IsOkAndHolds("/home/me"));
  EXPECT_THAT(UserCacheHome(environment), IsOkAndHolds("/home/me/.cache"));
  EXPECT_THAT(FlowstoneHome(environment), IsOkAndHolds("/home/me/.cache/flowstone"));
}

TEST(UserDirectories, XdgVariablesWin) {
  const Environment environment{{"HOME", "/home/me"}, {"XDG_CACHE_HOME", "/fast"}};
  EXPECT_THAT(FlowstoneHome(environment), IsOkAndHolds("/fast/flowstone"));
}

TEST(UserDirectories, RelativeAndEmptyXdgVariablesAreIgnored) {
  for (const std::string value : {"cache", ""}) {
    const Environment environment{{"HOME", "/home/me"}, {"XDG_CACHE_HOME", value}};
    EXPECT_THAT(UserCacheHome(environment), IsOkAndHolds("/home/me/.cache")) << value;
  }
}

TEST(UserDirectories, FlowstoneHomeWinsOverAll) {
  EXPECT_THAT(FlowstoneHome(Environment{{"FLOWSTONE_HOME", "/big//disk"}}),
              IsOkAndHolds("/big/disk"));
}

TEST(UserDirectories, ARelativeFlowstoneHomeIsInvalid) {
  const Result<std::string> home = FlowstoneHome(Environment{{"FLOWSTONE_HOME", "disk"}});
  EXPECT_THAT(home, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(home, HasMessage(HasSubstr("'disk'")));
}

}  // namespace
}  // namespace flowstone::os
