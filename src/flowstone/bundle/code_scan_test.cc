#include "flowstone/bundle/code_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "flowstone/bundle/package_info.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/path.h"
#include "flowstone/testing/golden.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::bundle {
namespace {

using flowstone::testing::ExpectGolden;
using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A project in /home/ada/project whose flow file is flow.py.
class CodeScanTest : public ::testing::Test {
 protected:
  void SetUp() override { Write("flow.py"); }

  static std::string Path(const std::string& path) {
    return os::JoinPath("/home/ada/project", path);
  }
  void Write(const std::string& path, std::string_view content = "content") {
    ASSERT_THAT(os::MakeDirectories(files_, os::DirName(Path(path))), IsOk());
    ASSERT_THAT(os::ReplaceFile(files_, Path(path), content), IsOk());
  }
  void Link(const std::string& target, const std::string& path) {
    ASSERT_THAT(os::MakeDirectories(files_, os::DirName(Path(path))), IsOk());
    ASSERT_THAT(files_.MakeSymlink(target, Path(path)), IsOk());
  }
  CodeScan Scan() {
    Result<CodeScan> scan = ScanCode(files_, sources_);
    EXPECT_THAT(scan, IsOk());
    return *std::move(scan);
  }
  // Without the generated description.
  std::vector<std::string> Included() {
    std::vector<std::string> paths;
    for (const ScannedFile& file : Scan().files) {
      if (file.path != kPackageInfoPath) {
        paths.push_back(file.path);
      }
    }
    return paths;
  }
  static Decision Out(const std::string& path, const std::string& rule) {
    return {.path = path, .included = false, .rule = rule};
  }
  static Decision In(const std::string& path, const std::string& rule) {
    return {.path = path, .included = true, .rule = rule};
  }

