#include "flowstone/bundle/code_package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "flowstone/archive/gzip.h"
#include "flowstone/bundle/package_info.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/path.h"
#include "flowstone/store/code_record.h"
#include "flowstone/store/directory_object_store.h"
#include "flowstone/store/memory_object_store.h"
#include "flowstone/store/verify.h"
#include "flowstone/testing/random_bytes.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::bundle {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using flowstone::testing::RandomBytes;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CodePackageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Write("/project/flow.py", "from lib import a\n");
    Write("/project/lib/__init__.py", "");
    Write("/project/lib/a.py", std::string(1000, 'a'));
    Write("/project/tool.py", "#!/usr/bin/python3\n");
    ASSERT_THAT(files_.SetMode("/project/tool.py", 0755), IsOk());
  }
  void Write(const std::string& path, std::string_view content) {
    ASSERT_THAT(os::MakeDirectories(files_, os::DirName(path)), IsOk());
    ASSERT_THAT(os::ReplaceFile(files_, path, content), IsOk());
  }
  CodeScan Scan(const std::string& root = "/project") {
    Result<CodeScan> scan = ScanCode(
        files_, {.flow_name = "F", .flow_file = root + "/flow.py", .flowstone_version = "0.1.0"});
    EXPECT_THAT(scan, IsOk());
    return *std::move(scan);
  }
  CodePackage Build(const std::string& root = "/project") {
    Result<CodePackage> package = CodePackage::Build(files_, Scan(root));
    EXPECT_THAT(package, IsOk());
    return *std::move(package);
  }
  CodePackage::StoreOutcome Store(const CodePackage& package,
                                  const std::optional<Digest>& base = std::nullopt) {
    const auto outcome = package.Store(files_, *datastore_, base);
    EXPECT_THAT(outcome, IsOk());
    return *outcome;
  }
  std::vector<std::string> Packs() { return *objects_.List("pack/"); }

  os::MemoryFileSystem files_;
  store::MemoryObjectStore objects_{files_};
  std::unique_ptr<store::Datastore> datastore_ =
      *store::Datastore::Open(objects_, store::MissingDatastore::kCreate);
};

TEST_F(CodePackageTest, TheSameTreeElsewhereHasTheSameId) {
  // Another place, another order of creation, other times and other modes but for the x bits.
  Write("/elsewhere/.work/tool.py", "#!/usr/bin/python3\n");
  Write("/elsewhere/.work/lib/a.py", std::string(1000, 'a'));
  Write("/elsewhere/.work/lib/__init__.py", "");
  Write("/elsewhere/.work/flow.py", "from lib import a\n");
  ASSERT_THAT(files_.SetMode("/elsewhere/.work/tool.py", 0700), IsOk());
  ASSERT_THAT(files_.SetMode("/elsewhere/.work/lib/a.py", 0600), IsOk());
  ASSERT_THAT(files_.SetModifiedTime("/elsewhere/.work/flow.py", 1), IsOk());
  EXPECT_EQ(Build("/elsewhere/.work").id(), Build().id());
}

TEST_F(CodePackageTest, ContentExecutableBitAndNameAreItsIdentity) {
  const Digest id = Build().id();
  Write("/project/lib/a.py", std::string(1000, 'b'));
  EXPECT_NE(Build().id(), id);
  Write("/project/lib/a.py", std::string(1000, 'a'));
  EXPECT_EQ(Build().id(), id);
  ASSERT_THAT(files_.SetMode("/project/lib/a.py", 0755), IsOk());
  EXPECT_NE(Build().id(), id);
  ASSERT_THAT(files_.SetMode("/project/lib/a.py", 0644), IsOk());
  ASSERT_THAT(files_.Rename("/project/lib/a.py", "/project/lib/b.py"), IsOk());
  EXPECT_NE(Build().id(), id);
}

TEST_F(CodePackageTest, AFileThatIsLeftOutDoesNotMatter) {
  const Digest id = Build().id();
  Write("/project/data.csv", "1,2,3");
  EXPECT_EQ(Build().id(), id);
}

TEST_F(CodePackageTest, AnUnreadableFileIsNamed) {
  ASSERT_THAT(files_.SetMode("/project/lib/a.py", 0), IsOk());
  EXPECT_THAT(CodePackage::Build(files_, Scan()),
              AllOf(HasCode(ErrorCode::kDenied), HasMessage(HasSubstr("lib/a.py"))));
}

TEST_F(CodePackageTest, OfManyUnreadableFilesTheFirstIsNamed) {
  for (int i = 10; i < 60; ++i) {
    const std::string path = "/project/m" + std::to_string(i) + ".py";
    Write(path, "");
    ASSERT_THAT(files_.SetMode(path, 0), IsOk());
  }
  EXPECT_THAT(CodePackage::Build(files_, Scan()), HasMessage(HasSubstr("'m10.py'")));
}

