#include "flowstone/install/venv_sync.h"

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

#include "flowstone/install/archive_cache.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;

class VenvSyncTest : public CacheFixture {
 protected:
  VenvSyncTest() : venv_(home_.path() + "/.venv"), site_(venv_ + "/lib/python3.11/site-packages/") {
    python_.executable = WriteFile("python3.11", "not run", 0755);
    python_.version = *pypi::Version::Parse("3.11.7");
    python_.target.markers.sys_platform = "linux";
  }

  // A package with one module of that content.
  static WheelBuilder Demo(const std::string& version, const std::string& content) {
    WheelBuilder wheel("demo", version);
    wheel.Add("demo/__init__.py", content).SetEntryPoints("[console_scripts]\ndemo = demo:main\n");
    return wheel;
  }
  static WheelBuilder Helper() {
    WheelBuilder wheel("helper", "2.0");
    wheel.Add("helper.py", "x = 1\n");
    return wheel;
  }

  PlannedPackage Planned(const WheelBuilder& wheel) {
    ArchiveCache cache(filesystem_, layout_);
    const WheelArtifact artifact = LocalWheel(wheel);
    return {.archive = *cache.Add(artifact.location, artifact.file_name, artifact.digest),
            .direct_url = {}};
  }
  Result<VenvSyncReport> Sync(const std::vector<PlannedPackage>& packages,
                              const VenvSyncOptions& options = {}) {
    return SyncThrough(filesystem_, packages, options);
  }
  Result<VenvSyncReport> SyncThrough(os::FileSystem& filesystem,
                                     const std::vector<PlannedPackage>& packages,
                                     const VenvSyncOptions& options = {}) {
    return SyncVenv({.filesystem = filesystem, .layout = layout_, .progress = progress_}, venv_,
                    python_, packages, options);
  }
  // What changes, as "action name before→after".
  static std::vector<std::string> Changes(const Result<VenvSyncReport>& report) {
    std::vector<std::string> texts;
    for (const VenvChange& change : report.value().changes) {
      texts.push_back(std::string(VenvActionName(change.action)) + " " + change.name + " " +
                      change.before + "→" + change.after);
    }
    return texts;
  }
  // Installs a package as another tool would.
  void InstallByAnother(const std::string& name, const std::string& file,
                        const std::string& content) {
    const std::string dist_info = site_ + name + "-1.0.dist-info";
    ASSERT_THAT(os::MakeDirectories(filesystem_, dist_info), IsOk());
    ASSERT_THAT(os::ReplaceFile(filesystem_, site_ + file, content), IsOk());
    ASSERT_THAT(os::ReplaceFile(filesystem_, dist_info + "/INSTALLER", "pip\n"), IsOk());
    const std::vector<pypi::RecordRow> rows = {
        pypi::RecordRow::Of(file, Digest::Of(content), content.size()),
        {.path = name + "-1.0.dist-info/RECORD"}};
    ASSERT_THAT(os::ReplaceFile(filesystem_, dist_info + "/RECORD", pypi::WriteRecord(rows)),
                IsOk());
  }
  bool IsThere(const std::string& path) { return *os::Exists(filesystem_, path); }

  NoProgress progress_;
  Interpreter python_;
  const std::string venv_;
  const std::string site_;
};

TEST_F(VenvSyncTest, ANewDirectoryBecomesAVenvWithThePackages) {
  const Result<VenvSyncReport> report = Sync({Planned(Demo("1.0", "x")), Planned(Helper())});
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(Changes(report), ElementsAre("add demo →1.0", "add helper →2.0"));
  EXPECT_THAT(filesystem_.ReadFile(venv_ + "/pyvenv.cfg"), IsOkAndHolds(HasSubstr("home = ")));
  EXPECT_THAT(filesystem_.ReadFile(site_ + "demo/__init__.py"), IsOkAndHolds("x"));
  for (const char* path : {"/bin/demo", "/bin/python", "/bin/activate", "/bin/activate.fish"}) {
    EXPECT_TRUE(IsThere(venv_ + path)) << path;
  }
  EXPECT_THAT(filesystem_.ReadFile(site_ + "helper-2.0.dist-info/RECORD"),
              IsOkAndHolds(HasSubstr("helper.py,sha256=")));
}

TEST_F(VenvSyncTest, TheSecondTimeNothingIsTouched) {
  const std::vector packages = {Planned(Demo("1.0", "x")), Planned(Helper())};
  ASSERT_THAT(Sync(packages), IsOk());
  const os::FileInfo before = *filesystem_.Stat(site_ + "demo");
  const Result<VenvSyncReport> again = Sync(packages);
  ASSERT_THAT(again, IsOk());
  EXPECT_TRUE(again->is_current());
  EXPECT_THAT(Changes(again), ElementsAre("keep demo 1.0→1.0", "keep helper 2.0→2.0"));
  EXPECT_EQ(filesystem_.Stat(site_ + "demo")->modified_ns, before.modified_ns);
}