  os::MemoryFileSystem files_;
  CodeSources sources_{
      .flow_name = "Flow", .flow_file = "/home/ada/project/flow.py", .flowstone_version = "0.1.0"};
};

TEST_F(CodeScanTest, TakesTheTreeBesideTheFlowBySuffix) {
  for (const std::string path : {"lib/__init__.py", "lib/deep/a.py", "model.R", "model.RDS",
                                 "data.csv", "README.md", "py"}) {
    Write(path);
  }
  EXPECT_THAT(Included(),
              ElementsAre("flow.py", "lib/__init__.py", "lib/deep/a.py", "model.R", "model.RDS"));
}

TEST_F(CodeScanTest, AddsTheUsersSuffixesIgnoringCase) {
  sources_.suffixes = {".SQL", "csv", ""};
  for (const std::string path : {"query.sql", "A.PY", "notcsv", "x.CSV", "x.txt"}) {
    Write(path);
  }
  EXPECT_THAT(Included(), ElementsAre("A.PY", "flow.py", "notcsv", "query.sql", "x.CSV"));
}

TEST_F(CodeScanTest, TakesAHiddenFileOnlyWhenASuffixIsItsWholeName) {
  sources_.suffixes = {".env"};
  for (const std::string path : {".env", ".env.local", ".hidden.py", "prod.env"}) {
    Write(path);
  }
  EXPECT_THAT(Included(), ElementsAre(".env", "flow.py", "prod.env"));
}

TEST_F(CodeScanTest, DoesNotEnterWhatIsNeverCode) {
  for (const std::string path :
       {".git/a.py", ".flowstone/a.py", ".metaflow/a.py", "lib/.hidden/a.py", "__pycache__/a.py",
        "lib/__pycache__/a.py", "web/node_modules/a.py", "venv/pyvenv.cfg", "venv/lib/a.py",
        "conda/conda-meta/history", "conda/lib/a.py"}) {
    Write(path);
  }
  EXPECT_THAT(Included(), ElementsAre("flow.py"));
  EXPECT_THAT(
      Scan().decisions,
      ElementsAre(Out(".flowstone/", "hidden"), Out(".git/", "hidden"), Out(".metaflow/", "hidden"),
                  Out("__pycache__/", "__pycache__"), Out("conda/", "conda environment"),
                  In("flow.py", "flow file"), Out("lib/.hidden/", "hidden"),
                  Out("lib/__pycache__/", "__pycache__"), Out("venv/", "virtual environment"),
                  Out("web/node_modules/", "node_modules")));
}

TEST_F(CodeScanTest, SpendsNothingOnAHiddenTree) {
  const auto operations = [this] {
    os::FaultyFileSystem counting(files_);
    EXPECT_THAT(ScanCode(counting, sources_), IsOk());
    return counting.operation_count();
  };
  const std::uint64_t before = operations();
  for (int i = 0; i < 50; ++i) {
    Write(".venv/lib/module" + std::to_string(i) + "/__init__.py");
  }
  EXPECT_EQ(operations(), before);
}

TEST_F(CodeScanTest, AProjectBelowAHiddenDirectoryIsAProject) {
  ASSERT_THAT(os::MakeDirectories(files_, "/tmp/.work"), IsOk());
  ASSERT_THAT(os::ReplaceFile(files_, "/tmp/.work/flow.py", ""), IsOk());
  sources_.flow_file = "/tmp/.work/flow.py";
  EXPECT_THAT(Included(), ElementsAre("flow.py"));
}

TEST_F(CodeScanTest, ReadsIgnoreFilesAtEveryLevel) {
  Write(".flowstoneignore", "build/\n*_test.py\n!keep_test.py\n");
  Write("lib/.flowstoneignore", "/secret.py\n");
  for (const std::string path :
       {"build/a.py", "a_test.py", "keep_test.py", "lib/secret.py", "lib/deep/secret.py"}) {
    Write(path);
  }
  EXPECT_THAT(Included(), ElementsAre("flow.py", "keep_test.py", "lib/deep/secret.py"));
  EXPECT_THAT(Scan().decisions, Contains(Out("build/", "build/ (.flowstoneignore:1)")));
  EXPECT_THAT(Scan().decisions,
              Contains(Out("lib/secret.py", "/secret.py (lib/.flowstoneignore:1)")));
}

TEST_F(CodeScanTest, TakesTheFlowFileWhateverIsIgnored) {
  Write(".flowstoneignore", "*.py\n");
  EXPECT_THAT(Included(), ElementsAre("flow.py"));
}

TEST_F(CodeScanTest, SaysWhyForEveryPath) {
  Write("data.csv");
  Write("lib.py");
  EXPECT_THAT(Scan().decisions,
              ElementsAre(Out("data.csv", "no suffix matches"), In("flow.py", "flow file"),
                          In("lib.py", "suffix .py")));
}

TEST_F(CodeScanTest, StoresALinkedFileAsAFile) {
  ASSERT_THAT(os::ReplaceFile(files_, "/home/ada/shared.py", "shared"), IsOk());
  Link("../shared.py", "shared.py");
  const CodeScan scan = Scan();
  EXPECT_THAT(Included(), ElementsAre("flow.py", "shared.py"));
  EXPECT_THAT(scan.warnings,
              ElementsAre(AllOf(HasSubstr("'shared.py'"), HasSubstr("/home/ada/shared.py"))));
}

TEST_F(CodeScanTest, FollowsALinkedDirectoryInsideTheProject) {
  Write("packages/tools/a.py");
  Link("packages/tools", "tools");
  EXPECT_THAT(Included(), ElementsAre("flow.py", "packages/tools/a.py", "tools/a.py"));
  EXPECT_THAT(Scan().warnings, IsEmpty());
}

TEST_F(CodeScanTest, CutsCyclesOfLinks) {
  Write("a/x.py");
  Link(".", "loop");
  Link("../b", "a/to_b");
  Write("b/y.py");
  Link("../a", "b/to_a");
  EXPECT_THAT(Included(), ElementsAre("a/to_b/y.py", "a/x.py", "b/to_a/x.py", "b/y.py", "flow.py"));
  EXPECT_THAT(Scan().decisions, Contains(Out("loop/", "link to a directory that it is in")));
}

TEST_F(CodeScanTest, ReportsABrokenLinkAndGoesOn) {
  Link("nowhere.py", "broken.py");
  Link("nowhere.txt", "broken.txt");
  EXPECT_THAT(Included(), ElementsAre("flow.py"));
  EXPECT_THAT(Scan().decisions, Contains(Out("broken.py", "broken link")));
  EXPECT_THAT(Scan().warnings, ElementsAre(HasSubstr("'broken.py'")));
}

TEST_F(CodeScanTest, ReportsADirectoryThatCannotBeRead) {
  Write("locked/a.py");
  ASSERT_THAT(files_.SetMode(Path("locked"), 0), IsOk());
  EXPECT_THAT(Included(), ElementsAre("flow.py"));
  EXPECT_THAT(Scan().decisions, Contains(Out("locked/", "cannot be read")));
  EXPECT_THAT(Scan().warnings, ElementsAre(HasSubstr("'locked/'")));
}

TEST_F(CodeScanTest, TakesNamesThatAreNoUtf8) {
  Write("caf\xe9.py");
  EXPECT_THAT(Included(), ElementsAre("caf\xe9.py", "flow.py"));
}

TEST_F(CodeScanTest, KnowsWhatIsExecutable) {
  Write("tool.py");
  ASSERT_THAT(files_.SetMode(Path("tool.py"), 0744), IsOk());
  const CodeScan scan = Scan();
  const auto tool = std::find_if(scan.files.begin(), scan.files.end(),
                                 [](const ScannedFile& file) { return file.path == "tool.py"; });
  ASSERT_NE(tool, scan.files.end());
  EXPECT_TRUE(tool->executable);
}

TEST_F(CodeScanTest, PutsTheSdkIntoAFolderOfItsOwn) {
  for (const std::string path :
       {"flowstone/__init__.py", "flowstone/py.typed", "flowstone/__pycache__/x.pyc",
        "flowstone/.cache/x", "other/__init__.py"}) {
    ASSERT_THAT(os::MakeDirectories(files_, os::DirName("/opt/python/" + path)), IsOk());
    ASSERT_THAT(os::ReplaceFile(files_, "/opt/python/" + path, ""), IsOk());
  }
  ASSERT_THAT(os::MakeDirectories(files_, "/opt/compat/metaflow"), IsOk());
  ASSERT_THAT(os::ReplaceFile(files_, "/opt/compat/metaflow/__init__.py", ""), IsOk());
  sources_.sdk_root = "/opt/python";
  sources_.compat_root = "/opt/compat";
  EXPECT_THAT(Included(),
              ElementsAre(".fs_code/flowstone/__init__.py", ".fs_code/flowstone/py.typed",
                          ".fs_code/metaflow/__init__.py", "flow.py"));
}

TEST_F(CodeScanTest, AMissingSdkIsNamed) {
  sources_.sdk_root = "/opt/python";
  EXPECT_THAT(ScanCode(files_, sources_),
              AllOf(HasCode(ErrorCode::kNotFound), HasMessage(HasSubstr("/opt/python/flowstone"))));
}

TEST_F(CodeScanTest, TakesWhatTheFlowAsksForWhateverItsSuffix) {
  ASSERT_THAT(os::MakeDirectories(files_, "/data/sub"), IsOk());
  ASSERT_THAT(os::ReplaceFile(files_, "/data/sub/x.bin", "x"), IsOk());
  Write("table.csv");
  sources_.include = {{.path = "/data", .name = "data"}, {.path = "table.csv", .name = "t.csv"}};
  EXPECT_THAT(Included(), ElementsAre("data/sub/x.bin", "flow.py", "t.csv"));
}

TEST_F(CodeScanTest, AFileThatIsAskedForAndFoundIsThereOnce) {
  Write("lib.py");
  sources_.include = {{.path = "lib.py", .name = "lib.py"}};
  EXPECT_THAT(Included(), ElementsAre("flow.py", "lib.py"));
}

TEST_F(CodeScanTest, TwoFilesCannotHaveOneName) {
  Write("lib.py");
  Write("other.txt");
  sources_.include = {{.path = "other.txt", .name = "lib.py"}};
  EXPECT_THAT(ScanCode(files_, sources_),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("'lib.py'"))));
}

