#include "flowstone/pypi/target_platform.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/pypi/tags.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;

Target On(std::string_view name) {
  return *TargetPlatform::Parse(name)->With(*Version::Parse("3.12.4"));
}

bool Accepts(const Target& target, std::string_view tag) {
  return target.tags.Priority(*Tag::Parse(tag)).has_value();
}

TEST(TargetPlatform, LinuxHasAGlibcUnlessToldOtherwise) {
  const Target plain = On("linux-x86_64");
  EXPECT_TRUE(Accepts(plain, "cp312-cp312-manylinux_2_28_x86_64"));
  EXPECT_FALSE(Accepts(plain, "cp312-cp312-manylinux_2_29_x86_64"));
  const Target old = On("linux-aarch64-glibc2.17");
  EXPECT_TRUE(Accepts(old, "cp312-cp312-manylinux2014_aarch64"));
  EXPECT_FALSE(Accepts(old, "cp312-cp312-manylinux_2_28_aarch64"));
  const Target musl = On("linux-x86_64-musl1.2");
  EXPECT_TRUE(Accepts(musl, "cp312-cp312-musllinux_1_2_x86_64"));
  EXPECT_FALSE(Accepts(musl, "cp312-cp312-manylinux_2_17_x86_64"));
}

TEST(TargetPlatform, MarkersFollow) {
  EXPECT_EQ(On("linux-aarch64").markers.platform_machine, "aarch64");
  EXPECT_EQ(On("macos-arm64").markers.sys_platform, "darwin");
  EXPECT_EQ(On("windows-x86_64").markers.platform_machine, "AMD64");
  EXPECT_EQ(On("windows-x86_64").markers.os_name, "nt");
}

TEST(TargetPlatform, MacOsHasAVersion) {
  EXPECT_TRUE(Accepts(On("macos-arm64"), "cp312-cp312-macosx_13_0_arm64"));
  EXPECT_FALSE(Accepts(On("macos-arm64"), "cp312-cp312-macosx_14_0_arm64"));
  EXPECT_TRUE(Accepts(On("macos-arm64-14.0"), "cp312-cp312-macosx_14_0_arm64"));
}

TEST(TargetPlatform, OtherNamesAreRefused) {
  for (const char* name : {"", "linux", "linux-x86_64-", "linux-x86_64-2.17", "macos-arm64-x",
                           "windows-x86_64-10", "plan9-x86_64", "linux-x86_64-glibc2",
                           "macos-x86_64-8000001.0", "linux-x86_64-glibc2.100000"}) {
    EXPECT_THAT(TargetPlatform::Parse(name), HasCode(ErrorCode::kInvalid)) << name;
  }
}

}  // namespace
}  // namespace flowstone::pypi
