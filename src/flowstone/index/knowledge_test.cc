#include "flowstone/index/knowledge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "flowstone/index/knowledge_log.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::IsOk;

KnowledgeKey Key(std::string_view name) {
  return KnowledgeKey::Of(RecordKind::kListing, name);
}

class KnowledgeTest : public ::testing::Test {
 protected:
  static constexpr const char* kLog = "/k/log";
  static constexpr const char* kIndex = "/k/index";

  static std::string Found(Knowledge& knowledge, std::string_view name) {
    const std::optional<Knowledge::Record> record = knowledge.Find(Key(name));
    return record ? std::string(record->bytes) : "nothing";
  }
  std::string FoundLater(std::string_view name) {
    Knowledge knowledge(files_, "/k");
    return Found(knowledge, name);
  }
  void Remember(std::string_view name, std::string bytes) {
    Knowledge knowledge(files_, "/k");
    knowledge.Remember(Key(name), std::move(bytes));
    ASSERT_THAT(knowledge.Flush(), IsOk());
  }
  // A record so large that the hash index is brought up to date.
  void RememberMuch(std::string_view name) { Remember(name, std::string(100'000, 'm')); }
  std::string Read(const std::string& path) { return *files_.ReadFile(path); }
  void Write(const std::string& path, std::string_view bytes) {
    ASSERT_THAT(os::ReplaceFile(files_, path, bytes), IsOk());
  }
  void BootAs(std::string_view id) {
    ASSERT_THAT(os::MakeDirectories(files_, "/proc/sys/kernel/random"), IsOk());
    Write("/proc/sys/kernel/random/boot_id", id);
  }

  os::MemoryFileSystem files_;
};

TEST_F(KnowledgeTest, PayloadsAreNotReadAgainInTheRunOfTheSystemThatVerifiedThem) {
  BootAs("first run\n");
  RememberMuch("numpy");
  std::string log = Read(kLog);
  log[log.size() - 10] = '!';
  Write(kLog, log);
  EXPECT_NE(FoundLater("numpy"), "nothing");
  BootAs("second run\n");  // a power cut may have lost something
  EXPECT_EQ(FoundLater("numpy"), "nothing");
}

TEST_F(KnowledgeTest, TheIndexOfAnEarlierRunOfTheSystemIsBroughtUpToDate) {
  BootAs("first run\n");
  RememberMuch("numpy");
  BootAs("second run\n");
  EXPECT_NE(FoundLater("numpy"), "nothing");
  std::string log = Read(kLog);
  log[log.size() - 10] = '!';
  Write(kLog, log);
  EXPECT_NE(FoundLater("numpy"), "nothing") << "its checksum was right in this run";
}

TEST_F(KnowledgeTest, NoRunOfTheSystemIsTrustedThatIsNotKnown) {
  RememberMuch("numpy");
  std::string log = Read(kLog);
  log[log.size() - 10] = '!';
  Write(kLog, log);
  EXPECT_EQ(FoundLater("numpy"), "nothing");
}

TEST_F(KnowledgeTest, IsFoundAtOnceAndLater) {
  Knowledge knowledge(files_, "/k");
  EXPECT_EQ(Found(knowledge, "a"), "nothing");
  knowledge.Remember(Key("a"), "one");
  EXPECT_EQ(Found(knowledge, "a"), "one");
  ASSERT_THAT(knowledge.Flush(), IsOk());
  EXPECT_EQ(Found(knowledge, "a"), "one");
  EXPECT_EQ(FoundLater("a"), "one");
  EXPECT_EQ(FoundLater("b"), "nothing");
}

TEST_F(KnowledgeTest, KindsAreApart) {
  Remember("a", "one");
  Knowledge knowledge(files_, "/k");
  EXPECT_FALSE(knowledge.Find(KnowledgeKey::Of(RecordKind::kMetadata, "a")).has_value());
}

TEST_F(KnowledgeTest, TheLastRecordOfAKeyCounts) {
  Remember("a", "one");
  RememberMuch("b");
  Remember("a", "two");
  EXPECT_EQ(FoundLater("a"), "two");
  RememberMuch("c");
  EXPECT_EQ(FoundLater("a"), "two");
}

TEST_F(KnowledgeTest, AnEmptyRecordIsARecord) {
  Remember("a", "");
  EXPECT_EQ(FoundLater("a"), "");
}

TEST_F(KnowledgeTest, NothingIsWrittenWhenNothingIsLearnt) {
  {
    Knowledge knowledge(files_, "/k");
    EXPECT_EQ(Found(knowledge, "a"), "nothing");
  }
  EXPECT_FALSE(files_.Stat("/k").has_value());
}

TEST_F(KnowledgeTest, ReadersSeeWhatWasThereWhenTheyCame) {
  Remember("a", "one");
  Knowledge reader(files_, "/k");
  EXPECT_EQ(Found(reader, "a"), "one");
  Remember("a", "two");
  EXPECT_EQ(Found(reader, "a"), "one");
}

TEST_F(KnowledgeTest, DamageAnywhereInTheLogLosesRecordsAndNothingElse) {
  Remember("a", "one");
  Remember("b", "two");
  const std::string good = Read(kLog);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    Write(kLog, bad);
    Knowledge knowledge(files_, "/k");
    const std::string a = Found(knowledge, "a");
    const std::string b = Found(knowledge, "b");
    EXPECT_TRUE(a == "one" || a == "nothing") << i << " " << a;
    EXPECT_TRUE(b == "two" || b == "nothing") << i << " " << b;
    // Padding and the generation are nobody's; what else is damaged costs one record at most.
    EXPECT_TRUE(a == "one" || b == "two" || i < 8) << i;
    if (a == "nothing") {
      knowledge.Remember(Key("a"), "healed");
      ASSERT_THAT(knowledge.Flush(), IsOk());
      EXPECT_EQ(FoundLater("a"), "healed") << i;
    }
  }
}

TEST_F(KnowledgeTest, ALogTornOffAnywhereKeepsWhatIsBeforeAndTakesMore) {
  Remember("a", "one");
  const std::size_t first = Read(kLog).size();
  Remember("b", "two");
  const std::string good = Read(kLog);
  for (std::size_t size = 0; size < good.size(); ++size) {
    Write(kLog, good.substr(0, size));
    EXPECT_EQ(FoundLater("a"), size >= first - 5 ? "one" : "nothing") << size;
    Remember("c", "three");
    EXPECT_EQ(FoundLater("c"), "three") << size;
    EXPECT_EQ(FoundLater("a"), size >= first - 5 ? "one" : "nothing") << size;
  }
}

TEST_F(KnowledgeTest, ADamagedIndexIsDoneWithout) {
  Remember("a", "one");
  RememberMuch("b");
  const std::string good = Read(kIndex);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x20);
    Write(kIndex, bad);
    EXPECT_EQ(FoundLater("a"), "one") << i;
    Write(kIndex, good.substr(0, i));
    EXPECT_EQ(FoundLater("a"), "one") << i;
  }
  ASSERT_THAT(files_.RemoveFile(kIndex), IsOk());
  EXPECT_EQ(FoundLater("a"), "one");
}

