#include "flowstone/install/environment_builder.h"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "flowstone/install/archive_cache.h"
#include "flowstone/install/environment_record.h"
#include "flowstone/install/interpreter_probe.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/os/posix_process_runner.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;

// Adds local wheels to an archive cache, and counts how often it was asked.
class LocalArchives final : public ArchiveProvider {
 public:
  LocalArchives(os::FileSystem& filesystem, const CacheLayout& layout)
      : cache_(filesystem, layout) {}

  Result<std::vector<ArchivePlan>> Provide(std::span<const WheelArtifact> wheels) override {
    ++asked_;
    std::vector<ArchivePlan> plans;
    for (const WheelArtifact& wheel : wheels) {
      FLOWSTONE_LET(ArchivePlan plan, cache_.Add(wheel.location, wheel.file_name, wheel.digest));
      plans.push_back(std::move(plan));
    }
    return plans;
  }
  int asked() const { return asked_; }

 private:
  ArchiveCache cache_;
  int asked_ = 0;
};

class EnvironmentBuilderTest : public CacheFixture {
 protected:
  EnvironmentBuilderTest() : archives_(filesystem_, layout_) {
    spec_.interpreter.executable = WriteFile("python3.11", "not run", 0755);
    spec_.interpreter.version = *pypi::Version::Parse("3.11.7");
    spec_.interpreter.identity = Digest::Of("python");
    spec_.interpreter.target.markers.sys_platform = "linux";
    spec_.interpreter.stamp = StampOf(*filesystem_.Stat(spec_.interpreter.executable));
    WheelBuilder demo("demo", "1.0");
    demo.Add("demo/__init__.py", "def main():\n    print('hello from demo')\n")
        .Add("demo-1.0.data/scripts/tool", "#!python\nimport demo\ndemo.main()\n")
        .SetEntryPoints("[console_scripts]\ndemo = demo:main\n");
    WheelBuilder helper("helper", "2.0");
    helper.Add("helper.py", "x = 1\n");
    spec_.packages = {{.wheel = LocalWheel(demo), .wish = Wish::kRequested, .direct_url = {}},
                      {.wheel = LocalWheel(helper), .direct_url = {}}};
  }

  Result<Environment> Ensure() { return EnsureThrough(filesystem_, archives_); }
  Result<Environment> EnsureBy(LinkMode mode) {
    return EnvironmentBuilder({.filesystem = filesystem_,
                               .layout = layout_,
                               .archives = archives_,
                               .progress = progress_,
                               .link_mode = mode})
        .Ensure(spec_);
  }
  Result<Environment> EnsureThrough(os::FileSystem& filesystem, ArchiveProvider& archives) {
    return EnvironmentBuilder({.filesystem = filesystem,
                               .layout = layout_,
                               .archives = archives,
                               .progress = progress_})
        .Ensure(spec_);
  }
  std::string Read(const std::string& path) {
    return filesystem_.ReadFile(layout_.EnvironmentDirectory(EnvironmentId(spec_)) + "/" + path)
        .value();
  }

  LocalArchives archives_;
  NoProgress progress_;
  EnvironmentSpec spec_;
};

