// What every ObjectStore promises, checked against the real one on two file systems and the fake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/store/directory_object_store.h"
#include "flowstone/store/memory_object_store.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

// One world: a disk with a scratch directory, and a store.
class World {
 public:
  virtual ~World() = default;
  virtual os::FileSystem& files() = 0;
  virtual std::string scratch() = 0;
  virtual ObjectStore& store() = 0;
};

class FakeWorld final : public World {
 public:
  os::FileSystem& files() override { return files_; }
  std::string scratch() override { return "/"; }
  ObjectStore& store() override { return store_; }

 private:
  os::MemoryFileSystem files_;
  MemoryObjectStore store_{files_};
};

class MemoryDiskWorld final : public World {
 public:
  os::FileSystem& files() override { return files_; }
  std::string scratch() override { return "/"; }
  ObjectStore& store() override { return store_; }

 private:
  os::MemoryFileSystem files_;
  DirectoryObjectStore store_{files_, "/project/.flowstone"};
};

class RealDiskWorld final : public World {
 public:
  os::FileSystem& files() override { return files_; }
  std::string scratch() override { return directory_->path(); }
  ObjectStore& store() override { return store_; }

 private:
  os::PosixFileSystem files_;
  Result<os::TempDir> directory_ = os::TempDir::Create(files_, ::testing::TempDir(), "store-");
  DirectoryObjectStore store_{files_, directory_->path() + "/.flowstone"};
};

struct WorldFactory {
  std::string name;
  std::function<std::unique_ptr<World>()> make;
};

class ObjectStoreContract : public ::testing::TestWithParam<WorldFactory> {
 protected:
  std::string WriteFile(const std::string& name, std::string_view bytes) {
    std::string path = world_->scratch() + "/" + name;
    auto file = world_->files().OpenOutput(path, os::Existing::kReplace, 0644);
    EXPECT_THAT(file, IsOk());
    EXPECT_THAT((*file)->Write(bytes), IsOk());
    EXPECT_THAT((*file)->Close(), IsOk());
    return path;
  }

  std::unique_ptr<World> world_ = GetParam().make();
  ObjectStore& store_ = world_->store();
};

TEST_P(ObjectStoreContract, GivesBackWhatWasPut) {
  const std::string bytes("a\0b\n\xff", 5);
  EXPECT_THAT(store_.PutIfAbsent("blob/ab/x", bytes), IsOkAndHolds(PutOutcome::kStored));
  EXPECT_THAT(store_.Get("blob/ab/x"), IsOkAndHolds(bytes));
}

TEST_P(ObjectStoreContract, KeepsAnEmptyObject) {
  EXPECT_THAT(store_.PutIfAbsent("empty", ""), IsOkAndHolds(PutOutcome::kStored));
  EXPECT_THAT(store_.Head("empty"), IsOkAndHolds(Optional(0U)));
  EXPECT_THAT(store_.Get("empty"), IsOkAndHolds(""));
}

TEST_P(ObjectStoreContract, JoinsThePieces) {
  const std::vector<std::string_view> pieces = {"head", "", "tail"};
  EXPECT_THAT(store_.PutPiecesIfAbsent("k", pieces), IsOkAndHolds(PutOutcome::kStored));
  EXPECT_THAT(store_.Get("k"), IsOkAndHolds("headtail"));
}

TEST_P(ObjectStoreContract, APutDoesNotReplace) {
  ASSERT_THAT(store_.PutIfAbsent("k", "first"), IsOk());
  EXPECT_THAT(store_.PutIfAbsent("k", "second"), IsOkAndHolds(PutOutcome::kAlreadyThere));
  EXPECT_THAT(store_.Get("k"), IsOkAndHolds("first"));
}

TEST_P(ObjectStoreContract, ReplaceReplaces) {
  ASSERT_THAT(store_.Replace("runs/F/latest", "1"), IsOk());
  ASSERT_THAT(store_.Replace("runs/F/latest", "2"), IsOk());
  EXPECT_THAT(store_.Get("runs/F/latest"), IsOkAndHolds("2"));
}

