#include "flowstone/install/cache_cleaner.h"

#include <gmock/gmock.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/install/archive_cache.h"
#include "flowstone/install/archive_claim.h"
#include "flowstone/install/environment_builder.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/install/venv_roots.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/os/lease.h"
#include "flowstone/os/path.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using ::testing::IsEmpty;
using testing::IsOk;

constexpr std::int64_t kLater = 4'000'000'000'000'000'000;

// Adds local wheels to an archive cache.
class ArchivesOnDisk final : public ArchiveProvider {
 public:
  ArchivesOnDisk(os::FileSystem& filesystem, const CacheLayout& layout)
      : cache_(filesystem, layout) {}

  Result<std::vector<ArchivePlan>> Provide(std::span<const WheelArtifact> wheels) override {
    std::vector<ArchivePlan> plans;
    plans.reserve(wheels.size());
    for (const WheelArtifact& wheel : wheels) {
      FLOWSTONE_LET(ArchivePlan plan, cache_.Add(wheel.location, wheel.file_name, wheel.digest));
      plans.push_back(std::move(plan));
    }
    return plans;
  }

 private:
  ArchiveCache cache_;
};

class CacheCleanerTest : public CacheFixture {
 protected:
  CacheCleanerTest()
      : archives_(filesystem_, layout_),
        cleaner_(filesystem_, home_.path() + "/home", [](const std::string&) {}) {
    spec_.interpreter.executable = WriteFile("python3.11", "not run", 0755);
    spec_.interpreter.version = *pypi::Version::Parse("3.11.7");
    spec_.interpreter.identity = Digest::Of("python");
    spec_.interpreter.target.markers.sys_platform = "linux";
    spec_.interpreter.stamp = StampOf(*filesystem_.Stat(spec_.interpreter.executable));
    WheelBuilder demo("demo", "1.0");
    demo.Add("demo/__init__.py", std::string(20'000, '#'));
    spec_.packages = {{.wheel = LocalWheel(demo), .direct_url = {}}};
  }

  Result<Environment> Ensure() {
    return EnvironmentBuilder({.filesystem = filesystem_,
                               .layout = layout_,
                               .archives = archives_,
                               .progress = progress_})
        .Ensure(spec_);
  }
  bool IsThere(const std::string& path) { return filesystem_.Lstat(path).has_value(); }
  std::string Archive() { return layout_.ArchiveDirectory(spec_.packages[0].wheel.digest); }
  CleaningReport Clean(const CleaningWish& wish = {}) { return *cleaner_.Clean(wish, kLater); }
  std::uint64_t Total() {
    return TakeInventory(filesystem_, home_.path() + "/home", kLater)->total();
  }

  ArchivesOnDisk archives_;
  NoProgress progress_;
  EnvironmentSpec spec_;
  CacheCleaner cleaner_;
};

TEST_F(CacheCleanerTest, WhatNobodyUsesGoes) {
  const std::string directory = Ensure()->directory;
  const CleaningReport report = Clean();
  EXPECT_FALSE(IsThere(directory));
  EXPECT_FALSE(IsThere(Archive()));
  EXPECT_THAT(Unfinished(), IsEmpty());
  EXPECT_GT(report.freed, 20'000);
}

TEST_F(CacheCleanerTest, ALookChangesNothingAndSaysWhatWillBe) {
  const std::string directory = Ensure()->directory;
  const std::uint64_t before = Total();
  const Result<CleaningReport> look = cleaner_.Look({}, kLater);
  ASSERT_THAT(look, IsOk());
  EXPECT_TRUE(IsThere(directory));
  EXPECT_EQ(Total(), before);
  const CleaningReport report = Clean();
  EXPECT_EQ(report.gone, look->gone);
  EXPECT_EQ(report.freed, look->freed);
}

TEST_F(CacheCleanerTest, ALeasedEnvironmentStaysWithItsArchives) {
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  ASSERT_NE(environment->lease, nullptr);
  const CleaningReport report = Clean();
  EXPECT_TRUE(IsThere(environment->directory));
  EXPECT_TRUE(IsThere(Archive()));
  EXPECT_EQ(report.kept.size(), 2);
}

TEST_F(CacheCleanerTest, AReusedEnvironmentIsLeasedToo) {
  static_cast<void>(Ensure());
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_EQ(environment->outcome, EnvironmentOutcome::kReused);
  Clean();
  EXPECT_TRUE(IsThere(environment->directory));
}

TEST_F(CacheCleanerTest, AClaimedArchiveStays) {
  static_cast<void>(Ensure());
  const auto claim = ArchiveClaim::Make(filesystem_, layout_, WheelsOf(spec_));
  ASSERT_THAT(claim, IsOk());
  Clean();
  EXPECT_TRUE(IsThere(Archive()));
}

TEST_F(CacheCleanerTest, AnArchiveThatAVirtualEnvironmentLinksStaysUntilThatIsGone) {
  static_cast<void>(Ensure());
  const std::string venv = home_.path() + "/venv";
  ASSERT_THAT(filesystem_.MakeDirectory(venv, 0755), IsOk());
  WriteFile("venv/pyvenv.cfg", "");
  const Result<std::vector<PlannedPackage>> packages = ProvidePackages(archives_, spec_);
  ASSERT_THAT(packages, IsOk());
  ASSERT_THAT(NoteLinkedVenv(filesystem_, layout_, venv, *packages, VenvLinks::kSymbolic), IsOk());
  Clean();
  EXPECT_TRUE(IsThere(Archive()));
  ASSERT_THAT(os::RemoveTree(filesystem_, venv), IsOk());
  Clean();
  EXPECT_FALSE(IsThere(Archive()));
}

TEST_F(CacheCleanerTest, AVirtualEnvironmentWithoutLinksLeavesNoNote) {
  const Result<std::vector<PlannedPackage>> packages = ProvidePackages(archives_, spec_);
  ASSERT_THAT(packages, IsOk());
  ASSERT_THAT(
      NoteLinkedVenv(filesystem_, layout_, home_.path() + "/venv", *packages, VenvLinks::kNone),
      IsOk());
  EXPECT_FALSE(IsThere(layout_.linked_venvs()));
}

TEST_F(CacheCleanerTest, AnArchiveInheritsTheAgeOfItsEnvironment) {
  const std::string directory = Ensure()->directory;
  ASSERT_THAT(filesystem_.SetModifiedTime(Archive(), 1'000), IsOk());
  ASSERT_THAT(filesystem_.SetModifiedTime(directory, 2'000'000'000'000'000'000), IsOk());
  Clean({.kinds = {CacheKind::kEnvironments}});
  EXPECT_FALSE(IsThere(directory));
  EXPECT_EQ(filesystem_.Lstat(Archive())->modified_ns, 2'000'000'000'000'000'000);
}

TEST_F(CacheCleanerTest, WhatKilledProcessesLeftGoes) {
  static_cast<void>(Ensure());
  const std::vector<std::string> left = {
      layout_.temporary() + "/1-2-3/half/made", layout_.temporary() + "/1-2-3.lock",
      layout_.claims() + "/1-2-4", layout_.damaged() + "/wheel/plan"};
  for (const std::string& path : left) {
    ASSERT_THAT(os::MakeDirectories(filesystem_, os::DirName(path)), IsOk());
    ASSERT_THAT(os::ReplaceFile(filesystem_, path, "x"), IsOk());
  }
  Clean({.unused_since_ns = 0});
  for (const std::string& path : left) {
    EXPECT_FALSE(IsThere(path)) << path;
  }
  EXPECT_THAT(Unfinished(), IsEmpty());
  EXPECT_TRUE(IsThere(Archive()));
}

TEST_F(CacheCleanerTest, ABuildInProgressKeepsWhatWasBuilt) {
  const std::string kept = layout_.builds() + "/log/demo.log";
  ASSERT_THAT(os::MakeDirectories(filesystem_, os::DirName(kept)), IsOk());
  ASSERT_THAT(os::MakeDirectories(filesystem_, layout_.locks()), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, kept, "x"), IsOk());
  {
    const auto lease =
        os::FileLock::Acquire(layout_.BuildsLock(), os::LockMode::kShared, os::LockWait::kTry);
    ASSERT_THAT(lease, IsOk());
    Clean();
    EXPECT_TRUE(IsThere(kept));
  }
  Clean();
  EXPECT_FALSE(IsThere(kept));
}

// The disk refuses one operation after the other, such as a directory for what is to be deleted.
TEST_F(CacheCleanerTest, WhateverFailsNothingIsLeftHalfRemoved) {
  for (std::uint64_t operation = 1;; ++operation) {
    const std::string directory = Ensure()->directory;
    os::FaultyFileSystem faulty(filesystem_);
    faulty.FailOnce(operation, {.code = ErrorCode::kIo, .message = "no space left on device"});
    static_cast<void>(
        CacheCleaner(faulty, home_.path() + "/home", [](const std::string&) {}).Clean({}, kLater));
    EXPECT_TRUE(!IsThere(directory) || IsThere(Archive() + "/plan")) << operation;
    EXPECT_TRUE(!IsThere(Archive()) ||
                ArchiveCache(filesystem_, layout_).Verify(spec_.packages[0].wheel.digest))
        << operation;
    Clean();
    EXPECT_FALSE(IsThere(directory)) << operation;
    EXPECT_FALSE(IsThere(Archive())) << operation;
    EXPECT_THAT(Unfinished(), IsEmpty()) << operation;
    if (faulty.operation_count() < operation) {
      break;
    }
  }
}

TEST_F(CacheCleanerTest, ACacheThatIsNotThereIsNotMade) {
  EXPECT_THAT(Clean().removed, IsEmpty());
  EXPECT_THAT(filesystem_.Lstat(layout_.root()), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::install