TEST_F(VenvSyncTest, OnlyWhatDiffersChanges) {
  ASSERT_THAT(Sync({Planned(Demo("1.0", "old")), Planned(Helper())}), IsOk());
  const os::FileInfo helper = *filesystem_.Lstat(site_ + "helper.py");
  const Result<VenvSyncReport> report = Sync({Planned(Demo("1.1", "new")), Planned(Helper())});
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(Changes(report), ElementsAre("update demo 1.0→1.1", "keep helper 2.0→2.0"));
  EXPECT_THAT(filesystem_.ReadFile(site_ + "demo/__init__.py"), IsOkAndHolds("new"));
  EXPECT_FALSE(IsThere(site_ + "demo-1.0.dist-info"));
  EXPECT_TRUE(IsThere(site_ + "demo-1.1.dist-info/METADATA"));
  EXPECT_EQ(filesystem_.Lstat(site_ + "helper.py")->inode, helper.inode);
}

TEST_F(VenvSyncTest, WhatIsNoLongerLockedGoesWithItsBytecodeAndDirectories) {
  ASSERT_THAT(Sync({Planned(Demo("1.0", "x")), Planned(Helper())}), IsOk());
  ASSERT_THAT(os::MakeDirectories(filesystem_, site_ + "demo/__pycache__"), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, site_ + "demo/__pycache__/__init__.cpython-311.pyc", ""),
              IsOk());
  const Result<VenvSyncReport> report = Sync({Planned(Helper())});
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(Changes(report), Contains("remove demo 1.0→"));
  EXPECT_FALSE(IsThere(site_ + "demo"));
  EXPECT_FALSE(IsThere(venv_ + "/bin/demo"));
  EXPECT_TRUE(IsThere(venv_ + "/bin/python"));
}

TEST_F(VenvSyncTest, FilesThatPeoplePutBesidePackagesStay) {
  ASSERT_THAT(Sync({Planned(Demo("1.0", "x"))}), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, site_ + "demo/mine.txt", "notes"), IsOk());
  ASSERT_THAT(Sync({Planned(Helper())}), IsOk());
  EXPECT_THAT(filesystem_.ReadFile(site_ + "demo/mine.txt"), IsOkAndHolds("notes"));
}

TEST_F(VenvSyncTest, WhatAnotherToolInstalledStaysUnlessTheLockNamesIt) {
  ASSERT_THAT(Sync({}), IsOk());
  InstallByAnother("pip", "pip.py", "pip");
  InstallByAnother("helper", "helper.py", "x = 0\n");
  const Result<VenvSyncReport> report = Sync({Planned(Helper())});
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(Changes(report), ElementsAre("update helper 1.0→2.0", "leave pip 1.0→1.0"));
  EXPECT_THAT(filesystem_.ReadFile(site_ + "pip.py"), IsOkAndHolds("pip"));
  EXPECT_THAT(filesystem_.ReadFile(site_ + "helper.py"), IsOkAndHolds("x = 1\n"));
}

TEST_F(VenvSyncTest, AFileThatIsGoneIsBroughtBack) {
  const std::vector packages = {Planned(Helper())};
  ASSERT_THAT(Sync(packages), IsOk());
  ASSERT_THAT(filesystem_.RemoveFile(site_ + "helper.py"), IsOk());
  const Result<VenvSyncReport> report = Sync(packages);
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(Changes(report), ElementsAre("replace helper 2.0→2.0"));
  EXPECT_THAT(filesystem_.ReadFile(site_ + "helper.py"), IsOkAndHolds("x = 1\n"));
}

TEST_F(VenvSyncTest, AFileThatNobodyOwnsIsInTheWay) {
  ASSERT_THAT(Sync({}), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, site_ + "helper.py", "mine"), IsOk());
  const Result<VenvSyncReport> report = Sync({Planned(Demo("1.0", "x")), Planned(Helper())});
  EXPECT_THAT(report, HasCode(ErrorCode::kConflict));
  EXPECT_THAT(report, HasMessage(HasSubstr("helper.py is in the way of helper 2.0")));
  EXPECT_THAT(filesystem_.ReadFile(site_ + "helper.py"), IsOkAndHolds("mine"));
  EXPECT_FALSE(IsThere(site_ + "demo"));  // nothing was begun
}

TEST_F(VenvSyncTest, LookingChangesNothing) {
  const Result<VenvSyncReport> report = Sync({Planned(Helper())}, {.depth = SyncDepth::kLook});
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->is_current());
  EXPECT_THAT(Changes(report), ElementsAre("add helper →2.0"));
  EXPECT_FALSE(IsThere(venv_));
}