TEST_F(EnvironmentBuilderTest, TheDirectoryIsAVenv) {
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_EQ(environment->outcome, EnvironmentOutcome::kBuilt);
  EXPECT_EQ(environment->directory, layout_.EnvironmentDirectory(EnvironmentId(spec_)));
  EXPECT_EQ(Read("pyvenv.cfg"), "home = " + home_.path() +
                                    "\n"
                                    "include-system-site-packages = false\n"
                                    "version = 3.11.7\n");
  EXPECT_THAT(filesystem_.ReadSymlink(environment->python),
              IsOkAndHolds(spec_.interpreter.executable));
  EXPECT_THAT(filesystem_.ReadSymlink(environment->directory + "/bin/python3.11"),
              IsOkAndHolds("python"));
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(EnvironmentBuilderTest, AsHardLinksFilesAreThoseOfTheCache) {
  const Result<Environment> environment = EnsureBy(LinkMode::kHardlink);
  ASSERT_THAT(environment, IsOk());
  const os::FileInfo linked = *filesystem_.Stat(environment->site_packages + "/helper.py");
  const os::FileInfo cached = *filesystem_.Stat(
      layout_.ArchiveDirectory(spec_.packages[1].wheel.digest) + "/site/helper.py");
  EXPECT_EQ(linked.inode, cached.inode);
  EXPECT_EQ(linked.link_count, 2U);
}

TEST_F(EnvironmentBuilderTest, AsSymbolicLinksWholeDirectoriesAreThoseOfTheCache) {
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_EQ(environment->link_mode, LinkMode::kSymlink);
  const std::string archive = layout_.ArchiveDirectory(spec_.packages[0].wheel.digest);
  EXPECT_EQ(filesystem_.Lstat(environment->site_packages + "/demo")->type, os::FileType::kSymlink);
  EXPECT_THAT(filesystem_.RealPath(environment->site_packages + "/demo"),
              IsOkAndHolds(*filesystem_.RealPath(archive + "/site/demo")));
}

TEST_F(EnvironmentBuilderTest, SymbolicLinksSurviveAMoveOfTheWholeCache) {
  ASSERT_THAT(Ensure(), IsOk());
  ASSERT_THAT(filesystem_.Rename(home_.path() + "/home", home_.path() + "/moved"), IsOk());
  const CacheLayout moved(home_.path() + "/moved");
  EXPECT_THAT(filesystem_.ReadFile(moved.EnvironmentDirectory(EnvironmentId(spec_)) +
                                   "/lib/python3.11/site-packages/demo/__init__.py"),
              IsOkAndHolds(HasSubstr("hello from demo")));
}

TEST_F(EnvironmentBuilderTest, EveryModeGivesTheSameTree) {
  const auto tree_of = [this](const Environment& environment) {
    std::map<std::string, std::string> tree;
    const std::string site = environment.site_packages;
    for (const char* name : {"/demo/__init__.py", "/helper.py", "/demo-1.0.dist-info/RECORD",
                             "/demo-1.0.dist-info/REQUESTED", "/helper-2.0.dist-info/RECORD",
                             "/../../../bin/demo", "/../../../bin/tool"}) {
      tree[name] = filesystem_.ReadFile(site + name).value();
    }
    return tree;
  };
  const Result<Environment> copied = EnsureBy(LinkMode::kCopy);
  ASSERT_THAT(copied, IsOk());
  for (const LinkMode mode : {LinkMode::kSymlink, LinkMode::kHardlink, LinkMode::kClone}) {
    const Result<Environment> environment = EnsureBy(mode);
    ASSERT_THAT(environment, IsOk());
    EXPECT_EQ(environment->id, copied->id);
    EXPECT_NE(environment->directory, copied->directory);
    EXPECT_EQ(tree_of(*environment), tree_of(*copied)) << LinkModeName(mode);
  }
}

TEST_F(EnvironmentBuilderTest, CopiesShareNothingWithTheCache) {
  const Result<Environment> environment = EnsureBy(LinkMode::kCopy);
  ASSERT_THAT(environment, IsOk());
  EXPECT_EQ(filesystem_.Stat(environment->site_packages + "/helper.py")->link_count, 1U);
}

TEST_F(EnvironmentBuilderTest, AnArchiveThatIsGoneMeansRebuilding) {
  ASSERT_THAT(Ensure(), IsOk());
  ArchiveCache cache(filesystem_, layout_);
  ASSERT_THAT(cache.Discard(spec_.packages[1].wheel.digest), IsOk());
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_EQ(environment->outcome, EnvironmentOutcome::kRebuilt);
  EXPECT_THAT(environment->message, HasSubstr("the unpacked helper 2.0 is gone"));
  EXPECT_THAT(filesystem_.ReadFile(environment->site_packages + "/helper.py"),
              IsOkAndHolds("x = 1\n"));
}

TEST_F(EnvironmentBuilderTest, UsersWithOtherHomesHaveTheSameIds) {
  const Result<Environment> here = Ensure();
  ASSERT_THAT(here, IsOk());
  layout_ = CacheLayout(home_.path() + "/other-home");
  spec_.interpreter.executable = WriteFile("python-of-another-user", "not run", 0755);
  spec_.interpreter.stamp = StampOf(*filesystem_.Stat(spec_.interpreter.executable));
  LocalArchives archives(filesystem_, layout_);
  const Result<Environment> there = EnsureThrough(filesystem_, archives);
  ASSERT_THAT(there, IsOk());
  EXPECT_EQ(there->id, here->id);
  EXPECT_NE(there->directory, here->directory);
}

TEST_F(EnvironmentBuilderTest, InstalledMetadataIsComplete) {
  ASSERT_THAT(Ensure(), IsOk());
  const std::string dist_info = "lib/python3.11/site-packages/demo-1.0.dist-info";
  EXPECT_EQ(Read(dist_info + "/INSTALLER"), "flowstone\n");
  EXPECT_EQ(Read(dist_info + "/REQUESTED"), "");
  const std::string record = Read(dist_info + "/RECORD");
  for (const char* path : {"../../../bin/demo,sha256=", "../../../bin/tool,sha256=",
                           "demo/__init__.py,sha256=", "demo-1.0.dist-info/METADATA,sha256=",
                           "demo-1.0.dist-info/RECORD,,", "demo-1.0.dist-info/REQUESTED,sha256="}) {
    EXPECT_THAT(record, HasSubstr(path));
  }
}

TEST_F(EnvironmentBuilderTest, SecondTimeIsReusedWithoutAskingForArchives) {
  ASSERT_THAT(Ensure(), IsOk());
  os::FaultyFileSystem counting(filesystem_);
  const Result<Environment> again = EnsureThrough(counting, archives_);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->outcome, EnvironmentOutcome::kReused);
  EXPECT_EQ(counting.operation_count(), 4U);  // the record, the interpreter, two archives
  EXPECT_EQ(archives_.asked(), 1);
}

