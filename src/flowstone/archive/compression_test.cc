#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "flowstone/archive/gzip.h"
#include "flowstone/archive/zstd.h"
#include "flowstone/testing/python_oracle.h"
#include "flowstone/testing/random_bytes.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::archive {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::flowstone::testing::PythonOutput;
using ::flowstone::testing::RandomBytes;
using ::testing::HasSubstr;

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30U;

std::string Text(std::size_t size) {
  std::string text;
  while (text.size() < size) {
    text += "line " + std::to_string(text.size()) + " of a text that compresses well\n";
  }
  text.resize(size);
  return text;
}

std::string Zeros(std::size_t size) {
  std::string zeros;
  zeros.resize(size);
  return zeros;
}

TEST(Gzip, ReadsBackWhatItWrote) {
  for (const std::size_t size : {0U, 1U, 100'000U, 1'000'000U}) {
    EXPECT_THAT(GzipDecompress(GzipCompress(Text(size)), kPlenty), IsOkAndHolds(Text(size)));
  }
}

TEST(Gzip, TheHeaderHoldsNeitherNameNorTime) {
  const std::string compressed = GzipCompress("x");
  EXPECT_EQ(compressed.substr(0, 8), std::string("\x1F\x8B\x08\0\0\0\0\0", 8));
}

TEST(Gzip, PythonReadsIt) {
  EXPECT_EQ(PythonOutput("import gzip,sys;"
                         "sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))",
                         GzipCompress(Text(100'000))),
            Text(100'000));
}

TEST(Gzip, MembersFollowEachOtherAndPaddingIsIgnored) {
  const std::string two = GzipCompress("one ") + GzipCompress(Text(300'000));
  EXPECT_THAT(GzipDecompress(two + std::string(512, '\0'), kPlenty),
              IsOkAndHolds("one " + Text(300'000)));
}

TEST(Gzip, BombsStopAtTheLimit) {
  const std::string bomb = GzipCompress(Zeros(10'000'000));
  EXPECT_THAT(GzipDecompress(bomb, 1'000'000), HasMessage(HasSubstr("1000000 bytes")));
  EXPECT_THAT(GzipDecompress(bomb, 10'000'000), IsOk());
  EXPECT_THAT(GzipDecompress(bomb, 9'999'999), HasCode(ErrorCode::kCorrupt));
}

TEST(Gzip, DamageIsFound) {
  const std::string good = GzipCompress(Text(10'000));
  EXPECT_THAT(GzipDecompress(good.substr(0, good.size() - 1), kPlenty),
              HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(GzipDecompress("", kPlenty), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(GzipDecompress(good + "rubbish that is no member", kPlenty),
              HasCode(ErrorCode::kCorrupt));
  std::string flipped = good;
  flipped[good.size() / 2] ^= 1;
  EXPECT_THAT(GzipDecompress(flipped, kPlenty), HasCode(ErrorCode::kCorrupt));
}

TEST(Zstd, ReadsBackWhatItWrote) {
  for (const std::size_t size : {0U, 1U, 100'000U, 1'000'000U}) {
    EXPECT_THAT(ZstdDecompress(ZstdCompress(Text(size)), kPlenty), IsOkAndHolds(Text(size)));
  }
}

TEST(Zstd, FramesFollowEachOther) {
  EXPECT_THAT(ZstdDecompress(ZstdCompress("one ") + ZstdCompress(Text(300'000)), kPlenty),
              IsOkAndHolds("one " + Text(300'000)));
}

TEST(Zstd, BombsStopAtTheLimit) {
  const std::string bomb = ZstdCompress(Zeros(10'000'000));
  EXPECT_THAT(ZstdDecompress(bomb, 1'000'000), HasMessage(HasSubstr("1000000 bytes")));
  EXPECT_THAT(ZstdDecompress(bomb, 10'000'000), IsOk());
  // Two frames, each below the limit.
  const std::string half = ZstdCompress(std::string(600'000, '\0'));
  EXPECT_THAT(ZstdDecompress(half + half, 1'000'000), HasCode(ErrorCode::kCorrupt));
}

TEST(Zstd, DamageIsFound) {
  const std::string good = ZstdCompress(Text(10'000));
  for (std::size_t size = 0; size < good.size(); size += 7) {
    EXPECT_THAT(ZstdDecompress(good.substr(0, size), kPlenty), HasCode(ErrorCode::kCorrupt))
        << size;
  }
  EXPECT_THAT(ZstdDecompress(good + "rubbish", kPlenty), HasCode(ErrorCode::kCorrupt));
  std::string flipped = good;
  flipped[good.size() - 1] ^= 1;  // in the checksum
  EXPECT_THAT(ZstdDecompress(flipped, kPlenty), HasCode(ErrorCode::kCorrupt));
}

TEST(ZstdStream, DeliversInPiecesOfAnySize) {
  const std::string text = Text(300'000);
  const std::string compressed = ZstdCompress(text);
  MemoryByteSource source(compressed);
  SourceStream input(source);
  ZstdStream stream(input, kPlenty);
  std::string out;
  std::vector<char> buffer(7919);
  while (true) {
    const Result<std::size_t> count = stream.Read(buffer);
    ASSERT_THAT(count, IsOk());
    if (*count == 0) {
      break;
    }
    out.append(buffer.data(), *count);
  }
  EXPECT_EQ(out, text);
}

TEST(CompressionRatioEstimate, TellsTextFromNoise) {
  EXPECT_LT(CompressionRatioEstimate(Text(50'000)), 0.5);
  EXPECT_GT(CompressionRatioEstimate(RandomBytes(50'000)), 0.95);
  EXPECT_EQ(CompressionRatioEstimate(""), 1);
}

}  // namespace
}  // namespace flowstone::archive
