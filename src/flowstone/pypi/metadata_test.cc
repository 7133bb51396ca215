#include "flowstone/pypi/metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/pypi/header_fields.h"
#include "flowstone/pypi/wheel_metadata.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(HeaderFields, StopAtTheFirstBlankLine) {
  const HeaderFields headers = HeaderFields::Parse("A: 1\r\nB:2\r\n\r\nC: 3\n");
  EXPECT_EQ(headers.Find("a"), "1");
  EXPECT_EQ(headers.Find("b"), "2");
  EXPECT_EQ(headers.Find("c"), std::nullopt);
}

TEST(HeaderFields, UnfoldContinuationLines) {
  const HeaderFields headers = HeaderFields::Parse("A: one\n  two\n\tthree\nB: x");
  EXPECT_EQ(headers.Find("a"), "one two three");
  EXPECT_EQ(headers.Find("b"), "x");
}

TEST(HeaderFields, AContinuationOfNothingAddsNothing) {
  const HeaderFields headers = HeaderFields::Parse("Tag: py3-none-any\n\t\n   \nBuild: 1\n");
  EXPECT_EQ(headers.Find("tag"), "py3-none-any");
  EXPECT_EQ(headers.Find("build"), "1");
}

TEST(HeaderFields, AValueMayBeginOnTheLineAfterItsName) {
  const HeaderFields headers = HeaderFields::Parse("Requires-Python:\n >=3.8,\n <4\nB:\n");
  EXPECT_EQ(headers.Find("requires-python"), ">=3.8, <4");
  EXPECT_EQ(headers.Find("b"), "");
}

TEST(HeaderFields, SkipWhatIsNoField) {
  const HeaderFields headers = HeaderFields::Parse(
      "\xEF\xBB\xBF"
      "A: 1\nnonsense\n  continued nonsense\nB: 2");
  EXPECT_EQ(headers.Find("a"), "1");
  EXPECT_EQ(headers.Find("b"), "2");
}

TEST(HeaderFields, BytesThatAreNoUtf8AreLatin1) {
  EXPECT_EQ(HeaderFields::Parse("A: J\xFCrgen").Find("a"), "J\xC3\xBCrgen");
  EXPECT_EQ(HeaderFields::Parse("A: J\xC3\xBCrgen").Find("a"), "J\xC3\xBCrgen");
}

TEST(HeaderFields, TheFirstOfRepeatedFieldsIsFound) {
  const HeaderFields headers = HeaderFields::Parse("A: 1\na: 2");
  EXPECT_EQ(headers.Find("a"), "1");
  EXPECT_THAT(headers.FindAll("a"), ElementsAre("1", "2"));
}

constexpr std::string_view kMetadata =
    "Metadata-Version: 2.2\n"
    "Name: Foo.Bar\n"
    "Version: 1.0\n"
    "Requires-Python: >=3.8\n"
    "Requires-Dist: numpy (>=1.20)\n"
    "Requires-Dist: pytest>=7<8; extra == 'Test'\n"
    "Provides-Extra: Test\n"
    "Provides-Extra: test\n"
    "Provides-Extra: not a name\n"
    "Dynamic: Requires-Dist\n"
    "\n"
    "Requires-Dist: not-a-field\n";

TEST(CoreMetadata, ReadsWhatResolvingNeeds) {
  const CoreMetadata metadata = *CoreMetadata::Parse(kMetadata);
  EXPECT_EQ(metadata.metadata_version, "2.2");
  EXPECT_EQ(metadata.name.ToString(), "foo-bar");
  EXPECT_EQ(metadata.version, *Version::Parse("1"));
  EXPECT_EQ(metadata.requires_python, *SpecifierSet::Parse(">=3.8"));
  EXPECT_EQ(metadata.requires_python_text, ">=3.8");
  ASSERT_EQ(metadata.requires_dist.size(), 2U);
  EXPECT_EQ(metadata.requires_dist[0].text, "numpy (>=1.20)");
  EXPECT_EQ(metadata.requires_dist[0].requirement.ToString(), "numpy>=1.20");
  EXPECT_EQ(metadata.requires_dist[1].requirement.ToString(), "pytest<8,>=7; extra == \"test\"");
  EXPECT_THAT(metadata.requires_dist[1].repairs, ElementsAre(Leniency::kMissingComma));
  EXPECT_THAT(metadata.provides_extra, ElementsAre(*ExtraName::Parse("test")));
}

TEST(CoreMetadata, SaysWhatABuildMayChange) {
  CoreMetadata metadata = *CoreMetadata::Parse(kMetadata);
  EXPECT_TRUE(metadata.MayChange("requires-dist"));
  EXPECT_FALSE(metadata.MayChange("requires-python"));
  metadata.metadata_version = "2.1";
  EXPECT_TRUE(metadata.MayChange("requires-python"));
}

