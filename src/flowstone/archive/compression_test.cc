#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "flowstone/archive/bzip2.h"
#include "flowstone/archive/gzip.h"
#include "flowstone/archive/xz.h"
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

// Formats that are only read: Python's own modules write them here.
struct ReadOnlyFormat {
  const char* name;
  const char* compress;  // Python: standard input to standard output
  Result<std::string> (*decompress)(std::string_view, std::uint64_t);
};

void PrintTo(const ReadOnlyFormat& format, std::ostream* out) {
  *out << format.name;
}

class ReadOnlyFormatTest : public ::testing::TestWithParam<ReadOnlyFormat> {
 protected:
  static std::string Compress(const std::string& text) {
    return PythonOutput(std::string("import bz2,lzma,sys; data = sys.stdin.buffer.read();") +
                            "sys.stdout.buffer.write(" + GetParam().compress + ")",
                        text);
  }
  static Result<std::string> Decompress(const std::string& bytes, std::uint64_t most = kPlenty) {
    return GetParam().decompress(bytes, most);
  }
};

TEST_P(ReadOnlyFormatTest, ReadsWhatPythonWrote) {
  for (const std::size_t size : {0U, 1U, 100'000U, 3'000'000U}) {
    EXPECT_THAT(Decompress(Compress(Text(size))), IsOkAndHolds(Text(size)));
  }
}

TEST_P(ReadOnlyFormatTest, BombsStopAtTheLimit) {
  const std::string bomb = Compress(Zeros(10'000'000));
  EXPECT_THAT(Decompress(bomb, 1'000'000), HasMessage(HasSubstr("1000000 bytes")));
  EXPECT_THAT(Decompress(bomb, 10'000'000), IsOk());
  EXPECT_THAT(Decompress(bomb, 9'999'999), HasCode(ErrorCode::kCorrupt));
}

TEST_P(ReadOnlyFormatTest, DamageIsFound) {
  const std::string good = Compress(Text(10'000));
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{3}, good.size() / 2, good.size() - 1}) {
    EXPECT_THAT(Decompress(good.substr(0, size)), HasCode(ErrorCode::kCorrupt)) << size;
  }
  EXPECT_THAT(Decompress("rubbish that is no member"), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(Decompress(good + "rubbish that is no member"), HasCode(ErrorCode::kCorrupt));
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 0x10);
  EXPECT_THAT(Decompress(flipped), HasCode(ErrorCode::kCorrupt));
}

INSTANTIATE_TEST_SUITE_P(
    Every, ReadOnlyFormatTest,
    ::testing::Values(ReadOnlyFormat{"bzip2", "bz2.compress(data)", Bzip2Decompress},
                      ReadOnlyFormat{"xz", "lzma.compress(data)", XzDecompress}),
    [](const auto& test) { return test.param.name; });

TEST(Bzip2, StreamsFollowEachOther) {
  const std::string two = PythonOutput(
      "import bz2,sys; sys.stdout.buffer.write(bz2.compress(b'one ') + bz2.compress(b'two'))", "");
  EXPECT_THAT(Bzip2Decompress(two, kPlenty), IsOkAndHolds(std::string("one two")));
}

TEST(Xz, StreamsFollowEachOtherAndTheOlderFormatIsRead) {
  const std::string two = PythonOutput(
      "import lzma,sys; sys.stdout.buffer.write(lzma.compress(b'one ') + lzma.compress(b'two'))",
      "");
  EXPECT_THAT(XzDecompress(two, kPlenty), IsOkAndHolds(std::string("one two")));
  const std::string older = PythonOutput(
      "import lzma,sys;"
      "sys.stdout.buffer.write(lzma.compress(b'older', format=lzma.FORMAT_ALONE))",
      "");
  EXPECT_THAT(XzDecompress(older, kPlenty), IsOkAndHolds(std::string("older")));
}

TEST(Xz, AHugeDictionaryIsRefused) {
  const std::string greedy = PythonOutput(
      "import lzma,sys; sys.stdout.buffer.write(lzma.compress(b'x', filters=[{'id': "
      "lzma.FILTER_LZMA2, 'dict_size': 1 << 30, 'preset': 0}]))",
      "");
  EXPECT_THAT(XzDecompress(greedy, kPlenty), HasMessage(HasSubstr("256 MiB")));
}

}  // namespace
}  // namespace flowstone::archive
