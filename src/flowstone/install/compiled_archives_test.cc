#include "flowstone/install/compiled_archives.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/install/archive_integrity.h"
#include "flowstone/install/compilation_lock.h"
#include "flowstone/install/doctor.h"
#include "flowstone/install/environment_spec.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/os/fake_process_runner.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Not;

constexpr const char* kTag = "cpython-311";

// Adds local wheels to an archive cache, with a warning about each.
class UnpackedArchives final : public ArchiveProvider {
 public:
  explicit UnpackedArchives(ArchiveCache& cache) : cache_(cache) {}
  Result<std::vector<ArchivePlan>> Provide(std::span<const WheelArtifact> wheels) override {
    std::vector<ArchivePlan> plans;
    for (const WheelArtifact& wheel : wheels) {
      FLOWSTONE_LET(ArchivePlan plan, cache_.Add(wheel.location, wheel.file_name, wheel.digest));
      plan.warnings.emplace_back("said this time");
      plans.push_back(std::move(plan));
      asked_.push_back(wheel.name);
    }
    return plans;
  }
  // The wheels that it was asked for.
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  ArchiveCache& cache_;
  std::vector<std::string> asked_;
};

class CompiledArchivesTest : public CacheFixture {
 protected:
  CompiledArchivesTest() : cache_(filesystem_, layout_), unpacked_(cache_) {
    interpreter_.executable = "/usr/bin/python3.11";
    interpreter_.cache_tag = kTag;
    demo_.Add("demo/__init__.py", "x = 1\n")
        .Add("demo/sub/mod.py", "y = 2\n")
        .Add("demo/broken.py", "this is no Python\n")
        .Add("demo/data.txt", "text")
        .Add("demo-1.0.data/scripts/tool.py", "#!python\n")
        .Add("demo-1.0.data/data/share/example.py", "z = 3\n");
  }

  // Writes "bytecode of <name>" for each file but broken ones, and half a file beside.
  Result<os::ProcessResult> Compile(const std::string& input) {
    const std::vector<std::string_view> fields = SplitText(input, '\0');
    for (std::size_t i = 0; i + 3 <= fields.size(); i += 3) {
      const std::string target(fields[i + 1]);
      if (fields[i].find("broken") == std::string_view::npos) {
        FLOWSTONE_TRY(os::ReplaceFile(filesystem_, target,
                                      "bytecode of " + std::string(fields[i + 2]), 0644));
      } else {
        FLOWSTONE_TRY(os::ReplaceFile(filesystem_, target + ".1234", "half", 0644));
      }
    }
    const std::lock_guard lock(mutex_);
    ++compilations_;
    return os::Exited(0, std::string(fields.size() / 3, '+'));
  }

  Result<std::vector<ArchivePlan>> Provide(const std::vector<WheelArtifact>& wheels,
                                           BytecodeUse use) {
    return CompiledArchives({.filesystem = filesystem_,
                             .processes = processes_,
                             .cache = cache_,
                             .archives = unpacked_,
                             .progress = progress_,
                             .interpreter = interpreter_},
                            use)
        .Provide(wheels);
  }
  static std::vector<std::string> PathsOf(const ArchivePlan& plan) {
    std::vector<std::string> paths;
    for (const PlannedDirectory& directory : plan.directories) {
      for (const PlannedFile& file : directory.files) {
        paths.push_back(directory.path + "/" + file.name);
      }
    }
    return paths;
  }
  std::string CompiledDirectory() const {
    return layout_.ArchiveDirectory(Digest::Of(demo_.Build()), kTag);
  }

  ArchiveCache cache_;
  UnpackedArchives unpacked_;
  NoProgress progress_;
  Interpreter interpreter_;
  std::mutex mutex_;
  int compilations_ = 0;  // guarded by mutex_
  os::FakeProcessRunner processes_{
      [this](const os::ProcessSpec&, const std::string& input) { return Compile(input); }};
  WheelBuilder demo_{"demo", "1.0"};
  WheelBuilder plain_{"plain", "1.0"};
};