TEST(CoreMetadata, EveryVersionOfTheFormatIsRead) {
  for (const std::string version : {"1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5",
                                    "2.6", "2.9", "3.0", "unheard of"}) {
    const auto metadata = CoreMetadata::Parse("Metadata-Version: " + version +
                                              "\nName: a\nVersion: 1\nRequires-Dist: b\n");
    ASSERT_TRUE(metadata) << version;
    EXPECT_EQ(metadata->requires_dist.size(), 1U) << version;
  }
}

TEST(CoreMetadata, FinalFieldsArePromisedSinceVersion22) {
  for (const auto& [version, may_change] :
       {std::pair("1.2", true), std::pair("2.1", true), std::pair("2.2", false),
        std::pair("2.6", false), std::pair("", true)}) {
    CoreMetadata metadata = *CoreMetadata::Parse("Name: a\nVersion: 1\nDynamic: Version\n");
    metadata.metadata_version = version;
    EXPECT_EQ(metadata.MayChange("requires-dist"), may_change) << version;
    EXPECT_TRUE(metadata.MayChange("version")) << version;
  }
}

TEST(CoreMetadata, LinesMayEndAsOnWindowsAndFoldWithTabs) {
  const auto metadata = CoreMetadata::Parse(
      "Name: a\r\nVersion: 1\r\nRequires-Dist: b\r\n\t>=1\r\n\r\nRequires-Dist: c\r\n");
  ASSERT_TRUE(metadata);
  ASSERT_EQ(metadata->requires_dist.size(), 1U);
  EXPECT_EQ(metadata->requires_dist[0].requirement.ToString(), "b>=1");
}

TEST(CoreMetadata, FieldsWithoutAValueAreAbsent) {
  const CoreMetadata metadata = *CoreMetadata::Parse(
      "Name: foo\nVersion: 1\nRequires-Python: UNKNOWN\nRequires-Dist:\nRequires-Dist: UNKNOWN\n");
  EXPECT_TRUE(metadata.requires_python.empty());
  EXPECT_TRUE(metadata.requires_dist.empty());
}

TEST(CoreMetadata, ErrorsNameTheField) {
  EXPECT_THAT(CoreMetadata::Parse("Version: 1\n"), HasMessage(HasSubstr("no field 'Name'")));
  EXPECT_THAT(CoreMetadata::Parse("Name: a\n"), HasMessage(HasSubstr("no field 'Version'")));
  EXPECT_THAT(CoreMetadata::Parse("Name: a\nVersion: x\n"),
              HasMessage(HasSubstr("in the field 'Version'")));
  EXPECT_THAT(CoreMetadata::Parse("Name: a\nVersion: 1\nRequires-Dist: b; bogus == '1'\n"),
              HasMessage(HasSubstr("in the field 'Requires-Dist'")));
  EXPECT_THAT(CoreMetadata::Parse("Name: a\nVersion: 1\nRequires-Python: three\n"),
              HasMessage(HasSubstr("in the field 'Requires-Python'")));
}

TEST(WheelMetadata, ReadsTheWheelFile) {
  const WheelMetadata metadata = *WheelMetadata::Parse(
      "Wheel-Version: 1.0\nGenerator: maker 2\nRoot-Is-Purelib: true\nTag: py2-none-any\n"
      "Tag: py3-none-any\nBuild: 3x\n");
  EXPECT_EQ(metadata.root, WheelRoot::kPurelib);
  EXPECT_EQ(metadata.generator, "maker 2");
  EXPECT_EQ(metadata.build, "3x");
  ASSERT_EQ(metadata.tags.size(), 2U);
  EXPECT_EQ(metadata.tags[1].ToString(), "py3-none-any");
}

TEST(WheelMetadata, OnlyExactlyTrueIsPure) {
  EXPECT_EQ(WheelMetadata::Parse("Wheel-Version: 1.0\n")->root, WheelRoot::kPlatlib);
  EXPECT_EQ(WheelMetadata::Parse("Wheel-Version: 1.0\nRoot-Is-Purelib: True\n")->root,
            WheelRoot::kPlatlib);
}

TEST(WheelMetadata, RefusesVersionsItDoesNotKnow) {
  EXPECT_THAT(WheelMetadata::Parse("Wheel-Version: 2.0\n"), HasMessage(HasSubstr("newer")));
  EXPECT_TRUE(WheelMetadata::Parse("Wheel-Version: 1.9\n"));
  for (const std::string_view text : {"", "Wheel-Version: 1\n", "Wheel-Version: 1.x\n"}) {
    EXPECT_THAT(WheelMetadata::Parse(text), HasMessage(HasSubstr("no valid Wheel-Version")));
  }
}

TEST(WheelMetadata, WritesWhatItReads) {
  const std::string text =
      "Wheel-Version: 1.0\nGenerator: maker\nRoot-Is-Purelib: false\nTag: py3-none-any\nBuild: 1\n";
  EXPECT_EQ(WheelMetadata::Parse(text)->ToString(), text);
}

}  // namespace
}  // namespace flowstone::pypi