TEST_F(VenvSyncTest, ADirectoryWithOtherThingsIsRefused) {
  ASSERT_THAT(os::MakeDirectories(filesystem_, venv_), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, venv_ + "/thesis.tex", "years"), IsOk());
  EXPECT_THAT(Sync({Planned(Helper())}), HasMessage(HasSubstr("is no virtual environment")));
  EXPECT_THAT(*filesystem_.ListDirectory(venv_), ::testing::SizeIs(1));
}

TEST_F(VenvSyncTest, NothingOutsideIsRemovedWhateverRecordsSay) {
  ASSERT_THAT(Sync({}), IsOk());
  const std::string precious = WriteFile("precious", "data");
  InstallByAnother("helper", "../../../../precious", "data");
  InstallByAnother("demo", "../../../pyvenv.cfg", "home = /nowhere\n");
  ASSERT_THAT(filesystem_.MakeSymlink(home_.path(), site_ + "linked"), IsOk());
  ASSERT_THAT(Sync({Planned(Demo("2.0", "x")), Planned(Helper())}), IsOk());
  EXPECT_THAT(filesystem_.ReadFile(precious), IsOkAndHolds("data"));
  EXPECT_TRUE(IsThere(venv_ + "/pyvenv.cfg"));
}

TEST_F(VenvSyncTest, FilesBehindALinkOutOfTheEnvironmentStay) {
  ASSERT_THAT(Sync({}), IsOk());
  ASSERT_THAT(filesystem_.MakeDirectory(home_.path() + "/checkout", 0755), IsOk());
  ASSERT_THAT(filesystem_.MakeSymlink(home_.path() + "/checkout", site_ + "linked"), IsOk());
  InstallByAnother("helper", "linked/source.py", "mine");
  const Result<VenvSyncReport> report = Sync({Planned(Helper())});
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(filesystem_.ReadFile(home_.path() + "/checkout/source.py"), IsOkAndHolds("mine"));
  EXPECT_THAT(report->warnings, Contains(HasSubstr("linked/source.py")));
}

TEST_F(VenvSyncTest, CopiesCanBeWritten) {
  ASSERT_THAT(Sync({Planned(Helper())}, {.link_mode = LinkMode::kCopy}), IsOk());
  const os::FileInfo info = *filesystem_.Lstat(site_ + "helper.py");
  EXPECT_EQ(info.link_count, 1U);
  EXPECT_NE(info.mode & 0200U, 0U);
}

TEST_F(VenvSyncTest, SymbolicLinksAreOnePerFile) {
  ASSERT_THAT(Sync({Planned(Demo("1.0", "x"))}, {.link_mode = LinkMode::kSymlink}), IsOk());
  EXPECT_EQ(filesystem_.Lstat(site_ + "demo")->type, os::FileType::kDirectory);
  EXPECT_EQ(filesystem_.Lstat(site_ + "demo/__init__.py")->type, os::FileType::kSymlink);
  EXPECT_EQ(filesystem_.Lstat(venv_ + "/bin/demo")->type, os::FileType::kFile);
}

// Whatever operation is the last before the process dies, the next synchronisation mends it, and
// meanwhile no package looks installed whose files are not all there.
TEST_F(VenvSyncTest, AFailureAnywhereIsMendedByTheNext) {
  const std::vector before = {Planned(Demo("1.0", "old")), Planned(Helper())};
  const std::vector after = {Planned(Demo("1.1", "new"))};
  for (std::uint64_t operation = 1;; ++operation) {
    ASSERT_LT(operation, 500U);
    ASSERT_THAT(os::RemoveTree(filesystem_, venv_), IsOk());
    ASSERT_THAT(Sync(before), IsOk());
    os::FaultyFileSystem faulty(filesystem_);
    faulty.FailFrom(operation, {.code = ErrorCode::kIo, .message = "disk on fire"});
    static_cast<void>(SyncThrough(faulty, after));
    for (const auto& [dist_info, file] : std::map<std::string, std::string>{
             {"demo-1.0.dist-info", "demo/__init__.py"}, {"helper-2.0.dist-info", "helper.py"}}) {
      EXPECT_TRUE(!IsThere(site_ + dist_info) || IsThere(site_ + file)) << operation;
    }
    const Result<VenvSyncReport> mended = Sync(after);
    ASSERT_THAT(mended, IsOk()) << operation;
    EXPECT_THAT(filesystem_.ReadFile(site_ + "demo/__init__.py"), IsOkAndHolds("new"));
    EXPECT_FALSE(IsThere(site_ + "helper.py")) << operation;
    EXPECT_THAT(*filesystem_.ListDirectory(venv_ + "/.flowstone-sync"), ::testing::SizeIs(1));
    if (faulty.operation_count() < operation) {
      break;
    }
  }
}

}  // namespace
}  // namespace flowstone::install
