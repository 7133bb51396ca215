#include "flowstone/store/blob_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "flowstone/testing/golden.h"
#include "flowstone/testing/random_bytes.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::ExpectGolden;
using flowstone::testing::HasCode;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using flowstone::testing::RandomBytes;
using flowstone::testing::ReadGolden;
using ::testing::SizeIs;

std::string Join(const EncodedBlob& blob) {
  std::string bytes;
  for (const std::string_view piece : blob.Pieces()) {
    bytes += piece;
  }
  return bytes;
}

TEST(EncodedBlob, StoresShortContentAsItIs) {
  const EncodedBlob blob("hello");
  EXPECT_EQ(blob.encoding(), BlobEncoding::kStored);
  EXPECT_EQ(Join(blob).substr(kBlobHeaderSize), "hello");
}

TEST(EncodedBlob, StoresWhatDoesNotShrinkAsItIs) {
  EXPECT_EQ(EncodedBlob(RandomBytes(1000)).encoding(), BlobEncoding::kStored);
  EXPECT_EQ(EncodedBlob(RandomBytes(1U << 20U)).encoding(), BlobEncoding::kStored);
}

TEST(EncodedBlob, CompressesWhatShrinks) {
  const std::string content(1U << 20U, 'x');
  const EncodedBlob blob(content);
  EXPECT_EQ(blob.encoding(), BlobEncoding::kZstd);
  EXPECT_LT(Join(blob).size(), content.size() / 100);
}

TEST(EncodedBlob, ComesBack) {
  // The last one needs more than one frame.
  for (const std::string& content :
       {std::string(), std::string("x"), RandomBytes(100'000), std::string(200'000, 'a'),
        std::string(20U << 20U, 'b') + RandomBytes(1000)}) {
    EXPECT_THAT(DecodeBlob(Join(EncodedBlob(content))), IsOkAndHolds(content));
  }
}

TEST(EncodedBlob, AlignsStoredContentForMapping) {
  EXPECT_EQ(kBlobHeaderSize % 64, 0U);
  const EncodedBlob blob("content");
  EXPECT_THAT(blob.Pieces().front(), SizeIs(kBlobHeaderSize));
}

TEST(EncodedBlob, HasTheBytesOfItsGoldenFile) {
  ExpectGolden("store/blob_stored.bin", Join(EncodedBlob("FSPKL5")));
}

// Written once: another zstd may write other bytes, but reads these.
TEST(DecodeBlob, ReadsTheCompressedGoldenFile) {
  EXPECT_THAT(DecodeBlob(ReadGolden("store/blob_zstd.bin")), IsOkAndHolds(std::string(4096, 'z')));
}

TEST(DecodeBlob, RefusesWhatIsCutOff) {
  for (const std::string& content : {std::string("stored"), std::string(4096, 'z')}) {
    const std::string blob = Join(EncodedBlob(content));
    for (std::size_t size = 0; size < blob.size(); ++size) {
      EXPECT_THAT(DecodeBlob(blob.substr(0, size)), HasCode(ErrorCode::kCorrupt)) << size;
    }
  }
}

TEST(BlobHeader, RefusesEveryFlippedByteButThoseOfTheSize) {
  const std::string header = BlobHeader{.encoding = BlobEncoding::kZstd, .size = 7}.ToBytes();
  ASSERT_THAT(BlobHeader::Parse(header), IsOk());
  for (std::size_t i = 0; i < header.size(); ++i) {
    std::string damaged = header;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    const bool is_size = i >= 8 && i < 16;
    EXPECT_EQ(BlobHeader::Parse(damaged).has_value(), is_size) << i;
  }
}

}  // namespace
}  // namespace flowstone::store
