#include "flowstone/install/python_unpack.h"

#include <gmock/gmock.h>

#include <string>

#include "flowstone/archive/gzip.h"
#include "flowstone/archive/tar_writer.h"
#include "flowstone/archive/zstd.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Not;

class PythonUnpackTest : public ::testing::Test {
 protected:
  PythonUnpackTest() { EXPECT_THAT(filesystem_.MakeDirectory("/to", 0755), IsOk()); }

  Status Unpack(const std::string& name) {
    EXPECT_THAT(tar_.Finish(), IsOk());
    const bool is_full = name.ends_with(".zst");
    EXPECT_THAT(
        os::ReplaceFile(filesystem_, "/archive",
                        is_full ? archive::ZstdCompress(bytes_) : archive::GzipCompress(bytes_)),
        IsOk());
    return UnpackPythonArchive(filesystem_, "/archive", name, "/to");
  }
  void Add(const std::string& path, const std::string& text,
           archive::TarFileMode mode = archive::TarFileMode::kRegular) {
    EXPECT_THAT(tar_.AddFile(path, text, mode), IsOk());
  }

  os::MemoryFileSystem filesystem_;
  std::string bytes_;
  archive::TarWriter tar_{archive::AppendTo(bytes_), 1'600'000'000};
};

TEST_F(PythonUnpackTest, AnInstallationIsUnpackedWithoutItsFirstDirectory) {
  Add("python/bin/python3.12", "elf", archive::TarFileMode::kExecutable);
  EXPECT_THAT(tar_.AddSymlink("python/bin/python3", "python3.12"), IsOk());
  Add("python/lib/python3.12/os.py", "pass\n");
  ASSERT_THAT(Unpack("cpython-3.12.4-install_only_stripped.tar.gz"), IsOk());
  EXPECT_EQ(filesystem_.Stat("/to/bin/python3")->mode, 0755U);
  EXPECT_THAT(filesystem_.ReadFile("/to/lib/python3.12/os.py"), IsOkAndHolds("pass\n"));
  EXPECT_EQ(filesystem_.Stat("/to/lib/python3.12/os.py")->modified_ns, 1'600'000'000'000'000'000);
}

TEST_F(PythonUnpackTest, OfAFullArchiveOnlyTheInstallationIsTaken) {
  Add("python/PYTHON.json", "{}");
  Add("python/build/core.o", "elf");
  Add("python/install/bin/python3", "elf", archive::TarFileMode::kExecutable);
  ASSERT_THAT(Unpack("cpython-3.12.4-pgo+lto-full.tar.zst"), IsOk());
  EXPECT_THAT(filesystem_.Stat("/to/bin/python3"), IsOk());
  EXPECT_THAT(filesystem_.Stat("/to/PYTHON.json"), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(filesystem_.Stat("/to/build"), HasCode(ErrorCode::kNotFound));
}

TEST_F(PythonUnpackTest, ADamagedArchiveIsCorrupt) {
  ASSERT_THAT(os::ReplaceFile(filesystem_, "/archive", "no archive at all"), IsOk());
  EXPECT_THAT(UnpackPythonArchive(filesystem_, "/archive", "a.tar.gz", "/to"),
              HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(UnpackPythonArchive(filesystem_, "/archive", "a.tar.zst", "/to"),
              HasCode(ErrorCode::kCorrupt));
}

TEST(AdaptedBuildFacts, PathsOfTheBuildMoveToTheInstallation) {
  EXPECT_EQ(AdaptedBuildFacts(" 'prefix': '/install',\n"
                              " 'LDFLAGS': '-L/install/lib -Wl,/installation',\n"
                              " 'INCLUDEPY': '/install/include/python3.12',\n"
                              " 'SRC': '/build/install/x',\n",
                              "/home/u/py"),
            " 'prefix': '/home/u/py',\n"
            " 'LDFLAGS': '-L/home/u/py/lib -Wl,/installation',\n"
            " 'INCLUDEPY': '/home/u/py/include/python3.12',\n"
            " 'SRC': '/build/install/x',\n");
  EXPECT_EQ(AdaptedBuildFacts("prefix=/install\n", "/p"), "prefix=/p\n");
}

TEST(AdaptedBuildFacts, ToolsOfThePublisherBecomeUsualOnes) {
  EXPECT_EQ(AdaptedBuildFacts(" 'CC': 'clang -pthread',\n"
                              " 'CXX': '/usr/bin/clang++ -pthread',\n"
                              " 'AR': '/tools/llvm/bin/llvm-ar',\n"
                              " 'COMPILER': 'clangd',\n"
                              " 'EMPTY': '',\n",
                              "/p"),
            " 'CC': 'cc -pthread',\n"
            " 'CXX': 'c++ -pthread',\n"
            " 'AR': 'ar',\n"
            " 'COMPILER': 'clangd',\n"
            " 'EMPTY': '',\n");
}

TEST_F(PythonUnpackTest, AnInstallationIsAdaptedToItsPlace) {
  Add("python/lib/python3.12/os.py", "");
  Add("python/lib/python3.12/_sysconfigdata__linux_.py",
      "build_time_vars = {'prefix': '/install'}");
  Add("python/lib/pkgconfig/python-3.12.pc", "prefix=/install\n");
  ASSERT_THAT(Unpack("a-install_only.tar.gz"), IsOk());
  ASSERT_THAT(AdaptPython(filesystem_, "/to", "/final"), IsOk());
  EXPECT_THAT(filesystem_.ReadFile("/to/lib/python3.12/_sysconfigdata__linux_.py"),
              IsOkAndHolds("build_time_vars = {'prefix': '/final'}"));
  EXPECT_THAT(filesystem_.ReadFile("/to/lib/pkgconfig/python-3.12.pc"),
              IsOkAndHolds("prefix=/final\n"));
  EXPECT_THAT(filesystem_.ReadFile("/to/lib/python3.12/EXTERNALLY-MANAGED"),
              IsOkAndHolds(HasSubstr("[externally-managed]\nError=")));
}

}  // namespace
}  // namespace flowstone::install
