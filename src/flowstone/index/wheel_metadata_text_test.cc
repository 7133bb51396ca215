#include "flowstone/index/wheel_metadata_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"
#include "flowstone/testing/zip_builder.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOkAndHolds;
using ::flowstone::testing::ZipBuilder;
using ::testing::HasSubstr;

constexpr std::string_view kText = "Metadata-Version: 2.1\nName: pkg\n\nLong description\n";

Result<std::string> Read(const ZipBuilder& zip) {
  const std::string bytes = zip.Build();
  archive::MemoryByteSource source(bytes);
  return ReadWheelMetadata(source, *pypi::Name::Parse("pkg"));
}

TEST(WheelMetadataTextTest, ReadsTheFieldsWithoutTheDescription) {
  ZipBuilder zip;
  zip.Add("pkg/__init__.py", "").Add("pkg-1.dist-info/METADATA", kText);
  EXPECT_THAT(Read(zip), IsOkAndHolds("Metadata-Version: 2.1\nName: pkg\n"));
}

TEST(WheelMetadataTextTest, TheDirectoryMaySpellTheNameDifferently) {
  ZipBuilder zip;
  zip.Add("PKG-1.dist-info/METADATA", kText);
  EXPECT_THAT(Read(zip), IsOkAndHolds(HasSubstr("Name: pkg")));
}

TEST(WheelMetadataTextTest, OfTwoDirectoriesTheProjectsOwnCounts) {
  ZipBuilder zip;
  zip.Add("other-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: other\n")
      .Add("pkg-1.dist-info/METADATA", kText)
      .Add("pkg/_vendor/x-1.dist-info/METADATA", kText);
  EXPECT_THAT(Read(zip), IsOkAndHolds(HasSubstr("Name: pkg")));
}

TEST(WheelMetadataTextTest, TwoOwnDirectoriesAreCorrupt) {
  ZipBuilder zip;
  zip.Add("pkg-1.dist-info/METADATA", kText).Add("pkg-2.dist-info/METADATA", kText);
  EXPECT_THAT(Read(zip), HasMessage(HasSubstr("several")));
}

TEST(WheelMetadataTextTest, AWheelWithoutMetadataIsCorrupt) {
  ZipBuilder zip;
  zip.Add("pkg/__init__.py", "");
  EXPECT_THAT(Read(zip), HasCode(ErrorCode::kCorrupt));
}

TEST(WheelMetadataTextTest, LinesMayEndAsOnWindows) {
  EXPECT_THAT(MetadataFields("Metadata-Version: 2.1\r\nName: x\r\n\r\ntext\r\n"),
              IsOkAndHolds("Metadata-Version: 2.1\r\nName: x\r\n"));
  EXPECT_THAT(MetadataFields("METADATA-VERSION: 2.1"), IsOkAndHolds("METADATA-VERSION: 2.1\n"));
}

TEST(WheelMetadataTextTest, AnotherTextIsNoMetadata) {
  EXPECT_THAT(MetadataFields("<!DOCTYPE html>"), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(MetadataFields(""), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(MetadataFields("\nMetadata-Version: 2.1"), HasCode(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace flowstone::index
