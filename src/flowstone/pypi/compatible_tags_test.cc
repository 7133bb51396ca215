#include "flowstone/pypi/compatible_tags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "flowstone/testing/result_matchers.h"

// The lists in full are compared with packaging by tests/differential.
namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

InterpreterFacts Linux(int minor) {
  return {.version_minor = minor,
          .platform = "linux-x86_64",
          .libc = Libc::kGlibc,
          .libc_major = 2,
          .libc_minor = 28};
}

// Whether the interpreter accepts the tag.
bool Accepts(const InterpreterFacts& facts, std::string_view tag) {
  return CompatibleTags(facts)->Priority(*Tag::Parse(tag)).has_value();
}

TEST(CompatibleTags, BeginWithTheNativeOne) {
  const TagList list = *CompatibleTags(Linux(12));
  EXPECT_EQ(list[0].ToString(), "cp312-cp312-linux_x86_64");
  EXPECT_EQ(list[list.size() - 1].ToString(), "py30-none-any");
}

TEST(CompatibleTags, ManylinuxGoesDownToWhatTheLibcRuns) {
  EXPECT_TRUE(Accepts(Linux(12), "cp312-cp312-manylinux_2_28_x86_64"));
  EXPECT_TRUE(Accepts(Linux(12), "cp312-abi3-manylinux2014_x86_64"));
  EXPECT_TRUE(Accepts(Linux(12), "cp38-abi3-manylinux1_x86_64"));
  EXPECT_FALSE(Accepts(Linux(12), "cp312-cp312-manylinux_2_29_x86_64"));
  EXPECT_FALSE(Accepts(Linux(12), "cp312-cp312-musllinux_1_1_x86_64"));
}

TEST(CompatibleTags, MuslRunsMusllinuxOnly) {
  InterpreterFacts facts = Linux(12);
  facts.libc = Libc::kMusl;
  facts.libc_major = 1;
  facts.libc_minor = 2;
  EXPECT_THAT(*CompatiblePlatforms(facts),
              ElementsAre("linux_x86_64", "musllinux_1_2_x86_64", "musllinux_1_1_x86_64",
                          "musllinux_1_0_x86_64"));
}

TEST(CompatibleTags, FreeThreadedBuildsHaveAnotherStableAbi) {
  InterpreterFacts facts = Linux(14);
  facts.abi_flags = "t";
  EXPECT_TRUE(Accepts(facts, "cp314-cp314t-linux_x86_64"));
  EXPECT_TRUE(Accepts(facts, "cp314-abi3t-linux_x86_64"));
  EXPECT_FALSE(Accepts(facts, "cp314-abi3-linux_x86_64"));
  EXPECT_FALSE(Accepts(facts, "cp314-cp314-linux_x86_64"));
}

TEST(CompatibleTags, DebugBuildsLoadReleaseExtensions) {
  InterpreterFacts facts = Linux(12);
  facts.abi_flags = "d";
  const TagList list = *CompatibleTags(facts);
  EXPECT_LT(list.Priority(*Tag::Parse("cp312-cp312d-linux_x86_64")),
            list.Priority(*Tag::Parse("cp312-cp312-linux_x86_64")));
}

TEST(CompatibleTags, A32BitInterpreterRunsOnA64BitKernel) {
  InterpreterFacts facts = Linux(12);
  facts.pointer_bits = 32;
  EXPECT_TRUE(Accepts(facts, "cp312-cp312-manylinux_2_17_i686"));
  EXPECT_FALSE(Accepts(facts, "cp312-cp312-linux_x86_64"));
}

TEST(CompatibleTags, MacSystemsRunOlderBinaries) {
  const InterpreterFacts facts = {.version_minor = 12, .platform = "macosx-14.2-arm64"};
  EXPECT_TRUE(Accepts(facts, "cp312-cp312-macosx_11_0_arm64"));
  EXPECT_TRUE(Accepts(facts, "cp312-cp312-macosx_10_9_universal2"));
  EXPECT_FALSE(Accepts(facts, "cp312-cp312-macosx_10_9_x86_64"));
  EXPECT_FALSE(Accepts(facts, "cp312-cp312-macosx_15_0_arm64"));
}

TEST(CompatibleTags, OtherImplementationsHaveTheirOwn) {
  InterpreterFacts facts = Linux(10);
  facts.implementation = "pypy";
  facts.abi_tag = "pypy310_pp73";
  EXPECT_TRUE(Accepts(facts, "pp310-pypy310_pp73-manylinux_2_17_x86_64"));
  EXPECT_TRUE(Accepts(facts, "pp3-none-any"));
  EXPECT_FALSE(Accepts(facts, "cp310-none-any"));
}

TEST(CompatibleTags, RefusesPlatformsItCannotRead) {
  for (const char* platform : {"", "linux", "linux-", "macosx-x-arm64", "macosx-14"}) {
    InterpreterFacts facts = Linux(12);
    facts.platform = platform;
    EXPECT_THAT(CompatibleTags(facts), HasMessage(HasSubstr("is not a platform"))) << platform;
  }
}

}  // namespace
}  // namespace flowstone::pypi
