#include "flowstone/install/wheel_unpacker.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "flowstone/install/testing/library_image.h"
#include "flowstone/install/testing/wheel_builder.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/random_bytes.h"
#include "flowstone/testing/result_matchers.h"
#include "flowstone/testing/zip_builder.h"

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
using ::testing::Not;

class WheelUnpackerTest : public ::testing::Test {
 protected:
  WheelUnpackerTest() { EXPECT_THAT(filesystem_.MakeDirectory("/arc", 0755), IsOk()); }

  Result<ArchivePlan> UnpackBytes(const std::string& bytes, const std::string& file_name,
                                  std::size_t threads = 2) {
    archive::MemoryByteSource source(bytes);
    return UnpackWheel(filesystem_, source, file_name, Digest::Of(bytes), "/arc",
                       {.threads = threads});
  }
  Result<ArchivePlan> Unpack(const WheelBuilder& wheel) {
    return UnpackBytes(wheel.Build(), wheel.FileName());
  }
  std::uint32_t ModeOf(const std::string& path) {
    const Result<os::FileInfo> info = filesystem_.Lstat(path);
    EXPECT_THAT(info, IsOk()) << path;
    return info ? info->mode : 0;
  }

  os::MemoryFileSystem filesystem_;
  WheelBuilder wheel_{"demo", "1.0"};
};

