// METADATA: from where it is taken, and how often servers are asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "flowstone/base/digest.h"
#include "flowstone/index/fake_index_site.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kWheelUrl = "https://files.example/pkg-1-py3-none-any.whl";
const std::string kSidecarUrl = kWheelUrl + ".metadata";
constexpr std::size_t kLarge = 400'000;  // bytes: more than is taken whole

class PackageIndexMetadataTest : public PackageIndexFixture {
 protected:
  using Ranges = net::FakeTransport::Ranges;

  static IndexFile File() {
    return {.filename = "pkg-1-py3-none-any.whl", .url = kWheelUrl, .sha256 = {}};
  }
  void ServeWheel(const std::string& wheel) { site_.Add(kWheelUrl, net::MakeResponse(200, wheel)); }
  Result<std::shared_ptr<const WheelMetadata>> Read(const IndexFile& file,
                                                    Ranges ranges = Ranges::kHonoured) {
    return Open(ranges).Metadata(file);
  }
  // The sum of what the server sent of the wheel.
  std::uint64_t BytesAskedOfWheel(std::uint64_t size) const {
    std::uint64_t sum = 0;
    for (const net::Request& request : server_->requests()) {
      const auto& range = request.range;
      sum += !range ? size : range->suffix ? *range->suffix : *range->last - range->first + 1;
    }
    return sum;
  }
};