TEST_P(ObjectStoreContract, AMissingObjectIsNotFoundAndNamed) {
  EXPECT_THAT(store_.Get("blob/no"), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(store_.Get("blob/no"), HasMessage(HasSubstr("'blob/no'")));
  EXPECT_THAT(store_.GetRange("blob/no", 0, 1), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(store_.Head("blob/no"), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_P(ObjectStoreContract, AFolderIsNoObject) {
  ASSERT_THAT(store_.PutIfAbsent("a/b/c", "x"), IsOk());
  EXPECT_THAT(store_.Get("a/b"), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(store_.GetRange("a/b", 0, 1), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(store_.Head("a/b"), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_EQ(store_.LocalPath("a/b"), std::nullopt);
}

TEST_P(ObjectStoreContract, ReadsARange) {
  ASSERT_THAT(store_.PutIfAbsent("k", "0123456789"), IsOk());
  EXPECT_THAT(store_.GetRange("k", 3, 4), IsOkAndHolds("3456"));
  EXPECT_THAT(store_.GetRange("k", 10, 0), IsOkAndHolds(""));
}

TEST_P(ObjectStoreContract, RefusesARangeBehindTheEnd) {
  ASSERT_THAT(store_.PutIfAbsent("k", "0123456789"), IsOk());
  EXPECT_THAT(store_.GetRange("k", 8, 3), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(store_.GetRange("k", 11, 0), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(store_.GetRange("k", 1, ~std::uint64_t{0}), HasCode(ErrorCode::kInvalid));
}

TEST_P(ObjectStoreContract, RefusesWhatIsNoKey) {
  for (const std::string key : {"", "/a", "a/", "a//b", "../a", "a/./b", "a b", "ü", "~tmp/a"}) {
    EXPECT_THAT(store_.PutIfAbsent(key, "x"), HasCode(ErrorCode::kInvalid)) << key;
    EXPECT_THAT(store_.Replace(key, "x"), HasCode(ErrorCode::kInvalid)) << key;
    EXPECT_THAT(store_.Get(key), HasCode(ErrorCode::kInvalid)) << key;
    EXPECT_THAT(store_.Head(key), HasCode(ErrorCode::kInvalid)) << key;
    EXPECT_THAT(store_.Remove(key), HasCode(ErrorCode::kInvalid)) << key;
  }
}

TEST_P(ObjectStoreContract, TakesAFile) {
  const std::string path = WriteFile("spool", "content");
  EXPECT_THAT(store_.PutFileIfAbsent("art/x", path, FileHandover::kTake),
              IsOkAndHolds(PutOutcome::kStored));
  EXPECT_THAT(store_.Get("art/x"), IsOkAndHolds("content"));
  EXPECT_THAT(world_->files().Stat(path), HasCode(ErrorCode::kNotFound));
}

TEST_P(ObjectStoreContract, TakesAFileThatItDoesNotNeed) {
  ASSERT_THAT(store_.PutIfAbsent("art/x", "first"), IsOk());
  const std::string path = WriteFile("spool", "second");
  EXPECT_THAT(store_.PutFileIfAbsent("art/x", path, FileHandover::kTake),
              IsOkAndHolds(PutOutcome::kAlreadyThere));
  EXPECT_THAT(store_.Get("art/x"), IsOkAndHolds("first"));
  EXPECT_THAT(world_->files().Stat(path), HasCode(ErrorCode::kNotFound));
}

TEST_P(ObjectStoreContract, ACopiedFileStaysAsItIsAndApart) {
  const std::string path = WriteFile("wheel", "content");
  EXPECT_THAT(store_.PutFileIfAbsent("art/x", path, FileHandover::kCopy),
              IsOkAndHolds(PutOutcome::kStored));
  WriteFile("wheel", "changed");
  EXPECT_THAT(store_.Get("art/x"), IsOkAndHolds("content"));
}

TEST_P(ObjectStoreContract, AMissingFileIsAnErrorAndNoObject) {
  EXPECT_THAT(store_.PutFileIfAbsent("art/x", world_->scratch() + "/none", FileHandover::kTake),
              HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(store_.Head("art/x"), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_P(ObjectStoreContract, ListsByPrefixInOrder) {
  for (const std::string key : {"b/2", "a/2", "a/1/x", "a.b", "a/1-", "ab/1"}) {
    ASSERT_THAT(store_.PutIfAbsent(key, "x"), IsOk());
  }
  EXPECT_THAT(store_.List(""),
              IsOkAndHolds(ElementsAre("a.b", "a/1-", "a/1/x", "a/2", "ab/1", "b/2")));
  EXPECT_THAT(store_.List("a/"), IsOkAndHolds(ElementsAre("a/1-", "a/1/x", "a/2")));
  EXPECT_THAT(store_.List("a/1"), IsOkAndHolds(ElementsAre("a/1-", "a/1/x")));
  EXPECT_THAT(store_.List("c"), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(store_.List("c/d/"), IsOkAndHolds(IsEmpty()));
}

TEST_P(ObjectStoreContract, ListsChildren) {
  for (const std::string key : {"runs/F/10/run.json", "runs/F/9/run.json", "runs/F/latest"}) {
    ASSERT_THAT(store_.PutIfAbsent(key, "x"), IsOk());
  }
  EXPECT_THAT(store_.ListChildren(""), IsOkAndHolds(ElementsAre("runs/")));
  EXPECT_THAT(store_.ListChildren("runs/F/"), IsOkAndHolds(ElementsAre("10/", "9/", "latest")));
  EXPECT_THAT(store_.ListChildren("runs/G/"), IsOkAndHolds(IsEmpty()));
}

TEST_P(ObjectStoreContract, AnEmptyStoreListsNothing) {
  EXPECT_THAT(store_.List(""), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(store_.ListChildren(""), IsOkAndHolds(IsEmpty()));
}

TEST_P(ObjectStoreContract, ARemovedObjectAndItsFolderAreGone) {
  ASSERT_THAT(store_.PutIfAbsent("a/b/c", "x"), IsOk());
  EXPECT_THAT(store_.Remove("a/b/c"), IsOk());
  EXPECT_THAT(store_.Remove("a/b/c"), IsOk());
  EXPECT_THAT(store_.ListChildren(""), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(store_.PutIfAbsent("a/b/c", "y"), IsOkAndHolds(PutOutcome::kStored));
}

INSTANTIATE_TEST_SUITE_P(
    Worlds, ObjectStoreContract,
    ::testing::Values(WorldFactory{"Fake", [] { return std::make_unique<FakeWorld>(); }},
                      WorldFactory{"MemoryDisk",
                                   [] { return std::make_unique<MemoryDiskWorld>(); }},
                      WorldFactory{"RealDisk", [] { return std::make_unique<RealDiskWorld>(); }}),
    [](const auto& world) { return world.param.name; });

}  // namespace
}  // namespace flowstone::store