TEST_F(WheelUnpackerTest, FilesLieWhereTheirSchemeWantsThem) {
  wheel_.Add("demo/__init__.py", "x = 1\n")
      .Add("demo-1.0.data/scripts/tool", "#!/bin/sh\n")
      .Add("demo-1.0.data/data/share/demo.txt", "text")
      .Add("demo-1.0.data/headers/demo.h", "int x;");
  const Result<ArchivePlan> plan = Unpack(wheel_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(filesystem_.ReadFile("/arc/site/demo/__init__.py"), IsOkAndHolds("x = 1\n"));
  EXPECT_THAT(filesystem_.ReadFile("/arc/bin/tool"), IsOkAndHolds("#!/bin/sh\n"));
  EXPECT_THAT(filesystem_.ReadFile("/arc/data/share/demo.txt"), IsOkAndHolds("text"));
  EXPECT_THAT(filesystem_.ReadFile("/arc/include/demo/demo.h"), IsOkAndHolds("int x;"));
  EXPECT_THAT(plan->warnings, IsEmpty());
}

TEST_F(WheelUnpackerTest, ThePlanDescribesWhatIsThere) {
  wheel_.Add("demo/a.py", "a").Add("demo/b/c.py", "cc");
  const Result<ArchivePlan> plan = Unpack(wheel_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->name, "demo");
  EXPECT_EQ(plan->dist_info, "demo-1.0.dist-info");
  for (const PlannedDirectory& directory : plan->directories) {
    for (const PlannedFile& file : directory.files) {
      const std::string path = "/arc/" + directory.path + "/" + file.name;
      const Result<std::string> content = filesystem_.ReadFile(path);
      ASSERT_THAT(content, IsOk());
      EXPECT_EQ(Digest::Of(*content), file.digest) << path;
      EXPECT_EQ(ModeOf(path), file.mode) << path;
    }
  }
  EXPECT_THAT(ArchivePlan::Parse(*filesystem_.ReadFile("/arc/plan")), IsOkAndHolds(*plan));
}

TEST_F(WheelUnpackerTest, FilesAreReadOnlyAndKeepTheirExecutableBit) {
  wheel_.Add("demo/run.sh", "#!/bin/sh\n", 0100744).Add("demo/a.py", "a", 0100666);
  ASSERT_THAT(Unpack(wheel_), IsOk());
  EXPECT_EQ(ModeOf("/arc/site/demo/run.sh"), 0555U);
  EXPECT_EQ(ModeOf("/arc/site/demo/a.py"), 0444U);
}

TEST_F(WheelUnpackerTest, SymbolicLinksBecomeFiles) {
  wheel_.Add("demo/link", "/etc/passwd", 0120777);
  ASSERT_THAT(Unpack(wheel_), IsOk());
  EXPECT_EQ(filesystem_.Lstat("/arc/site/demo/link")->type, os::FileType::kFile);
}

TEST_F(WheelUnpackerTest, EntryPointsBecomePrograms) {
  wheel_.SetEntryPoints("[console_scripts]\ndemo = demo.cli:main\n[gui_scripts]\nwin = demo:gui\n");
  ASSERT_THAT(Unpack(wheel_), IsOk());
  EXPECT_THAT(*filesystem_.ReadFile("/arc/bin/demo"), HasSubstr("from demo.cli import main"));
  EXPECT_EQ(ModeOf("/arc/bin/win"), 0555U);
}

TEST_F(WheelUnpackerTest, EntryPointWinsOverAScriptOfItsName) {
  wheel_.Add("demo-1.0.data/scripts/demo", "#!python\nold")
      .SetEntryPoints("[console_scripts]\ndemo = demo:main\n");
  const Result<ArchivePlan> plan = Unpack(wheel_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(*filesystem_.ReadFile("/arc/bin/demo"), HasSubstr("from demo import main"));
  EXPECT_THAT(plan->warnings, Contains(HasSubstr("replaces the wheel's script bin/demo")));
}

TEST_F(WheelUnpackerTest, PythonScriptsAreMadeRelocatable) {
  wheel_.Add("demo-1.0.data/scripts/tool", "#!python\nprint(1)\n");
  ASSERT_THAT(Unpack(wheel_), IsOk());
  EXPECT_THAT(*filesystem_.ReadFile("/arc/bin/tool"), HasSubstr("realpath"));
}

TEST_F(WheelUnpackerTest, RecordIsLeftToTheEnvironmentWhereHeadersArePlacedByIt) {
  wheel_.Add("demo-1.0.data/headers/demo.h", "#pragma once\n");
  ASSERT_THAT(Unpack(wheel_), IsOk());
  EXPECT_THAT(filesystem_.ReadFile("/arc/site/demo-1.0.dist-info/RECORD"),
              HasCode(ErrorCode::kNotFound));
}

TEST_F(WheelUnpackerTest, DirectoriesOfLibrariesThatClimbAreNoted) {
  wheel_.Add("demo/lib/own.so", Library("$ORIGIN/../../demo.libs"))
      .Add("demo.libs/libx.so.1", Library("$ORIGIN"))
      .Add("demo/cuda/other.so", Library("$ORIGIN/../../nvidia/lib"))
      .Add("demo/cuda/another.so.2", Library("$ORIGIN/../../nvidia/lib"));
  const Result<ArchivePlan> plan = Unpack(wheel_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->climbing, ElementsAre("site/demo/cuda"));
}

TEST_F(WheelUnpackerTest, InstallerIsNamed) {
  ASSERT_THAT(Unpack(wheel_), IsOk());
  EXPECT_THAT(filesystem_.ReadFile("/arc/site/demo-1.0.dist-info/INSTALLER"),
              IsOkAndHolds("flowstone\n"));
  EXPECT_THAT(filesystem_.ReadFile("/arc/site/demo-1.0.dist-info/RECORD"),
              IsOkAndHolds(HasSubstr("demo-1.0.dist-info/INSTALLER,sha256=")));
}

TEST_F(WheelUnpackerTest, TheDistInfoDirectoryIsThereAsForThoseWhoAskedForThePackage) {
  wheel_.Add("demo-1.0.dist-info/licenses/LICENSE", "text");
  ASSERT_THAT(Unpack(wheel_), IsOk());
  const std::string info = "/arc/requested/demo-1.0.dist-info";
  EXPECT_THAT(filesystem_.ReadFile(info + "/REQUESTED"), IsOkAndHolds(""));
  EXPECT_THAT(filesystem_.ReadFile(info + "/RECORD"),
              IsOkAndHolds(HasSubstr("demo-1.0.dist-info/REQUESTED,sha256=")));
  EXPECT_THAT(filesystem_.ReadFile(info + "/RECORD"), IsOkAndHolds(Not(HasSubstr("requested/"))));
  EXPECT_EQ(filesystem_.Lstat(info + "/licenses/LICENSE")->inode,
            filesystem_.Lstat("/arc/site/demo-1.0.dist-info/licenses/LICENSE")->inode);
  EXPECT_THAT(filesystem_.ReadFile("/arc/site/demo-1.0.dist-info/RECORD"),
              IsOkAndHolds(Not(HasSubstr("REQUESTED"))));
}

// Files that are unpacked in pieces.
class LargeFileTest : public WheelUnpackerTest, public ::testing::WithParamInterface<std::size_t> {
 protected:
  Result<ArchivePlan> UnpackLarge(const std::string& bytes) {
    return UnpackBytes(bytes, wheel_.FileName(), GetParam());
  }

  std::string content_ =
      std::string(1'500'000, 'a') + flowstone::testing::RandomBytes(700'000) + "end";
};

TEST_P(LargeFileTest, IsWhatWasPacked) {
  const Result<ArchivePlan> plan = UnpackLarge(wheel_.Add("demo/large.bin", content_).Build());
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(filesystem_.ReadFile("/arc/site/demo/large.bin"), IsOkAndHolds(content_));
  const auto directory = std::ranges::find(plan->directories, "site/demo", &PlannedDirectory::path);
  ASSERT_NE(directory, plan->directories.end());
  EXPECT_EQ(directory->files[0].digest, Digest::Of(content_));
  EXPECT_EQ(directory->files[0].size, content_.size());
}

TEST_P(LargeFileTest, IsHeldAgainstItsRecord) {
  wheel_.AddUnlisted("demo/large.bin", content_)
      .AddRecordLine("demo/large.bin,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,2200003");
  EXPECT_THAT(UnpackLarge(wheel_.Build()), HasMessage(HasSubstr("demo/large.bin has the sha256 ")));
}

TEST_P(LargeFileTest, MayBeListedWithAnotherHash) {
  wheel_.AddUnlisted("demo/large.bin", content_).AddRecordLine("demo/large.bin,sha512=AAAA,");
  EXPECT_THAT(UnpackLarge(wheel_.Build()), HasMessage(HasSubstr("demo/large.bin has the sha512 ")));
}

TEST_P(LargeFileTest, IsDamagedWhenItsBytesAre) {
  std::string bytes = wheel_.Add("demo/large.bin", content_).Build();
  const std::size_t inside = bytes.find("demo/large.bin") + 300'000;
  bytes[inside] = static_cast<char>(bytes[inside] ^ 1);
  EXPECT_THAT(UnpackLarge(bytes), HasCode(ErrorCode::kCorrupt));
}

TEST_P(LargeFileTest, LibraryThatClimbsIsNoticed) {
  std::string library = Library("$ORIGIN/../../nvidia/cublas/lib");
  library.resize(2'000'000);
  const auto plan = UnpackLarge(wheel_.Add("demo/lib/large.so", library).Build());
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->climbing, ElementsAre("site/demo/lib"));
}

INSTANTIATE_TEST_SUITE_P(Threads, LargeFileTest, ::testing::Values(1, 2));

TEST_F(WheelUnpackerTest, ReservedEntryPointIsRefused) {
  wheel_.SetEntryPoints("[console_scripts]\nPython3 = demo:main\n");
  EXPECT_THAT(Unpack(wheel_), HasMessage(HasSubstr("stand in for an interpreter")));
}

TEST_F(WheelUnpackerTest, ChangedFileIsNamed) {
  wheel_.AddUnlisted("demo/a.py", "changed")
      .AddRecordLine("demo/a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,7");
  EXPECT_THAT(Unpack(wheel_), HasCode(ErrorCode::kCorrupt));
}

TEST_F(WheelUnpackerTest, MissingFileIsNamed) {
  wheel_.AddRecordLine("demo/gone.py,,");
  EXPECT_THAT(Unpack(wheel_), HasMessage(HasSubstr("RECORD lists demo/gone.py")));
}

TEST_F(WheelUnpackerTest, UnlistedFileIsKeptWithAWarning) {
  wheel_.AddUnlisted("demo/extra.py", "x");
  const Result<ArchivePlan> plan = Unpack(wheel_);
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(filesystem_.ReadFile("/arc/site/demo/extra.py"), IsOkAndHolds("x"));
  EXPECT_THAT(plan->warnings, Contains("RECORD has no hash of demo/extra.py"));
}

TEST_F(WheelUnpackerTest, WheelOfALaterMajorVersionIsRefused) {
  EXPECT_THAT(Unpack(wheel_.SetWheelFile("Wheel-Version: 2.0\n")), HasCode(ErrorCode::kInvalid));
}

TEST_F(WheelUnpackerTest, WheelFileIsRequired) {
  EXPECT_THAT(Unpack(wheel_.SetWheelFile(std::nullopt)),
              HasMessage(HasSubstr("no demo-1.0.dist-info/WHEEL")));
}

TEST_F(WheelUnpackerTest, MetadataOfAnotherProjectIsRefused) {
  EXPECT_THAT(Unpack(wheel_.SetMetadata("Name: other\nVersion: 1.0\n")),
              HasMessage(HasSubstr("METADATA says other 1.0")));
}

TEST_F(WheelUnpackerTest, HostileNamesAreRefused) {
  for (const char* name : {"../evil", "/evil", "a/../../evil", "a\\..\\evil"}) {
    testing::ZipBuilder zip;
    zip.Add(name, "boo");
    EXPECT_THAT(UnpackBytes(zip.Build(), "demo-1.0-py3-none-any.whl"), HasCode(ErrorCode::kCorrupt))
        << name;
  }
  EXPECT_THAT(filesystem_.Lstat("/evil"), HasCode(ErrorCode::kNotFound));
}

TEST_F(WheelUnpackerTest, FullDiskIsToldWithNumbersBeforeAnythingIsWritten) {
  filesystem_.SetAvailableBytes(1U << 20U);
  wheel_.Add("demo/big.bin", std::string(3U << 20U, 'x'));
  EXPECT_THAT(Unpack(wheel_), HasCode(ErrorCode::kIo));
  EXPECT_THAT(Unpack(wheel_), HasMessage(HasSubstr("has 1.0 MiB left, and 3.1 MiB are needed")));
  EXPECT_THAT(*filesystem_.ListDirectory("/arc"), IsEmpty());
}

}  // namespace
}  // namespace flowstone::install