TEST_F(EnvironmentBuilderTest, OfManyWhoWantItOneBuilds) {
  std::atomic<int> built = 0;
  {
    std::array<std::jthread, 6> others;
    for (std::jthread& other : others) {
      other = std::jthread([&] {
        LocalArchives archives(filesystem_, layout_);
        const Result<Environment> environment = EnsureThrough(filesystem_, archives);
        EXPECT_THAT(environment, IsOk());
        built += environment && environment->outcome == EnvironmentOutcome::kBuilt ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(built, 1);
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(EnvironmentBuilderTest, AWheelIsThePackageThatTheLockSays) {
  spec_.packages[1].wheel.version = "2.0.0";
  EXPECT_THAT(Ensure(), IsOk());
  spec_.packages[1].wheel.version = "2.1";
  const Result<Environment> other_version = Ensure();
  ASSERT_THAT(other_version, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(other_version.error().message, HasSubstr("the wheel that has it is helper 2.0"));
  spec_.packages[1].wheel.version = "2.0";
  spec_.packages[1].wheel.name = "stranger";
  EXPECT_THAT(Ensure(), HasCode(ErrorCode::kInvalid));
}

TEST_F(EnvironmentBuilderTest, OrderAndPlaceOfPackagesDoNotMatter) {
  const Digest id = EnvironmentId(spec_);
  std::swap(spec_.packages[0], spec_.packages[1]);
  spec_.packages[0].wheel.location = "https://elsewhere.example/x.whl";
  spec_.interpreter.executable = "/another/python";
  EXPECT_EQ(EnvironmentId(spec_), id);
}

TEST_F(EnvironmentBuilderTest, IdentityDependsOnContent) {
  const Digest id = EnvironmentId(spec_);
  EnvironmentSpec other = spec_;
  other.packages[0].wheel.digest = Digest::Of("other");
  EXPECT_NE(EnvironmentId(other), id);
  other = spec_;
  other.packages[0].wish = Wish::kDependency;
  EXPECT_NE(EnvironmentId(other), id);
  other = spec_;
  other.interpreter.identity = Digest::Of("other python");
  EXPECT_NE(EnvironmentId(other), id);
}

TEST_F(EnvironmentBuilderTest, ReplacedInterpreterMeansRebuilding) {
  ASSERT_THAT(Ensure(), IsOk());
  WriteFile("python3.11", "another build", 0755);
  spec_.interpreter.stamp = StampOf(*filesystem_.Stat(spec_.interpreter.executable));
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_EQ(environment->outcome, EnvironmentOutcome::kRebuilt);
  EXPECT_THAT(environment->message, HasSubstr("was replaced"));
  EXPECT_EQ(Ensure()->outcome, EnvironmentOutcome::kReused);
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(EnvironmentBuilderTest, AnUpgradedInterpreterIsSaidToBeTheReason) {
  ASSERT_THAT(Ensure(), IsOk());
  spec_.interpreter.identity = Digest::Of("newer python");
  spec_.interpreter.version = *pypi::Version::Parse("3.11.9");
  spec_.interpreter.formerly = "Python 3.11.7";
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_EQ(environment->outcome, EnvironmentOutcome::kBuilt);
  EXPECT_THAT(environment->message,
              HasSubstr("python3.11 was Python 3.11.7 and is Python 3.11.9 now"));
  EXPECT_EQ(Ensure()->message, "");
}

TEST_F(EnvironmentBuilderTest, VanishedInterpreterMeansRebuildingWithTheOneGiven) {
  ASSERT_THAT(Ensure(), IsOk());
  ASSERT_THAT(filesystem_.RemoveFile(spec_.interpreter.executable), IsOk());
  spec_.interpreter.executable = WriteFile("python3.11-elsewhere", "not run", 0755);
  spec_.interpreter.stamp = StampOf(*filesystem_.Stat(spec_.interpreter.executable));
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_THAT(environment->message, HasSubstr("python3.11 is gone"));
  EXPECT_THAT(filesystem_.ReadSymlink(environment->python),
              IsOkAndHolds(spec_.interpreter.executable));
}

TEST_F(EnvironmentBuilderTest, FindHasNoSideEffects) {
  EnvironmentBuilder builder(
      {.filesystem = filesystem_, .layout = layout_, .archives = archives_, .progress = progress_});
  const Result<std::optional<Environment>> found = builder.Find(spec_);
  ASSERT_THAT(found, IsOk());
  EXPECT_FALSE(found->has_value());
  EXPECT_THAT(os::Exists(filesystem_, layout_.root()), IsOkAndHolds(false));
}

TEST_F(EnvironmentBuilderTest, ConflictingPackagesAreNamedAndNothingIsLeft) {
  WheelBuilder rival("rival", "1.0");
  rival.Add("helper.py/__init__.py", "x = 2\n");
  spec_.packages.push_back({.wheel = LocalWheel(rival), .direct_url = {}});
  const Result<Environment> environment = Ensure();
  EXPECT_THAT(environment, HasCode(ErrorCode::kConflict));
  EXPECT_THAT(environment, HasMessage(HasSubstr("helper 2.0 and rival 1.0")));
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(EnvironmentBuilderTest, OfTwoFilesAtOnePathOneIsUsedWithAWarning) {
  WheelBuilder rival("rival", "1.0");
  rival.Add("helper.py", "x = 2\n");
  spec_.packages.push_back({.wheel = LocalWheel(rival), .direct_url = {}});
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_THAT(environment->warnings,
              ElementsAre(HasSubstr("helper 2.0 and rival 1.0 have different files at "
                                    "lib/python3.11/site-packages/helper.py")));
  EXPECT_EQ(Read("lib/python3.11/site-packages/helper.py"), "x = 2\n");
}

TEST_F(EnvironmentBuilderTest, WarningsNameTheirPackage) {
  WheelBuilder odd("odd", "1.0");
  odd.AddUnlisted("odd.py", "");
  spec_.packages.push_back({.wheel = LocalWheel(odd), .direct_url = {}});
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  EXPECT_THAT(environment->warnings, ElementsAre("odd 1.0: RECORD has no hash of odd.py"));
}

TEST_F(EnvironmentBuilderTest, AFailureAnywhereLeavesTheOldOrTheNewState) {
  ASSERT_THAT(archives_.Provide(std::vector{spec_.packages[0].wheel, spec_.packages[1].wheel}),
              IsOk());
  const std::string directory = layout_.EnvironmentDirectory(EnvironmentId(spec_));
  for (std::uint64_t operation = 1;; ++operation) {
    ASSERT_LT(operation, 500U);
    os::FaultyFileSystem faulty(filesystem_);
    faulty.FailFrom(operation, {.code = ErrorCode::kIo, .message = "disk on fire"});
    LocalArchives dying(faulty, layout_);
    const bool done = EnsureThrough(faulty, dying).has_value();
    const Result<Environment> next = Ensure();
    ASSERT_THAT(next, IsOk()) << operation;
    EXPECT_EQ(Read("lib/python3.11/site-packages/helper.py"), "x = 1\n");
    if (done) {
      EXPECT_EQ(next->outcome, EnvironmentOutcome::kReused) << operation;
    }
    RemoveAbandonedStaging(filesystem_, layout_);
    EXPECT_THAT(Unfinished(), IsEmpty()) << operation;
    if (faulty.operation_count() < operation) {
      break;
    }
    ASSERT_THAT(os::RemoveTree(filesystem_, directory), IsOk());
  }
}

TEST_F(EnvironmentBuilderTest, AFullDiskLeavesNothingBehind) {
  ASSERT_THAT(archives_.Provide(std::vector{spec_.packages[0].wheel, spec_.packages[1].wheel}),
              IsOk());
  for (std::uint64_t write = 1; write < 100; ++write) {
    os::FaultyFileSystem full(filesystem_);
    full.FillDiskFromWrite(write);
    LocalArchives archives(full, layout_);
    if (EnsureThrough(full, archives)) {
      EXPECT_GT(write, 3U);
      return;
    }
    EXPECT_THAT(os::Exists(filesystem_, layout_.EnvironmentDirectory(EnvironmentId(spec_))),
                IsOkAndHolds(false));
    EXPECT_THAT(Unfinished(), IsEmpty()) << write;
  }
  FAIL() << "never succeeded";
}

class RealEnvironmentTest : public EnvironmentBuilderTest {
 protected:
  RealEnvironmentTest() {
    spec_.interpreter =
        InterpreterProbe(filesystem_, processes_, layout_).Probe(FLOWSTONE_PYTHON).value();
  }
  Result<os::ProcessResult> Run(std::vector<std::string> arguments) {
    return processes_.Run({.arguments = std::move(arguments),
                           .environment = {{"PATH", "/usr/bin:/bin"},
                                           {"PYTHONPATH", "/nowhere"},
                                           {"PYTHONDONTWRITEBYTECODE", "1"}},
                           .directory = "/",
                           .descriptors = {}},
                          "", std::chrono::seconds(30));
  }

  os::PosixProcessRunner processes_;
};

TEST_F(RealEnvironmentTest, OnlyTheEnvironmentAndTheStandardLibraryAreSeen) {
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  const Result<os::ProcessResult> result =
      Run({environment->python, "-I", "-c",
           "import sys, importlib.metadata as m\n"
           "print(*[p for p in sys.path if 'site-packages' in p or 'dist-packages' in p])\n"
           "print(*sorted(d.metadata['Name'] for d in m.distributions()))\n"
           "print(sys.prefix)\n"
           "import demo; demo.main()"});
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->errors, "");
  EXPECT_EQ(result->output, environment->site_packages + "\ndemo helper\n" +
                                environment->directory + "\nhello from demo\n");
}

TEST_F(RealEnvironmentTest, ProgramsRunAlsoThroughLinks) {
  const Result<Environment> environment = Ensure();
  ASSERT_THAT(environment, IsOk());
  const std::string link = home_.path() + "/linked";
  ASSERT_THAT(filesystem_.MakeSymlink(environment->directory + "/bin/demo", link), IsOk());
  for (const std::string& program :
       {environment->directory + "/bin/demo", environment->directory + "/bin/tool", link}) {
    const Result<os::ProcessResult> result = Run({program});
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->output, "hello from demo\n") << program << result->errors;
  }
}

}  // namespace
}  // namespace flowstone::install
