// A real sandbox around /bin/sh: what is left out is out.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/posix_process_runner.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kSandboxPatience{60};

class SandboxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<TempDir> made = TempDir::Create(filesystem_, "/var/tmp", "sandbox-");
    ASSERT_THAT(made, IsOk());
    directory_.emplace(*std::move(made));
    work_ = directory_->path() + "/work";
    secrets_ = directory_->path() + "/secrets";
    ASSERT_THAT(filesystem_.MakeDirectory(work_, 0700), IsOk());
    ASSERT_THAT(filesystem_.MakeDirectory(secrets_, 0700), IsOk());
    ASSERT_THAT(ReplaceFile(filesystem_, secrets_ + "/token", "s3cret"), IsOk());
    sandbox_ = {.writable = {work_}};
  }

  Result<ProcessResult> Run(const std::string& script,
                            std::chrono::milliseconds timeout = kSandboxPatience) {
    return runner_.Run({.arguments = {"/bin/sh", "-c", script},
                        .environment = {{"PATH", "/usr/bin:/bin"}},
                        .directory = work_,
                        .descriptors = {},
                        .sandbox = sandbox_},
                       "", timeout);
  }

  // The output of a script; the test is skipped where the kernel gives no namespaces.
  std::string OutputOf(const std::string& script) {
    const Result<ProcessResult> result = Run(script);
    if (!result && result.error().code == ErrorCode::kDenied) {
      skipped_ = true;
      return "";
    }
    EXPECT_THAT(result, IsOk());
    return result ? result->output + result->errors : "";
  }

  PosixFileSystem filesystem_;
  PosixProcessRunner runner_;
  std::optional<TempDir> directory_;
  std::string work_;
  std::string secrets_;
  Sandbox sandbox_;
  bool skipped_ = false;
};

#define OUTPUT_OR_SKIP(name, script)         \
  const std::string name = OutputOf(script); \
  if (skipped_) {                            \
    GTEST_SKIP() << "no namespaces here";    \
  }

TEST_F(SandboxTest, WritesOnlyWhereItMay) {
  OUTPUT_OR_SKIP(output, "echo in > file; echo out > ../beside; echo root > /etc/flowstone-test");
  EXPECT_THAT(output, HasSubstr("Read-only file system"));
  EXPECT_THAT(filesystem_.ReadFile(work_ + "/file"), IsOk());
  EXPECT_THAT(filesystem_.ReadFile(directory_->path() + "/beside"), HasCode(ErrorCode::kNotFound));
}

TEST_F(SandboxTest, HiddenDirectoriesAreEmptyAndKeptOnesBelowThemAreNot) {
  sandbox_.hidden = {directory_->path()};
  sandbox_.visible = {};
  OUTPUT_OR_SKIP(output, "echo in > file; ls " + directory_->path());
  EXPECT_EQ(output, "work\n");
  EXPECT_THAT(filesystem_.ReadFile(work_ + "/file"), IsOk());
  sandbox_.visible = {secrets_};
  OUTPUT_OR_SKIP(shown, "cat " + secrets_ + "/token; echo x 2>/dev/null > " + secrets_ + "/new");
  EXPECT_THAT(shown, HasSubstr("s3cret"));
  EXPECT_THAT(filesystem_.ReadFile(secrets_ + "/new"), HasCode(ErrorCode::kNotFound));
}

TEST_F(SandboxTest, HasNoNetworkAndSeesNoOtherProcess) {
  OUTPUT_OR_SKIP(output, "grep -c : /proc/net/dev; ls /proc | grep -c '^[0-9]'");
  // Only the loopback device; the first process, the shell and what it starts.
  EXPECT_EQ(output.substr(0, 2), "1\n");
  EXPECT_LE(std::stoi(output.substr(2)), 6);
}

TEST_F(SandboxTest, CannotUndoItsMounts) {
  OUTPUT_OR_SKIP(output,
                 "mount -o remount,rw,bind / && echo undone; grep CapEff /proc/self/status");
  EXPECT_THAT(output, ::testing::Not(HasSubstr("undone")));
  EXPECT_THAT(output, HasSubstr("CapEff:\t0000000000000000"));
}

TEST_F(SandboxTest, TheEndOfTheProgramIsSeenAndLeavesNothingBehind) {
  sandbox_.isolation = Isolation::kNamespaces;
  const Result<ProcessResult> code = Run("exit 7");
  if (!code && code.error().code == ErrorCode::kDenied) {
    GTEST_SKIP() << "no namespaces here";
  }
  ASSERT_THAT(code, IsOk());
  EXPECT_EQ(code->status.code, 7);
  const Result<ProcessResult> killed = Run("kill -9 $$");
  ASSERT_THAT(killed, IsOk());
  EXPECT_EQ(killed->status.signal, 9);
}