TEST_F(CompiledArchivesTest, SourcesBelowSitePackagesGetTheirBytecode) {
  const auto plans = Provide({LocalWheel(demo_)}, BytecodeUse::kCompile);
  ASSERT_THAT(plans, IsOk());
  EXPECT_THAT(
      PathsOf(plans->front()),
      ElementsAre("bin/tool.py", "data/share/example.py", "requested/demo-1.0.dist-info/INSTALLER",
                  "requested/demo-1.0.dist-info/METADATA", "requested/demo-1.0.dist-info/RECORD",
                  "requested/demo-1.0.dist-info/REQUESTED", "requested/demo-1.0.dist-info/WHEEL",
                  "site/demo/__init__.py", "site/demo/broken.py", "site/demo/data.txt",
                  "site/demo-1.0.dist-info/INSTALLER", "site/demo-1.0.dist-info/METADATA",
                  "site/demo-1.0.dist-info/RECORD", "site/demo-1.0.dist-info/WHEEL",
                  "site/demo/__pycache__/__init__.cpython-311.pyc", "site/demo/sub/mod.py",
                  "site/demo/sub/__pycache__/mod.cpython-311.pyc"));
  EXPECT_THAT(
      filesystem_.ReadFile(CompiledDirectory() + "/site/demo/sub/__pycache__/mod.cpython-311.pyc"),
      IsOkAndHolds("bytecode of demo/sub/mod.py"));
  for (const char* tree : {"/site", "/requested"}) {
    EXPECT_THAT(filesystem_.ReadFile(CompiledDirectory() + tree + "/demo-1.0.dist-info/RECORD"),
                IsOkAndHolds(HasSubstr("demo/sub/__pycache__/mod.cpython-311.pyc,sha256=")));
  }
}

TEST_F(CompiledArchivesTest, FilesAreThoseOfTheArchive) {
  ASSERT_THAT(Provide({LocalWheel(demo_)}, BytecodeUse::kCompile), IsOk());
  const std::string unpacked = layout_.ArchiveDirectory(Digest::Of(demo_.Build()));
  EXPECT_EQ(filesystem_.Lstat(CompiledDirectory() + "/site/demo/data.txt")->inode,
            filesystem_.Lstat(unpacked + "/site/demo/data.txt")->inode);
  EXPECT_THAT(cache_.Verify(Digest::Of(demo_.Build())), IsOk());
}

TEST_F(CompiledArchivesTest, WhatIsSaidOfAnArchiveIsSaidAndNotKept) {
  const auto first = Provide({LocalWheel(demo_)}, BytecodeUse::kCompile);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(first->front().warnings, ElementsAre("said this time"));
  const auto second = Provide({LocalWheel(demo_)}, BytecodeUse::kCompile);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(second->front().warnings, IsEmpty());
}

TEST_F(CompiledArchivesTest, OnlyArchivesWithoutBytecodeAreAskedFor) {
  ASSERT_THAT(Provide({LocalWheel(demo_)}, BytecodeUse::kCompile), IsOk());
  const auto plans = Provide({LocalWheel(plain_), LocalWheel(demo_)}, BytecodeUse::kWhereThere);
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->at(0).name, "plain");
  EXPECT_EQ(plans->at(1).name, "demo");
  EXPECT_THAT(unpacked_.asked(), ElementsAre("demo", "plain"));
}

TEST_F(CompiledArchivesTest, ThePlanIsThatOfTheDirectory) {
  ASSERT_THAT(Provide({LocalWheel(demo_)}, BytecodeUse::kCompile), IsOk());
  const auto plans = Provide({LocalWheel(demo_)}, BytecodeUse::kCompile);
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->front().bytecode, kTag);
  EXPECT_THAT(ArchivePlan::Parse(*filesystem_.ReadFile(CompiledDirectory() + "/plan")),
              IsOkAndHolds(plans->front()));
  EXPECT_THAT(VerifyArchive(filesystem_, plans->front(), CompiledDirectory()), IsOk());
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(CompiledArchivesTest, CompilingIsDoneOnceAndServesEverybody) {
  const WheelArtifact wheel = LocalWheel(demo_);
  const auto first = Provide({wheel, wheel}, BytecodeUse::kCompile);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->at(0), first->at(1));
  for (const BytecodeUse use : {BytecodeUse::kCompile, BytecodeUse::kWhereThere}) {
    const auto later = Provide({wheel}, use);
    ASSERT_THAT(later, IsOk());
    EXPECT_EQ(PathsOf(later->front()), PathsOf(first->front()));
  }
  EXPECT_EQ(compilations_, 1);
}

TEST_F(CompiledArchivesTest, NothingIsCompiledUnasked) {
  const auto plans = Provide({LocalWheel(demo_)}, BytecodeUse::kWhereThere);
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->front().bytecode, "");
  EXPECT_EQ(compilations_, 0);
}

TEST_F(CompiledArchivesTest, AnotherCacheTagIsAnotherArchive) {
  ASSERT_THAT(Provide({LocalWheel(demo_)}, BytecodeUse::kCompile), IsOk());
  interpreter_.cache_tag = "cpython-312";
  const auto plans = Provide({LocalWheel(demo_)}, BytecodeUse::kWhereThere);
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->front().bytecode, "");
}

