#include "flowstone/install/archive_integrity.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>

#include "flowstone/install/archive_cache.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOk;

class ArchiveIntegrityTest : public CacheFixture {
 protected:
  ArchiveIntegrityTest() : cache_(filesystem_, layout_) {
    wheel_.Add("demo/a.py", "a = 1\n").Add("demo/tool.sh", "#!/bin/sh\n", 0100755);
    const WheelArtifact artifact = LocalWheel(wheel_);
    plan_ = *cache_.Add(artifact.location, artifact.file_name, artifact.digest);
    directory_ = layout_.ArchiveDirectory(artifact.digest);
  }

  std::string File() const { return directory_ + "/site/demo/a.py"; }

  // Overwrites the file where it lies, as a program does that got hold of a link to it.
  void Overwrite(const std::string& content) {
    const std::int64_t modified_ns = filesystem_.Lstat(File())->modified_ns;
    ASSERT_THAT(filesystem_.SetMode(File(), 0644), IsOk());
    Result<std::unique_ptr<os::OutputFile>> file =
        filesystem_.OpenOutput(File(), os::Existing::kReplace, 0644);
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT((*file)->Write(content), IsOk());
    ASSERT_THAT((*file)->Close(), IsOk());
    ASSERT_THAT(filesystem_.SetMode(File(), 0444), IsOk());
    ASSERT_THAT(filesystem_.SetModifiedTime(File(), modified_ns + 1'000'000'000), IsOk());
  }

  Status Sample() { return SampleArchive(filesystem_, plan_, directory_, 0); }
  Status Check() { return CheckArchive(filesystem_, plan_, directory_); }
  Status Verify() { return VerifyArchive(filesystem_, plan_, directory_); }

  // All depths find it.
  void ExpectFound(const std::string& message) {
    EXPECT_THAT(Sample(), HasMessage(HasSubstr(message)));
    EXPECT_THAT(Check(), HasMessage(HasSubstr(message)));
    EXPECT_THAT(Verify(), HasMessage(HasSubstr(message)));
  }

  WheelBuilder wheel_{"demo", "1.0"};
  ArchiveCache cache_;
  ArchivePlan plan_;
  std::string directory_;
};

TEST_F(ArchiveIntegrityTest, WhatWasUnpackedIsSound) {
  EXPECT_THAT(Sample(), IsOk());
  EXPECT_THAT(Check(), IsOk());
  EXPECT_THAT(Verify(), IsOk());
}

TEST_F(ArchiveIntegrityTest, AFlippedByteIsFound) {
  Overwrite("a = 2\n");
  ExpectFound("demo/a.py is not what was unpacked");
}

TEST_F(ArchiveIntegrityTest, AFlippedByteBehindAnOldTimeIsFoundByReading) {
  Overwrite("a = 2\n");
  ASSERT_THAT(filesystem_.SetModifiedTime(File(), 0), IsOk());
  EXPECT_THAT(Check(), IsOk());
  EXPECT_THAT(Verify(), HasMessage(HasSubstr("demo/a.py is not what was unpacked")));
}

TEST_F(ArchiveIntegrityTest, ATruncatedFileIsFound) {
  Overwrite("a =");
  ExpectFound("demo/a.py is not what was unpacked");
}

TEST_F(ArchiveIntegrityTest, AMissingFileIsFound) {
  ASSERT_THAT(filesystem_.RemoveFile(File()), IsOk());
  ExpectFound("demo/a.py is missing");
}

TEST_F(ArchiveIntegrityTest, AWritableFileIsFound) {
  ASSERT_THAT(filesystem_.SetMode(File(), 0644), IsOk());
  ExpectFound("demo/a.py has other permissions");
}

TEST_F(ArchiveIntegrityTest, ALostExecutableBitIsFound) {
  ASSERT_THAT(filesystem_.SetMode(directory_ + "/site/demo/tool.sh", 0444), IsOk());
  ExpectFound("demo/tool.sh has other permissions");
}

TEST_F(ArchiveIntegrityTest, AReplacedFileIsFound) {
  ASSERT_THAT(filesystem_.RemoveFile(File()), IsOk());
  ASSERT_THAT(filesystem_.MakeSymlink("/etc/hostname", File()), IsOk());
  ExpectFound("demo/a.py is not what was unpacked");
}

TEST_F(ArchiveIntegrityTest, AnAddedFileAndAnAddedDirectoryAreFound) {
  const std::string extra = directory_ + "/site/demo/extra";
  ASSERT_THAT(filesystem_.MakeDirectory(extra, 0755), IsOk());
  ASSERT_THAT(filesystem_.SetModifiedTime(directory_ + "/site/demo", INT64_C(1) << 62U), IsOk());
  ExpectFound("demo/extra does not belong there");
  ASSERT_THAT(filesystem_.RemoveDirectory(extra), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, extra, "x"), IsOk());
  ASSERT_THAT(filesystem_.SetModifiedTime(directory_ + "/site/demo", INT64_C(1) << 62U), IsOk());
  ExpectFound("demo/extra does not belong there");
}

TEST_F(ArchiveIntegrityTest, BytecodeThatPythonAddedIsSound) {
  const std::string cache = directory_ + "/site/demo/__pycache__";
  ASSERT_THAT(filesystem_.MakeDirectory(cache, 0755), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, cache + "/a.cpython-311.pyc", "x"), IsOk());
  ASSERT_THAT(filesystem_.SetModifiedTime(directory_ + "/site/demo", INT64_C(1) << 62U), IsOk());
  EXPECT_THAT(Sample(), IsOk());
  EXPECT_THAT(Verify(), IsOk());
}

TEST_F(ArchiveIntegrityTest, ACopyThatLostItsTimesIsSound) {
  for (const char* path : {"/site/demo/a.py", "/site/demo", "/site"}) {
    ASSERT_THAT(filesystem_.SetModifiedTime(directory_ + path, INT64_C(1) << 62U), IsOk());
  }
  EXPECT_THAT(Sample(), IsOk());
  EXPECT_THAT(Verify(), IsOk());
}

TEST_F(ArchiveIntegrityTest, AChangeInALargeArchiveIsFoundByOneOfItsSamples) {
  WheelBuilder large("large", "1.0");
  for (int i = 0; i < 100; ++i) {
    large.Add("large/" + std::to_string(i) + ".py", "x = " + std::to_string(i) + "\n");
  }
  const WheelArtifact artifact = LocalWheel(large);
  const ArchivePlan plan = *cache_.Add(artifact.location, artifact.file_name, artifact.digest);
  const std::string directory = layout_.ArchiveDirectory(artifact.digest);
  ASSERT_THAT(filesystem_.SetMode(directory + "/site/large/50.py", 0644), IsOk());
  int found = 0;
  for (std::uint64_t seed = 0; seed < plan.FileCount(); ++seed) {
    found += SampleArchive(filesystem_, plan, directory, seed).has_value() ? 0 : 1;
  }
  EXPECT_GT(found, 0);
  EXPECT_LT(found, static_cast<int>(plan.FileCount()) / 4);  // it is a sample
}

}  // namespace
}  // namespace flowstone::install