TEST_F(KnowledgeTest, AnIndexOfAnEarlierLogIsNotBelieved) {
  RememberMuch("a");
  const std::string old_index = Read(kIndex);
  ASSERT_THAT(files_.RemoveFile(kLog), IsOk());
  RememberMuch("b");
  EXPECT_EQ(FoundLater("a"), "nothing");
  EXPECT_NE(FoundLater("b"), "nothing");
}

TEST_F(KnowledgeTest, WhatIsOutdatedIsThrownAwayWhenItIsMost) {
  const std::string large(std::size_t{1} << 20U, 'x');
  Remember("kept", "kept");
  Knowledge reader(files_, "/k");
  EXPECT_EQ(Found(reader, "kept"), "kept");
  for (int i = 0; i < 12; ++i) {
    Remember("a", large + std::to_string(i));
  }
  EXPECT_LT(Read(kLog).size(), 6 * large.size());
  EXPECT_EQ(FoundLater("a"), large + "11");
  EXPECT_EQ(FoundLater("kept"), "kept");
  EXPECT_EQ(Found(reader, "kept"), "kept");
}

TEST_F(KnowledgeTest, AWriterThatDiesAnywhereLeavesWhatWasThere) {
  Remember("a", "one");
  RememberMuch("b");
  for (std::uint64_t n = 1;; ++n) {
    os::FaultyFileSystem faulty(files_);
    faulty.FailFrom(n, Error{.code = ErrorCode::kIo, .message = "killed"});
    {
      Knowledge knowledge(faulty, "/k");
      knowledge.Remember(Key("c"), std::string(70'000, 'c') + std::to_string(n));
      (void)knowledge.Flush();
    }
    EXPECT_EQ(FoundLater("a"), "one") << n;
    EXPECT_NE(FoundLater("b"), "nothing") << n;
    if (faulty.operation_count() < n) {
      break;
    }
  }
  EXPECT_NE(FoundLater("c"), "nothing");
}

TEST_F(KnowledgeTest, ManyRecordsAreFoundByTheIndexAlone) {
  Knowledge knowledge(files_, "/k");
  for (int i = 0; i < 3000; ++i) {
    knowledge.Remember(Key("record " + std::to_string(i)), "value " + std::to_string(i));
  }
  ASSERT_THAT(knowledge.Flush(), IsOk());
  const std::string log = Read(kLog);
  const std::string index = Read(kIndex);
  const std::optional<IndexTable> table = IndexTable::Open(index, *LogGeneration(log));
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->covered(), log.size());
  Knowledge later(files_, "/k");
  for (int i = 0; i < 3000; ++i) {
    EXPECT_EQ(Found(later, "record " + std::to_string(i)), "value " + std::to_string(i));
  }
}

TEST(KnowledgeOnDisk, ProcessesThatWriteAtOnceLoseNothing) {
  constexpr int processes = 4;
  constexpr int records = 50;
  os::PosixFileSystem files;
  const Result<os::TempDir> directory =
      os::TempDir::Create(files, ::testing::TempDir(), "knowledge-");
  ASSERT_THAT(directory, IsOk());
  std::vector<pid_t> children;
  for (int process = 0; process < processes; ++process) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Status status = Ok();
      for (int i = 0; i < records && status; ++i) {
        Knowledge knowledge(files, directory->path());
        knowledge.Remember(Key(std::to_string(process) + "/" + std::to_string(i)),
                           std::string(3000, static_cast<char>('a' + process)));
        status = knowledge.Flush();
      }
      ::_exit(status ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  Knowledge knowledge(files, directory->path());
  for (int process = 0; process < processes; ++process) {
    for (int i = 0; i < records; ++i) {
      const auto record = knowledge.Find(Key(std::to_string(process) + "/" + std::to_string(i)));
      ASSERT_TRUE(record.has_value()) << process << "/" << i;
      EXPECT_EQ(record->bytes, std::string(3000, static_cast<char>('a' + process)));
    }
  }
}

}  // namespace
}  // namespace flowstone::index
