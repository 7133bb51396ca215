#include "flowstone/store/pack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "flowstone/os/memory_filesystem.h"
#include "flowstone/store/memory_object_store.h"
#include "flowstone/testing/golden.h"
#include "flowstone/testing/random_bytes.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using flowstone::testing::RandomBytes;
using flowstone::testing::ReadGolden;
using ::testing::ElementsAre;

class PackTest : public ::testing::Test {
 protected:
  static std::string Pack(const std::vector<std::string>& contents) {
    PackWriter writer;
    for (const std::string& content : contents) {
      EXPECT_THAT(writer.Add(Digest::Of(content), content), IsOk());
    }
    return std::move(writer).Finish();
  }
  Result<PackReader> Open(const std::string& pack) {
    EXPECT_THAT(objects_.Replace("pack", pack), IsOk());
    return PackReader::Open(objects_, "pack");
  }

  os::MemoryFileSystem files_;
  MemoryObjectStore objects_{files_};
};

TEST_F(PackTest, GivesBackEveryContent) {
  // Small ones that share a frame, one as large as a frame, a larger one, and empty ones.
  const std::vector<std::string> contents = {"a",
                                             "",
                                             std::string(100'000, 'b'),
                                             RandomBytes(200'000),
                                             RandomBytes(256U << 10U, 2),
                                             RandomBytes(700'000, 3),
                                             "z"};
  auto pack = Open(Pack(contents));
  ASSERT_THAT(pack, IsOk());
  for (const std::string& content : contents) {
    EXPECT_THAT(pack->Read(Digest::Of(content)), IsOkAndHolds(content));
  }
}

TEST_F(PackTest, MayBeEmptyOrHoldNothingButAnEmptyContent) {
  EXPECT_THAT(Open(Pack({})), IsOk());
  auto pack = Open(Pack({""}));
  ASSERT_THAT(pack, IsOk());
  EXPECT_THAT(pack->Read(Digest::Of("")), IsOkAndHolds(""));
}

TEST_F(PackTest, KeepsEqualContentOnce) {
  const std::string content = RandomBytes(10'000);
  EXPECT_EQ(Pack({content, content}), Pack({content}));
}

TEST_F(PackTest, SharesFramesBetweenSmallContents) {
  std::vector<std::string> sources;
  std::size_t total = 0;
  for (int i = 0; i < 200; ++i) {
    sources.push_back("def step_" + std::to_string(i) + "(self):\n    return 1\n");
    total += sources.back().size();
  }
  // The digests of the index do not compress; what is beyond them is the content.
  EXPECT_LT(Pack(sources).size(), sources.size() * (Digest::kSize + 4) + total / 4);
}

TEST_F(PackTest, SaysWhatItHoldsInTheOrderOfAdding) {
  const auto pack = Open(Pack({"one", "two", "three"}));
  ASSERT_THAT(pack, IsOk());
  EXPECT_TRUE(pack->Contains(Digest::Of("two")));
  EXPECT_FALSE(pack->Contains(Digest::Of("four")));
  EXPECT_THAT(pack->ContentsInOrder(),
              ElementsAre(Digest::Of("one"), Digest::Of("two"), Digest::Of("three")));
}

TEST_F(PackTest, AContentThatIsNotThereIsNotFound) {
  auto pack = Open(Pack({"one"}));
  ASSERT_THAT(pack, IsOk());
  EXPECT_THAT(pack->Read(Digest::Of("two")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(PackReader::Open(objects_, "none"), HasCode(ErrorCode::kNotFound));
}

TEST_F(PackTest, NoFlippedByteGivesAWrongAnswer) {
  const std::string whole = Pack({"one", "two"});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    auto pack = Open(damaged);
    if (!pack) {
      continue;
    }
    const auto one = pack->Read(Digest::Of("one"));
    if (one) {
      EXPECT_EQ(*one, "one") << "byte " << i;
    }
  }
}

TEST_F(PackTest, RefusesWhatIsCutOff) {
  const std::string whole = Pack({"one", "two"});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(Open(whole.substr(0, size)), HasCode(ErrorCode::kCorrupt)) << size;
  }
}

// Written once: another zstd may write other bytes, but reads these.
TEST_F(PackTest, ReadsTheGoldenFile) {
  auto pack = Open(ReadGolden("store/pack.bin"));
  ASSERT_THAT(pack, IsOk());
  EXPECT_THAT(pack->Read(Digest::Of("one\n")), IsOkAndHolds("one\n"));
  EXPECT_THAT(pack->Read(Digest::Of("")), IsOkAndHolds(""));
}

}  // namespace
}  // namespace flowstone::store