TEST_F(CodePackageTest, ComesBackFromTheDatastore) {
  const CodePackage package = Build();
  Store(package);
  auto stored = StoredCodePackage::Load(*datastore_, package.id());
  ASSERT_THAT(stored, IsOk());
  EXPECT_EQ(stored->manifest(), package.manifest());
  EXPECT_THAT(stored->ReadFile("flow.py"), IsOkAndHolds("from lib import a\n"));
  EXPECT_THAT(stored->ReadFile("lib/__init__.py"), IsOkAndHolds(""));
  EXPECT_THAT(stored->ReadFile("none.py"),
              AllOf(HasCode(ErrorCode::kNotFound), HasMessage(HasSubstr("none.py"))));
  EXPECT_EQ(PackageInfo::Parse(*stored->ReadFile(kPackageInfoPath))->script, "flow.py");
}

TEST_F(CodePackageTest, IsStoredOnce) {
  const CodePackage package = Build();
  EXPECT_GT(Store(package).new_bytes, 0U);
  const std::vector<std::string> keys = *objects_.List("");
  EXPECT_EQ(Store(package).new_bytes, 0U);
  EXPECT_THAT(objects_.List(""), IsOkAndHolds(keys));
}

TEST_F(CodePackageTest, AChangedLineCostsTheBytesOfOneFile) {
  Write("/project/big.py", RandomBytes(500'000));
  const CodePackage first = Build();
  Store(first);
  Write("/project/lib/a.py", "changed\n");
  const CodePackage second = Build();
  const CodePackage::StoreOutcome outcome = Store(second, first.id());
  EXPECT_EQ(outcome.new_files, 1U);
  EXPECT_LT(outcome.new_bytes, 1000U);
  auto stored = StoredCodePackage::Load(*datastore_, second.id());
  ASSERT_THAT(stored, IsOk());
  EXPECT_THAT(stored->ReadFile("lib/a.py"), IsOkAndHolds("changed\n"));
  EXPECT_THAT(stored->ReadFile("big.py"), IsOkAndHolds(RandomBytes(500'000)));
}

TEST_F(CodePackageTest, ARenamedFileCostsNoPack) {
  const CodePackage first = Build();
  Store(first);
  ASSERT_THAT(files_.Rename("/project/lib/a.py", "/project/lib/b.py"), IsOk());
  EXPECT_EQ(Store(Build(), first.id()).new_files, 0U);
  EXPECT_THAT(Packs(), SizeIs(1));
}

TEST_F(CodePackageTest, ABaseThatIsNotThereIsNoBase) {
  const CodePackage package = Build();
  Store(package, Digest::Of("another datastore's"));
  EXPECT_THAT(StoredCodePackage::Load(*datastore_, package.id()), IsOk());
}

TEST_F(CodePackageTest, ManySmallChangesDoNotLeaveManyPacks) {
  std::optional<Digest> base;
  std::size_t most_packs = 0;
  for (int i = 0; i < 40; ++i) {
    Write("/project/lib/m" + std::to_string(i) + ".py", "version " + std::to_string(i));
    const CodePackage package = Build();
    Store(package, base);
    base = package.id();
    const auto record = store::CodeRecord::Parse(*objects_.Get(store::CodeRecordKey(*base)));
    ASSERT_THAT(record, IsOk());
    most_packs = std::max(most_packs, record->packs.size());
  }
  EXPECT_LE(most_packs, 16U);
  EXPECT_THAT(StoredCodePackage::Load(*datastore_, *base), IsOk());
}

TEST_F(CodePackageTest, AFileThatChangesMeanwhileIsNotStored) {
  const CodePackage package = Build();
  Write("/project/flow.py", "changed");
  EXPECT_THAT(package.Store(files_, *datastore_, std::nullopt),
              AllOf(HasCode(ErrorCode::kConflict), HasMessage(HasSubstr("/project/flow.py"))));
  EXPECT_THAT(StoredCodePackage::Load(*datastore_, package.id()), HasCode(ErrorCode::kNotFound));
}

TEST_F(CodePackageTest, ADamagedPackIsNeverAWrongFile) {
  const CodePackage package = Build();
  Store(package);
  const std::string key = Packs().front();
  const std::string whole = *objects_.Get(key);
  for (std::size_t i = 0; i < whole.size(); i += 7) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x20);
    ASSERT_THAT(objects_.Replace(key, damaged), IsOk());
    auto stored = StoredCodePackage::Load(*datastore_, package.id());
    if (stored) {
      const auto content = stored->ReadFile("flow.py");
      EXPECT_TRUE(!content || *content == "from lib import a\n") << "byte " << i;
    }
  }
}

TEST_F(CodePackageTest, LeavesAWholeDatastore) {
  Store(Build());
  NoProgress progress;
  const auto report = store::VerifyDatastore(*datastore_, progress);
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->findings, IsEmpty());
}

TEST_F(CodePackageTest, IsStoredWholeOrNotAtAllWhicheverOperationFails) {
  const CodePackage package = Build();
  for (std::uint64_t n = 1;; ++n) {
    os::MemoryFileSystem disk;
    store::DirectoryObjectStore healthy(disk, "/store");
    ASSERT_THAT(store::Datastore::Open(healthy, store::MissingDatastore::kCreate), IsOk());
    os::FaultyFileSystem faulty(disk);
    store::DirectoryObjectStore objects(faulty, "/store");
    const auto datastore = store::Datastore::Open(objects, store::MissingDatastore::kRefuse);
    const std::uint64_t opening = faulty.operation_count();
    faulty.FailFrom(opening + n, Error{.code = ErrorCode::kIo, .message = "disk on fire"});
    const auto outcome = package.Store(files_, **datastore, std::nullopt);

    const auto after = store::Datastore::Open(healthy, store::MissingDatastore::kRefuse);
    auto stored = StoredCodePackage::Load(**after, package.id());
    if (outcome || stored) {
      ASSERT_THAT(stored, IsOk()) << "operation " << n;
      EXPECT_THAT(stored->ReadFile("flow.py"), IsOkAndHolds("from lib import a\n"));
    }
    if (faulty.operation_count() < opening + n) {
      break;
    }
  }
}

TEST_F(CodePackageTest, IsExtractedWithItsModes) {
  const CodePackage package = Build();
  Store(package);
  auto stored = StoredCodePackage::Load(*datastore_, package.id());
  ASSERT_THAT(stored, IsOk());
  ASSERT_THAT(stored->ExtractTo(files_, "/out"), IsOk());
  EXPECT_THAT(files_.ReadFile("/out/lib/a.py"), IsOkAndHolds(std::string(1000, 'a')));
  EXPECT_EQ(files_.Stat("/out/tool.py")->mode, 0755U);
  EXPECT_EQ(files_.Stat("/out/flow.py")->mode, 0644U);
  EXPECT_THAT(stored->ExtractTo(files_, "/out"), HasCode(ErrorCode::kConflict));
}

TEST_F(CodePackageTest, AnExtractedPackageScansToTheSamePackage) {
  const CodePackage package = Build();
  Store(package);
  ASSERT_THAT(StoredCodePackage::Load(*datastore_, package.id())->ExtractTo(files_, "/out"),
              IsOk());
  EXPECT_EQ(Build("/out").id(), package.id());
}

TEST_F(CodePackageTest, IsExtractedWholeOrNotAtAllWhicheverOperationFails) {
  const CodePackage package = Build();
  Store(package);
  for (std::uint64_t n = 1;; ++n) {
    os::MemoryFileSystem disk;
    os::FaultyFileSystem faulty(disk);
    faulty.FailOnce(n, Error{.code = ErrorCode::kIo, .message = "disk on fire"});
    auto stored = StoredCodePackage::Load(*datastore_, package.id());
    const Status extracted = stored->ExtractTo(faulty, "/out");
    EXPECT_EQ(disk.Stat("/out").has_value(), extracted.has_value()) << "operation " << n;
    if (faulty.operation_count() < n) {
      break;
    }
  }
}

TEST_F(CodePackageTest, ExportsTheSameArchiveFromDiskAndDatastore) {
  const CodePackage package = Build();
  Store(package);
  const auto exported = package.ExportTarGz(files_);
  ASSERT_THAT(exported, IsOk());
  EXPECT_THAT(StoredCodePackage::Load(*datastore_, package.id())->ExportTarGz(),
              IsOkAndHolds(*exported));
  const auto tar = archive::GzipDecompress(*exported, 1U << 20U);
  ASSERT_THAT(tar, IsOk());
  EXPECT_THAT(*tar, HasSubstr(std::string("flow.py\0", 8)));
}

TEST_F(CodePackageTest, HoldsNamesThatAreNoUtf8) {
  Write("/project/caf\xe9.py", "é");
  const CodePackage package = Build();
  Store(package);
  EXPECT_THAT(StoredCodePackage::Load(*datastore_, package.id())->ReadFile("caf\xe9.py"),
              IsOkAndHolds("é"));
}

}  // namespace
}  // namespace flowstone::bundle
