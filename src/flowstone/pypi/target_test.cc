#include "flowstone/pypi/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/pypi/marker.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasMessage;
using ::testing::HasSubstr;

Result<Target> TargetOf(const std::string& platform, std::string_view version) {
  return Target::Of({.version_minor = 12, .platform = platform}, *Version::Parse(version));
}

TEST(Target, MarkersFollowFromThePlatform) {
  struct Case {
    std::string platform;
    std::string sys_platform;
    std::string machine;
    std::string system;
  };
  const std::vector<Case> cases = {{"linux-x86_64", "linux", "x86_64", "Linux"},
                                   {"linux_aarch64", "linux", "aarch64", "Linux"},
                                   {"macosx-14.2-arm64", "darwin", "arm64", "Darwin"},
                                   {"macosx_10_9_x86_64", "darwin", "x86_64", "Darwin"},
                                   {"win-amd64", "win32", "AMD64", "Windows"},
                                   {"win32", "win32", "x86", "Windows"}};
  for (const Case& expected : cases) {
    const Target target = *TargetOf(expected.platform, "3.12.4");
    EXPECT_EQ(target.markers.sys_platform, expected.sys_platform) << expected.platform;
    EXPECT_EQ(target.markers.platform_machine, expected.machine) << expected.platform;
    EXPECT_EQ(target.markers.platform_system, expected.system) << expected.platform;
  }
}

TEST(Target, MarkersFollowFromTheInterpreter) {
  const Target target = *TargetOf("linux-x86_64", "3.12.4");
  EXPECT_TRUE(Marker::Parse("python_version == '3.12' and python_full_version >= '3.12.4' and "
                            "platform_python_implementation == 'CPython' and os_name == 'posix'")
                  ->Evaluate(target.markers));
  EXPECT_EQ(target.tags[0].ToString(), "cp312-cp312-linux_x86_64");
  EXPECT_EQ(target.python_full_version, *Version::Parse("3.12.4"));
}

TEST(Target, FactsAndVersionAgree) {
  EXPECT_THAT(TargetOf("linux-x86_64", "3.11.4"),
              HasMessage(HasSubstr("python 3.11.4 is no version of python 3.12")));
}

TEST(Target, RefusesPlatformsItCannotRead) {
  for (const char* platform : {"", "linux", "linux-", "solaris-sparc", "macosx-14-arm64"}) {
    EXPECT_THAT(TargetOf(platform, "3.12.4"), HasMessage(HasSubstr("is not a platform")))
        << platform;
  }
}

}  // namespace
}  // namespace flowstone::pypi
