#include "flowstone/install/interpreter_probe.h"

#include <string>
#include <vector>

#include "flowstone/install/testing/interpreter_answers.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/posix_process_runner.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOk;

class InterpreterProbeTest : public ::testing::Test {
 protected:
  Result<Interpreter> Probe(const std::string& path) {
    return InterpreterProbe(machine_.filesystem(), machine_.processes(), CacheLayout("/home"))
        .Probe(path);
  }

  FakeMachine machine_;
};

TEST_F(InterpreterProbeTest, LinksLeadToTheRealFile) {
  machine_.Install("/usr/bin/python3.11");
  machine_.Link("python3.11", "/usr/bin/python3");
  const Result<Interpreter> interpreter = Probe("/usr/bin/python3");
  ASSERT_THAT(interpreter, IsOk());
  EXPECT_EQ(interpreter->executable, "/usr/bin/python3.11");
  EXPECT_EQ(interpreter->version.ToString(), "3.11.7");
  EXPECT_EQ(interpreter->LibraryDirectory(), "lib/python3.11");
  EXPECT_TRUE(
      interpreter->target.tags.Priority(*pypi::Tag::Parse("cp311-cp311-manylinux_2_28_x86_64")));
}

TEST_F(InterpreterProbeTest, TheAnswerIsRemembered) {
  machine_.Install("/usr/bin/python3.11");
  ASSERT_THAT(Probe("/usr/bin/python3.11"), IsOk());
  ASSERT_THAT(Probe("/usr/bin/python3.11"), IsOk());
  EXPECT_EQ(machine_.starts(), 1U);
}

TEST_F(InterpreterProbeTest, AChangedFileIsAskedAgain) {
  machine_.Install("/usr/bin/python3.11");
  ASSERT_THAT(Probe("/usr/bin/python3.11"), IsOk());
  machine_.Install("/usr/bin/python3.11", {.executable = "", .version = "3.11.8", .build = "new"});
  const Result<Interpreter> interpreter = Probe("/usr/bin/python3.11");
  ASSERT_THAT(interpreter, IsOk());
  EXPECT_EQ(interpreter->version.ToString(), "3.11.8");
  EXPECT_EQ(interpreter->formerly, "Python 3.11.7");
  EXPECT_EQ(Probe("/usr/bin/python3.11")->formerly, "") << "it was noticed before";
}

TEST_F(InterpreterProbeTest, AFileThatOnlyMovedOnItsDiskIsTheSameInterpreter) {
  machine_.Install("/usr/bin/python3.11");
  ASSERT_THAT(Probe("/usr/bin/python3.11"), IsOk());
  machine_.Install("/usr/bin/python3.11");
  EXPECT_EQ(Probe("/usr/bin/python3.11")->formerly, "");
  EXPECT_EQ(machine_.starts(), 2U);
  machine_.Install("/usr/bin/python3.11", {.executable = "", .build = "newer"});
  EXPECT_EQ(Probe("/usr/bin/python3.11")->formerly, "another build of Python 3.11.7");
}

TEST_F(InterpreterProbeTest, ADamagedMemoryIsAskedAgain) {
  machine_.Install("/usr/bin/python3.11");
  ASSERT_THAT(Probe("/usr/bin/python3.11"), IsOk());
  const std::vector<os::DirectoryEntry> answers =
      machine_.filesystem().ListDirectory("/home/v1/interp").value();
  for (const os::DirectoryEntry& entry : answers) {
    machine_.WriteFile("/home/v1/interp/" + entry.name, "{\"half");
  }
  EXPECT_THAT(Probe("/usr/bin/python3.11"), IsOk());
  EXPECT_EQ(machine_.starts(), 2U);
}

TEST_F(InterpreterProbeTest, WhatIsGoingToBeMovedIsNotRemembered) {
  machine_.Install("/tmp/new/bin/python3");
  InterpreterProbe probe(machine_.filesystem(), machine_.processes(), CacheLayout("/home"));
  ASSERT_THAT(probe.ProbeOnce("/tmp/new/bin/python3"), IsOk());
  EXPECT_THAT(machine_.filesystem().Stat("/home/v1/interp"), HasCode(ErrorCode::kNotFound));
}