TEST_F(CompiledArchivesTest, BytecodeThatTheWheelBroughtIsKept) {
  demo_.Add("demo/__pycache__/__init__.cpython-311.pyc", "of the wheel");
  const auto plans = Provide({LocalWheel(demo_)}, BytecodeUse::kCompile);
  ASSERT_THAT(plans, IsOk());
  EXPECT_THAT(
      filesystem_.ReadFile(CompiledDirectory() + "/site/demo/__pycache__/__init__.cpython-311.pyc"),
      IsOkAndHolds("of the wheel"));
  EXPECT_THAT(PathsOf(plans->front()),
              Contains("site/demo/__pycache__/__init__.cpython-311.pyc").Times(1));
}

TEST_F(CompiledArchivesTest, AWheelWithoutSourcesIsTakenAsItIs) {
  plain_.Add("plain.txt", "x");
  const auto plans = Provide({LocalWheel(plain_)}, BytecodeUse::kCompile);
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(plans->front().bytecode, kTag);
  EXPECT_EQ(compilations_, 0);
}

TEST_F(CompiledArchivesTest, ADamagedOneIsCompiledAnew) {
  ASSERT_THAT(Provide({LocalWheel(demo_)}, BytecodeUse::kCompile), IsOk());
  ASSERT_THAT(filesystem_.RemoveFile(CompiledDirectory() +
                                     "/site/demo/__pycache__/__init__.cpython-311.pyc"),
              IsOk());
  const auto plans = Provide({LocalWheel(demo_)}, BytecodeUse::kCompile);
  ASSERT_THAT(plans, IsOk());
  EXPECT_EQ(compilations_, 2);
  EXPECT_THAT(VerifyArchive(filesystem_, plans->front(), CompiledDirectory()), IsOk());
}

TEST_F(CompiledArchivesTest, TheDoctorLooksAtThemToo) {
  ASSERT_THAT(Provide({LocalWheel(demo_)}, BytecodeUse::kCompile), IsOk());
  const Digest wheel = Digest::Of(demo_.Build());
  EXPECT_THAT(cache_.ListCompiled(),
              IsOkAndHolds(ElementsAre(ArchiveKey{.wheel = wheel, .bytecode = kTag})));
  EXPECT_THAT(cache_.Verify(wheel, kTag), IsOk());
  const auto archives_are_good = [&] {
    const std::vector<Diagnosis> found = Diagnose(filesystem_, layout_, Depth::kQuick);
    return std::ranges::any_of(found, [](const Diagnosis& diagnosis) {
      return diagnosis.finding == "1 unpacked, 1 with bytecode, all complete";
    });
  };
  EXPECT_TRUE(archives_are_good());
  ASSERT_THAT(filesystem_.RemoveFile(CompiledDirectory() + "/site/demo/data.txt"), IsOk());
  EXPECT_FALSE(archives_are_good());
}

TEST_F(CompiledArchivesTest, WhatLacksBytecodeIsKnownWithoutCompiling) {
  plain_.Add("plain.txt", "x").Add("plain-1.0.data/scripts/tool.py", "#!python\n");
  const auto plain = Provide({LocalWheel(plain_)}, BytecodeUse::kInBackground);
  const auto demo = Provide({LocalWheel(demo_)}, BytecodeUse::kInBackground);
  ASSERT_THAT(plain, IsOk());
  ASSERT_THAT(demo, IsOk());
  EXPECT_FALSE(LacksBytecode(plain->front(), kTag));
  EXPECT_TRUE(LacksBytecode(demo->front(), kTag));
  const auto compiled = Provide({LocalWheel(demo_)}, BytecodeUse::kCompile);
  ASSERT_THAT(compiled, IsOk());
  EXPECT_FALSE(LacksBytecode(compiled->front(), kTag));
}

TEST_F(CompiledArchivesTest, WhoIsAskedForBytecodeWaitsForNobody) {
  const Digest wheel = Digest::Of(demo_.Build());
  ASSERT_THAT(os::MakeDirectories(filesystem_, layout_.locks()), IsOk());
  const auto other = CompilationLock::Try(filesystem_, layout_, wheel, kTag);
  ASSERT_TRUE(other && *other);
  EXPECT_THAT(Provide({LocalWheel(demo_)}, BytecodeUse::kCompile), IsOk());
  EXPECT_EQ(compilations_, 1);
  EXPECT_THAT(cache_.Verify(wheel, kTag), IsOk());
}

TEST_F(CompiledArchivesTest, AskingForBytecodeMakesAnotherEnvironment) {
  EnvironmentSpec spec;
  const Digest before = EnvironmentId(spec);
  spec.bytecode = BytecodeUse::kCompile;
  EXPECT_THAT(EnvironmentId(spec), Not(before));
  spec.bytecode = BytecodeUse::kInBackground;
  EXPECT_EQ(EnvironmentId(spec), before);
}

}  // namespace
}  // namespace flowstone::install
