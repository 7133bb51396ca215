#include "flowstone/archive/inflater.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/testing/python_oracle.h"
#include "flowstone/testing/random_bytes.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::archive {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOkAndHolds;
using ::flowstone::testing::PythonOutput;
using ::flowstone::testing::RandomBytes;
using ::testing::HasSubstr;

// Gives at most `piece` bytes at a time.
class HaltingStream final : public ByteStream {
 public:
  HaltingStream(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  Result<std::size_t> Read(std::span<char> buffer) override {
    const std::size_t count = std::min({piece_, buffer.size(), bytes_.size()});
    std::copy_n(bytes_.begin(), count, buffer.begin());
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view bytes_;
  std::size_t piece_;
};

// Reads a stream with that much room for each piece, and input in such pieces.
Result<std::string> Inflated(std::string_view compressed, std::size_t room = 100'000,
                             std::size_t input = 100'000) {
  HaltingStream stream(compressed, input);
  Inflater inflater(stream);
  std::string text;
  std::vector<char> buffer(Inflater::kWindow + room);
  while (true) {
    const std::size_t known = std::min(text.size(), Inflater::kWindow);
    std::copy(text.end() - static_cast<std::ptrdiff_t>(known), text.end(), buffer.begin());
    FLOWSTONE_LET(const std::size_t count,
                  inflater.Read(std::span(buffer).first(known + room), known));
    if (count == 0) {
      return text;
    }
    text.append(buffer.data() + known, count);
  }
}

// What libdeflate makes of a stream that is no longer than its bytes.
std::optional<std::string> InflatedAtOnce(std::string_view compressed, std::size_t limit) {
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  std::string text(limit, '\0');
  std::size_t consumed = 0;
  std::size_t produced = 0;
  const libdeflate_result result =
      libdeflate_deflate_decompress_ex(decompressor, compressed.data(), compressed.size(),
                                       text.data(), text.size(), &consumed, &produced);
  libdeflate_free_decompressor(decompressor);
  text.resize(produced);
  return result == LIBDEFLATE_SUCCESS && consumed == compressed.size() ? std::optional(text)
                                                                       : std::nullopt;
}

std::string Deflated(std::string_view text, int level) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(level);
  std::string bytes(libdeflate_deflate_compress_bound(compressor, text.size()), '\0');
  bytes.resize(libdeflate_deflate_compress(compressor, text.data(), text.size(), bytes.data(),
                                           bytes.size()));
  libdeflate_free_compressor(compressor);
  return bytes;
}

// Words of a skewed language, so that codes have many lengths and matches all distances.
std::string Prose(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) {
    const std::size_t word = random() % (1U + random() % 4000U);
    text += "word" + std::to_string(word * word) + (random() % 9 == 0 ? "\n" : " ");
  }
  text.resize(size);
  return text;
}

std::vector<std::string> Samples() {
  return {"",
          "a",
          std::string(70'000, 'x'),
          Prose(300'000),
          RandomBytes(200'000),
          Prose(50'000) + RandomBytes(50'000) + Prose(200'000)};
}

TEST(Inflater, ReadsWhatLibdeflateWrote) {
  for (const std::string& sample : Samples()) {
    for (const int level : {0, 1, 6, 12}) {
      EXPECT_THAT(Inflated(Deflated(sample, level)), IsOkAndHolds(sample));
    }
  }
}

// zlib's strategies: default, filtered, Huffman codes alone, runs, fixed codes.
TEST(Inflater, ReadsWhatZlibWrote) {
  const std::string text = Prose(200'000) + RandomBytes(9000) + Prose(10'000);
  for (const char strategy : {'0', '1', '2', '3', '4'}) {
    const std::string script = std::string("import sys, zlib\n") +
                               "packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8, " + strategy +
                               ")\n"
                               "text = sys.stdin.buffer.read()\n"
                               "sys.stdout.buffer.write(packer.compress(text) + packer.flush())\n";
    EXPECT_THAT(Inflated(PythonOutput(script, text)), IsOkAndHolds(text)) << strategy;
  }
}

TEST(Inflater, DoesNotDependOnWherePiecesEnd) {
  const std::string text = Prose(120'000) + RandomBytes(20'000) + Prose(60'000);
  const std::string compressed = Deflated(text, 6);
  for (const std::size_t room : {4096U, 4097U, 5000U, 33'333U}) {
    EXPECT_THAT(Inflated(compressed, room), IsOkAndHolds(text));
  }
  for (const std::size_t input : {1U, 7U, 8U, 15U, 17U, 4096U}) {
    EXPECT_THAT(Inflated(compressed, 10'000, input), IsOkAndHolds(text));
  }
}

TEST(Inflater, RefusesAStreamThatIsCutOff) {
  const std::string compressed = Deflated(Prose(3000), 6);
  for (std::size_t size = 0; size < compressed.size(); ++size) {
    EXPECT_THAT(Inflated(compressed.substr(0, size)), HasCode(ErrorCode::kCorrupt)) << size;
  }
}

TEST(Inflater, RefusesBytesBehindTheEnd) {
  for (const std::size_t size : {0U, 10U, 3000U}) {
    EXPECT_THAT(Inflated(Deflated(Prose(size), 6) + "x"),
                HasMessage(HasSubstr("behind their end")));
  }
}

TEST(Inflater, RefusesReservedBlocks) {
  EXPECT_THAT(Inflated("\x07"), HasMessage(HasSubstr("a reserved type")));
}

TEST(Inflater, RefusesAReferenceToBeforeTheBeginning) {
  // A fixed block: a match of length 3 and distance 1, and the end.
  EXPECT_THAT(Inflated(std::string("\x03\x02\x00", 3)), HasCode(ErrorCode::kCorrupt));
}

// Whatever is made of a damaged stream, libdeflate makes the same of it, if anything.
TEST(Inflater, AgreesWithLibdeflateAboutDamage) {
  std::mt19937 random(11);
  std::size_t accepted = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string compressed = Deflated(Prose(200 + random() % 3000), 1 + round % 9);
    const std::size_t flips = 1 + random() % 3;
    for (std::size_t i = 0; i < flips; ++i) {
      char& damaged = compressed[random() % compressed.size()];
      damaged = static_cast<char>(static_cast<unsigned char>(damaged) ^ 1U << random() % 8U);
    }
    const Result<std::string> ours = Inflated(compressed, 50'000);
    if (ours) {
      ++accepted;
      EXPECT_EQ(InflatedAtOnce(compressed, std::size_t{1} << 20U), *ours);
    }
  }
  EXPECT_GT(accepted, 0U);
}

}  // namespace
}  // namespace flowstone::archive