TEST_F(SandboxTest, TheNetworkIsThereWhereItIsAllowed) {
  sandbox_.network = SandboxNetwork::kShared;
  OUTPUT_OR_SKIP(output, "cat /proc/net/dev");
  const Result<std::string> ours = filesystem_.ReadFile("/proc/net/dev");
  ASSERT_THAT(ours, IsOk());
  EXPECT_EQ(std::ranges::count(output, ':'), std::ranges::count(*ours, ':'));
}

// A pipe below the work directory that everything which a script starts holds open.
class HeldPipe {
 public:
  explicit HeldPipe(std::string path) : path_(std::move(path)) {
    EXPECT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    reader_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }
  ~HeldPipe() { ::unlink(path_.c_str()); }
  HeldPipe(const HeldPipe&) = delete;
  HeldPipe& operator=(const HeldPipe&) = delete;

  // Whether somebody wrote the line that says that everything runs.
  bool IsTaken() { return Sees(POLLIN); }
  // Whether nobody holds it any more.
  bool IsLeft() {
    std::array<char, 64> line{};
    (void)!::read(reader_.get(), line.data(), line.size());
    return Sees(POLLHUP);
  }

 private:
  bool Sees(short event) {
    pollfd watched{.fd = reader_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&watched, 1, 20'000) == 1 && (watched.revents & event) != 0;
  }

  std::string path_;
  UniqueFd reader_;
};

// Two processes of their own sessions, one an orphan, and what comes behind.
std::string WithDaemons(const std::string& rest) {
  return "exec 9> held; setsid sleep 600 & (setsid sh -c 'setsid sleep 600 &' &); echo here >&9; " +
         rest;
}

TEST_F(SandboxTest, NothingSurvivesTheProgram) {
  for (const Isolation isolation : {Isolation::kNamespaces, Isolation::kNone}) {
    sandbox_.isolation = isolation;
    HeldPipe pipe(work_ + "/held");
    const auto ended = Run(WithDaemons("exit 3"));
    if (!ended && ended.error().code == ErrorCode::kDenied) {
      continue;
    }
    ASSERT_THAT(ended, IsOk());
    EXPECT_EQ(ended->status.code, 3);
    EXPECT_TRUE(pipe.IsLeft());
  }
}

TEST_F(SandboxTest, TimeEndsEverything) {
  for (const Isolation isolation : {Isolation::kNamespaces, Isolation::kNone}) {
    sandbox_.isolation = isolation;
    HeldPipe pipe(work_ + "/held");
    const auto late = Run(WithDaemons("sleep 600"), std::chrono::milliseconds(500));
    if (!late && late.error().code == ErrorCode::kDenied) {
      continue;
    }
    EXPECT_THAT(late, HasCode(ErrorCode::kCancelled));
    EXPECT_TRUE(pipe.IsLeft());
  }
}

TEST_F(SandboxTest, TheDeathOfWhoStartedItEndsEverything) {
  for (const Isolation isolation : {Isolation::kNamespaces, Isolation::kNone}) {
    sandbox_.isolation = isolation;
    const auto possible = Run("true");
    if (!possible && possible.error().code == ErrorCode::kDenied) {
      continue;
    }
    HeldPipe pipe(work_ + "/held");
    const pid_t starter = ::fork();
    if (starter == 0) {
      (void)Run(WithDaemons("sleep 600"));
      ::_exit(0);
    }
    EXPECT_TRUE(pipe.IsTaken());
    ::kill(starter, SIGKILL);
    ::waitpid(starter, nullptr, 0);
    EXPECT_TRUE(pipe.IsLeft());
  }
}

TEST_F(SandboxTest, LimitsHoldWithoutNamespaces) {
  sandbox_.isolation = Isolation::kNone;
  sandbox_.limits = {.memory_bytes = 64U << 20U, .file_bytes = 4096, .open_files = 32};
  const auto limits = Run("ulimit -d; ulimit -f; ulimit -n; ulimit -c");
  ASSERT_THAT(limits, IsOk());
  EXPECT_EQ(limits->output, "65536\n8\n32\n0\n");
}

TEST_F(SandboxTest, AProgramThatIsNotThereIsAnError) {
  sandbox_.isolation = Isolation::kNone;
  const auto missing = runner_.Run({.arguments = {"/nowhere/program"},
                                    .environment = {},
                                    .directory = "",
                                    .descriptors = {},
                                    .sandbox = sandbox_},
                                   "", kSandboxPatience);
  EXPECT_THAT(missing, HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::os