TEST_F(InterpreterProbeTest, ALyingInterpreterIsRefused) {
  machine_.Install("/liar", {.executable = "", .answered_version = "3.12.0"});
  EXPECT_THAT(Probe("/liar"), HasMessage(HasSubstr("contradicts itself")));
}

TEST_F(InterpreterProbeTest, AnEndlessAnswerIsCutOff) {
  machine_.InstallBroken("/endless", std::string(std::size_t{1} << 21U, 'y'));
  EXPECT_THAT(Probe("/endless"), HasMessage(HasSubstr("it wrote more than 1048576 bytes")));
}

TEST_F(InterpreterProbeTest, CopiesLeadToTheInterpreterBehindThem) {
  machine_.Install("/usr/bin/python3.11");
  machine_.Install("/venv/bin/python", {.executable = "/usr/bin/python3.11"});
  const Result<Interpreter> interpreter = Probe("/venv/bin/python");
  ASSERT_THAT(interpreter, IsOk());
  EXPECT_EQ(interpreter->executable, "/usr/bin/python3.11");
}

TEST_F(InterpreterProbeTest, InterpretersThatPointAtEachOtherEnd) {
  machine_.Install("/a/python", {.executable = "/b/python"});
  machine_.Install("/b/python", {.executable = "/a/python"});
  EXPECT_THAT(Probe("/a/python"), HasMessage(HasSubstr("one interpreter to the next")));
}

TEST_F(InterpreterProbeTest, IdentityDoesNotKnowWhereTheInterpreterIs) {
  machine_.Install("/usr/bin/python3.11");
  machine_.Install("/opt/copy/bin/python3.11");
  machine_.Install("/opt/other/bin/python3.11", {.executable = "", .build = "another build"});
  const Digest identity = Probe("/usr/bin/python3.11")->identity;
  EXPECT_EQ(Probe("/opt/copy/bin/python3.11")->identity, identity);
  EXPECT_NE(Probe("/opt/other/bin/python3.11")->identity, identity);
}

TEST_F(InterpreterProbeTest, UnsupportedOnesAreNamed) {
  machine_.Install("/pypy", {.executable = "", .version = "3.10.13", .implementation = "pypy"});
  machine_.Install("/old", {.executable = "", .version = "3.6.15"});
  machine_.Install("/ancient", {.executable = "", .version = "2.7.18"});
  EXPECT_THAT(Probe("/pypy"), HasMessage(HasSubstr("it is pypy 3.10.13")));
  EXPECT_THAT(Probe("/old"), HasMessage(HasSubstr("Python 3.6.15 is older than 3.8")));
  EXPECT_THAT(Probe("/ancient"), HasCode(ErrorCode::kInvalid));
}

TEST_F(InterpreterProbeTest, WhatIsNoInterpreterIsSaid) {
  machine_.InstallBroken("/broken", "libpython3.11.so: cannot open shared object file\nmore");
  machine_.WriteFile("/text", "hello");
  ASSERT_THAT(machine_.filesystem().SetMode("/text", 0644), IsOk());
  EXPECT_THAT(Probe("/broken"), HasMessage(HasSubstr("libpython3.11.so: cannot open")));
  EXPECT_THAT(Probe("/text"), HasMessage(HasSubstr("not an executable file")));
  EXPECT_THAT(Probe("/nowhere"), HasCode(ErrorCode::kNotFound));
}

TEST(InterpreterProbeOnThisMachine, ARealPythonAnswers) {
  os::PosixFileSystem filesystem;
  os::PosixProcessRunner processes;
  const Result<os::TempDir> home = os::TempDir::Create(filesystem, ::testing::TempDir(), "probe-");
  ASSERT_THAT(home, IsOk());
  const Result<Interpreter> interpreter =
      InterpreterProbe(filesystem, processes, CacheLayout(home->path())).Probe(FLOWSTONE_PYTHON);
  ASSERT_THAT(interpreter, IsOk());
  EXPECT_EQ(interpreter->implementation, "cpython");
  EXPECT_EQ(interpreter->target.markers.python_full_version, interpreter->version.ToString());
  EXPECT_TRUE(interpreter->target.tags.Priority(*pypi::Tag::Parse("py3-none-any")));
  EXPECT_THAT(filesystem.Stat(interpreter->stdlib + "/os.py"), IsOk());
}

}  // namespace
}  // namespace flowstone::install