TEST_F(PackageIndexMetadataTest, TheCopyBesideTheWheelComesFirst) {
  const std::string text = std::string(kMetadataText) + "\nDescription\n";
  site_.Add(kSidecarUrl, net::MakeResponse(200, text));
  IndexFile file = File();
  file.metadata = MetadataOffer{.sha256 = Digest::Of(text)};
  const auto metadata = Read(file);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ((*metadata)->parsed.name(), "pkg");
  EXPECT_EQ((*metadata)->source, MetadataSource::kSidecar);
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(PackageIndexMetadataTest, TheCopyKeepsTheQueryOfTheUrl) {
  site_.Add(kSidecarUrl + "?v=1", net::MakeResponse(200, std::string(kMetadataText)));
  IndexFile file = File();
  file.url += "?v=1";
  file.metadata.emplace();
  EXPECT_THAT(Read(file), IsOk());
}

TEST_F(PackageIndexMetadataTest, ACopyWithAnotherDigestIsNotUsed) {
  site_.Add(kSidecarUrl, net::MakeResponse(200, "Metadata-Version: 2.1\nName: evil\n"));
  ServeWheel(MakeWheel(kLarge));
  IndexFile file = File();
  file.metadata = MetadataOffer{.sha256 = Digest::Of("something else")};
  const auto metadata = Read(file);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ((*metadata)->parsed.name(), "pkg");
  EXPECT_EQ((*metadata)->source, MetadataSource::kRanges);
  EXPECT_THAT((*metadata)->warnings, ElementsAre(HasSubstr("the index promised")));
}

TEST_F(PackageIndexMetadataTest, APromisedCopyMayBeMissingOrNoMetadata) {
  ServeWheel(MakeWheel(kLarge));
  IndexFile file = File();
  file.metadata.emplace();
  EXPECT_EQ((*Read(file))->source, MetadataSource::kRanges);
  index_.reset();
  ASSERT_THAT(os::RemoveTree(files_, "/cache"), IsOk());
  site_.Add(kSidecarUrl, net::MakeResponse(200, "<html>not here</html>"));
  const auto metadata = Read(file);
  EXPECT_EQ((*metadata)->source, MetadataSource::kRanges);
  EXPECT_THAT((*metadata)->warnings, ElementsAre(HasSubstr("Metadata-Version")));
}

TEST_F(PackageIndexMetadataTest, RangesFetchTheEndOfTheWheelOnly) {
  const std::string wheel = MakeWheel(kLarge);
  ServeWheel(wheel);
  const auto metadata = Read(File());
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ((*metadata)->parsed.name(), "pkg");
  EXPECT_EQ(request_count(), 1U);
  EXPECT_LT(BytesAskedOfWheel(wheel.size()), 100'000U);
  EXPECT_TRUE(server_->requests().at(0).range->suffix.has_value());
}

TEST_F(PackageIndexMetadataTest, AKnownSizeNeedsNoSuffix) {
  const std::string wheel = MakeWheel(kLarge);
  ServeWheel(wheel);
  IndexFile file = File();
  file.size = wheel.size();
  EXPECT_EQ((*Read(file))->source, MetadataSource::kRanges);
  EXPECT_EQ(request_count(), 1U);
  EXPECT_FALSE(server_->requests().at(0).range->suffix.has_value());
}

TEST_F(PackageIndexMetadataTest, MetadataAtTheFrontTakesOneMoreRange) {
  flowstone::testing::ZipBuilder zip;
  zip.Add("pkg-1.dist-info/METADATA", kMetadataText);
  zip.Add({.name = "pkg/data.bin", .content = std::string(kLarge, 'x'), .method = 0});
  ServeWheel(zip.Build());
  const auto metadata = Read(File());
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ((*metadata)->parsed.name(), "pkg");
  EXPECT_LE(request_count(), 3U);
  EXPECT_LT(BytesAskedOfWheel(kLarge), 120'000U);
}

TEST_F(PackageIndexMetadataTest, AServerThatRefusesSuffixesIsAskedByNumbers) {
  const std::string wheel = MakeWheel(kLarge);
  site_.Add(kWheelUrl, [wheel](const net::Request& request) {
    const bool suffix = request.range && request.range->suffix;
    return suffix ? net::MakeResponse(501, "") : net::MakeResponse(200, wheel);
  });
  EXPECT_EQ((*Read(File()))->source, MetadataSource::kRanges);
  EXPECT_EQ(server_->requests().at(1).method, "HEAD");
  EXPECT_LT(BytesAskedOfWheel(0), 200'000U);
}

TEST_F(PackageIndexMetadataTest, AServerThatMisunderstandsSuffixesIsAskedByNumbers) {
  const std::string wheel = MakeWheel(kLarge);
  site_.Add(kWheelUrl, [wheel](const net::Request& request) {
    if (!request.range || !request.range->suffix) {
      return net::MakeResponse(200, wheel);
    }
    return net::MakeResponse(206, wheel.substr(0, 100),
                             {{"Content-Range", "bytes 0-99/" + std::to_string(wheel.size())}});
  });
  const auto metadata = Read(File());
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ((*metadata)->parsed.name(), "pkg");
  EXPECT_EQ((*metadata)->source, MetadataSource::kRanges);
}

TEST_F(PackageIndexMetadataTest, ASmallWheelOfAServerWithoutRangesIsTakenAsItComes) {
  ServeWheel(MakeWheel(1000));
  EXPECT_EQ((*Read(File(), Ranges::kIgnored))->source, MetadataSource::kWholeFile);
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(PackageIndexMetadataTest, ALargeWheelOfAServerWithoutRangesIsFetchedWhole) {
  const std::string wheel = MakeWheel(kLarge);
  ServeWheel(wheel);
  IndexFile file = File();
  file.sha256 = Digest::Of(wheel);
  const auto metadata = Read(file, Ranges::kIgnored);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ((*metadata)->parsed.name(), "pkg");
  EXPECT_EQ((*metadata)->source, MetadataSource::kWholeFile);
  EXPECT_EQ(request_count(), 2U);
  // Nothing of it is left, and the next wheel is not asked for by range.
  EXPECT_THAT(*files_.ListDirectory("/cache/tmp"), IsEmpty());
  IndexFile next = File();
  next.url = "https://files.example/other/pkg-1-py3-none-any.whl";
  site_.Add(next.url, net::MakeResponse(200, wheel));
  ASSERT_THAT(index_->Metadata(next), IsOk());
  EXPECT_EQ(request_count(), 3U);
}

TEST_F(PackageIndexMetadataTest, AWholeWheelWithAnotherDigestIsCorrupt) {
  for (const std::size_t payload : {std::size_t{1000}, kLarge}) {
    ServeWheel(MakeWheel(payload));
    IndexFile file = File();
    file.sha256 = Digest::Of("another wheel");
    const auto metadata = Read(file, Ranges::kIgnored);
    EXPECT_THAT(metadata, HasCode(ErrorCode::kCorrupt));
    EXPECT_THAT(metadata, HasMessage(HasSubstr(file.sha256->ToString())));
  }
}

TEST_F(PackageIndexMetadataTest, ABrokenWheelIsCorrupt) {
  ServeWheel("this is no archive");
  const auto metadata = Read(File());
  EXPECT_THAT(metadata, HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(metadata, HasMessage(HasSubstr("pkg-1-py3-none-any.whl")));
}

TEST_F(PackageIndexMetadataTest, AMissingWheelIsNotFound) {
  EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
}

TEST_F(PackageIndexMetadataTest, AWheelThatIsNotThereIsNotAskedForInEveryRun) {
  IndexFile file = File();
  file.metadata.emplace();
  EXPECT_THAT(Read(file), HasCode(ErrorCode::kNotFound));
  EXPECT_EQ(request_count(), 2U);  // its metadata and itself
  clock_.Advance(std::chrono::seconds(599));
  const auto remembered = Read(file);
  EXPECT_THAT(remembered, HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(remembered, HasMessage(AllOf(HasSubstr(kWheelUrl), HasSubstr("404"))));
  EXPECT_EQ(request_count(), 0U);
  clock_.Advance(std::chrono::seconds(1));
  ServeWheel(MakeWheel(kLarge));
  EXPECT_THAT(Read(file), IsOk());
}

TEST_F(PackageIndexMetadataTest, ARefreshAsksAgainForAWheelThatWasNotThere) {
  EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
  options_.refreshed = {*pypi::Name::Parse("other")};
  EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
  EXPECT_EQ(request_count(), 0U);
  options_.refreshed = {*pypi::Name::Parse("pkg")};
  EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
  EXPECT_EQ(request_count(), 1U);
  options_.refreshed.clear();
  options_.mode = FetchMode::kRefresh;
  EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(PackageIndexMetadataTest, HowLongAMissingWheelIsBelievedInTheServerSays) {
  site_.Add(kWheelUrl, net::MakeResponse(404, "", {{"Cache-Control", "max-age=30"}}));
  EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
  clock_.Advance(std::chrono::seconds(30));
  site_.Add(kWheelUrl, net::MakeResponse(410, "", {{"Cache-Control", "no-store"}}));
  for (int run = 0; run < 2; ++run) {
    EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
    EXPECT_EQ(request_count(), 1U) << run;
  }
}

TEST_F(PackageIndexMetadataTest, OfflineKnowsThatAWheelIsNotThere) {
  EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
  clock_.Advance(std::chrono::hours(1000));
  options_.mode = FetchMode::kOffline;
  EXPECT_THAT(Read(File()), HasCode(ErrorCode::kNotFound));
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(PackageIndexMetadataTest, WhatOneServerLacksAnotherMayHave) {
  const std::string wheel = MakeWheel(kLarge);
  IndexFile file = File();
  file.sha256 = Digest::Of(wheel);
  EXPECT_THAT(Read(file), HasCode(ErrorCode::kNotFound));
  file.url = "https://files.example/mirror/pkg-1-py3-none-any.whl";
  site_.Add(file.url, net::MakeResponse(200, wheel));
  EXPECT_THAT(Read(file), IsOk());
}

TEST_F(PackageIndexMetadataTest, WhatIsNoWheelIsInvalid) {
  IndexFile file = File();
  file.filename = "pkg-1.tar.gz";
  EXPECT_THAT(Read(file), HasCode(ErrorCode::kInvalid));
}

TEST_F(PackageIndexMetadataTest, IsFetchedOnceAndThenCached) {
  ServeWheel(MakeWheel(kLarge));
  PackageIndex& index = Open();
  index.StartMetadata(File());
  ASSERT_THAT(index.Metadata(File()), IsOk());
  ASSERT_THAT(index.Metadata(File()), IsOk());
  EXPECT_EQ(request_count(), 1U);
  const auto cached = Read(File());
  ASSERT_THAT(cached, IsOk());
  EXPECT_EQ((*cached)->source, MetadataSource::kCache);
  EXPECT_EQ((*cached)->parsed.name(), "pkg");
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(PackageIndexMetadataTest, OfflineGivesWhatIsCachedOnly) {
  options_.mode = FetchMode::kOffline;
  const auto metadata = Read(File());
  EXPECT_THAT(metadata, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(metadata, HasMessage(HasSubstr("pkg-1-py3-none-any.whl is not cached")));
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(PackageIndexMetadataTest, AWheelOnDiskIsReadThere) {
  ASSERT_THAT(os::ReplaceFile(files_, "/pkg-1-py3-none-any.whl", MakeWheel(kLarge)), IsOk());
  IndexFile file = File();
  file.url = "file:///pkg-1-py3-none-any.whl";
  options_.mode = FetchMode::kOffline;
  const auto metadata = Read(file);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ((*metadata)->parsed.name(), "pkg");
  EXPECT_EQ(request_count(), 0U);
}

}  // namespace
}  // namespace flowstone::index