TEST_F(CodeScanTest, DescribesItselfByItsContentOnly) {
  sources_.suffixes = {".sql"};
  const CodeScan scan = Scan();
  const auto info = std::find_if(scan.files.begin(), scan.files.end(), [](const ScannedFile& file) {
    return file.path == kPackageInfoPath;
  });
  ASSERT_NE(info, scan.files.end());
  ExpectGolden("bundle/info.json", *info->generated);
  EXPECT_THAT(PackageInfo::Parse(*info->generated),
              IsOkAndHolds(PackageInfo{.flow = "Flow",
                                       .script = "flow.py",
                                       .suffixes = {".R", ".RDS", ".py", ".sql"},
                                       .flowstone = "0.1.0"}));
}

TEST_F(CodeScanTest, WarnsOfAModuleThatHidesTheSdk) {
  Write("metaflow.py");
  Write("flowstone/__init__.py");
  Write("lib/metaflow.py");
  EXPECT_THAT(Scan().warnings,
              ElementsAre(HasSubstr("'flowstone/__init__.py'"), HasSubstr("'metaflow.py'")));
}

TEST_F(CodeScanTest, WarnsOfALargePackageAndNamesTheLargestFiles) {
  Write("small.py");
  Write("large.py", std::string(kLargeCodeBytes, ' '));
  EXPECT_THAT(Scan().warnings,
              ElementsAre(AllOf(HasSubstr("'large.py' (100 MiB)"), HasSubstr("100 MiB"))));
}

TEST_F(CodeScanTest, AMissingFlowFileIsNotFound) {
  sources_.flow_file = Path("none.py");
  EXPECT_THAT(ScanCode(files_, sources_),
              AllOf(HasCode(ErrorCode::kNotFound), HasMessage(HasSubstr("none.py"))));
}

TEST_F(CodeScanTest, LeavesTheDiskAsItWas) {
  Write("lib/a.py");
  const auto list = [this] {
    std::vector<std::string> paths;
    EXPECT_THAT(os::WalkTree(files_, "/",
                             [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
                               paths.push_back(entry.path);
                               return os::WalkNext::kDescend;
                             }),
                IsOk());
    return paths;
  };
  const std::vector<std::string> before = list();
  Scan();
  EXPECT_EQ(list(), before);
}

}  // namespace
}  // namespace flowstone::bundle
