#include "flowstone/os/posix_process_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>

#include "flowstone/os/file_descriptor.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::HasSubstr;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr std::chrono::milliseconds kPatience = 30s;  // never used up

ProcessSpec Shell(const std::string& script) {
  return ProcessSpec{.arguments = {"/bin/sh", "-c", script},
                     .environment = {{"PATH", "/usr/bin:/bin"}},
                     .directory = {},
                     .descriptors = {}};
}

class PosixProcessRunnerTest : public ::testing::Test {
 protected:
  ProcessResult Run(const ProcessSpec& spec, const std::string& input = {}) {
    Result<ProcessResult> result = runner_.Run(spec, input, kPatience);
    EXPECT_THAT(result, IsOk());
    return result ? *std::move(result) : ProcessResult{};
  }

  PosixProcessRunner runner_;
};

TEST_F(PosixProcessRunnerTest, CapturesBothOutputsAndTheStatus) {
  const ProcessResult result = Run(Shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.status.code, 3);
  EXPECT_FALSE(result.status.ok());
}

TEST_F(PosixProcessRunnerTest, FeedsStandardInput) {
  const std::string input(1'000'000, 'x');
  EXPECT_EQ(Run(Shell("cat"), input).output, input);
}

TEST_F(PosixProcessRunnerTest, AChildThatIgnoresItsInputIsFine) {
  EXPECT_TRUE(Run(Shell("exit 0"), std::string(1'000'000, 'x')).status.ok());
}

TEST_F(PosixProcessRunnerTest, LargeOutputsOnBothPipesDoNotDeadlock) {
  const ProcessResult result =
      Run(Shell("head -c 500000 /dev/zero >&2; head -c 500000 /dev/zero; "
                "head -c 500000 /dev/zero >&2"));
  EXPECT_EQ(result.output.size(), 500'000U);
  EXPECT_EQ(result.errors.size(), 1'000'000U);
}

TEST_F(PosixProcessRunnerTest, ASignalIsToldFromAnExit) {
  const ProcessResult result = Run(Shell("kill -9 $$"));
  EXPECT_EQ(result.status.signal, SIGKILL);
  EXPECT_EQ(result.status.code, std::nullopt);
}

TEST_F(PosixProcessRunnerTest, TheEnvironmentIsExactlyTheOneGiven) {
  ProcessSpec spec{.arguments = {"env"},
                   .environment = {{"PATH", "/usr/bin:/bin"}, {"A", "1 2"}},
                   .directory = {},
                   .descriptors = {}};
  EXPECT_EQ(Run(spec).output, "A=1 2\nPATH=/usr/bin:/bin\n");
}

TEST_F(PosixProcessRunnerTest, RunsInTheGivenDirectory) {
  ProcessSpec spec = Shell("pwd");
  spec.directory = "/usr";
  EXPECT_EQ(Run(spec).output, "/usr\n");
}

TEST_F(PosixProcessRunnerTest, AMissingProgramIsNotFound) {
  ProcessSpec spec = Shell("");
  spec.arguments = {"no-such-program"};
  EXPECT_THAT(runner_.Run(spec, "", kPatience), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(runner_.Run(spec, "", kPatience), HasMessage(HasSubstr("no-such-program")));
  spec.arguments = {"/no/such/program"};
  EXPECT_THAT(runner_.Run(spec, "", kPatience), HasCode(ErrorCode::kNotFound));
}

TEST_F(PosixProcessRunnerTest, AMissingDirectoryIsNamed) {
  ProcessSpec spec = Shell("true");
  spec.directory = "/no/such/directory";
  EXPECT_THAT(runner_.Run(spec, "", kPatience), HasMessage(HasSubstr("/no/such/directory")));
}

TEST_F(PosixProcessRunnerTest, ADeadlineKillsTheWholeGroup) {
  // The grandchild would hold the outputs open for a minute.
  const Result<ProcessResult> result = runner_.Run(Shell("sleep 60 & sleep 60"), "", 50ms);
  EXPECT_THAT(result, HasCode(ErrorCode::kCancelled));
  EXPECT_THAT(result, HasMessage(HasSubstr("50 ms")));
}

TEST_F(PosixProcessRunnerTest, ADaemonThatKeepsTheOutputOpenIsNotWaitedFor) {
  EXPECT_EQ(Run(Shell("echo done; sleep 60 & exit 0")).output, "done\n");
}

TEST_F(PosixProcessRunnerTest, NoOtherDescriptorReachesTheChild) {
  const UniqueFd leaky(::open("/dev/null", O_RDONLY));  // not closed on exec
  const ProcessResult result = Run(Shell("ls /proc/self/fd | wc -l"));
  // 0, 1, 2 and the directory that ls reads.
  EXPECT_EQ(result.output, "4\n");
}

TEST_F(PosixProcessRunnerTest, BlockedAndIgnoredSignalsReachTheChild) {
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &blocked, &before), 0);
  ASSERT_NE(::signal(SIGUSR2, SIG_IGN), SIG_ERR);
  EXPECT_EQ(Run(Shell("kill -USR1 $$")).status.signal, SIGUSR1);
  EXPECT_EQ(Run(Shell("kill -USR2 $$")).status.signal, SIGUSR2);
  ASSERT_NE(::signal(SIGUSR2, SIG_DFL), SIG_ERR);
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

TEST_F(PosixProcessRunnerTest, StartPassesDescriptorsUnderTheirNewNumbers) {
  Result<Pipe> one = MakePipe();
  Result<Pipe> two = MakePipe();
  ASSERT_THAT(one, IsOk());
  ASSERT_THAT(two, IsOk());
  ProcessSpec spec = Shell("echo one >&5; echo two >&7");
  // Numbers that cross: each may be the other's source.
  spec.descriptors = {{.parent_fd = one->write.get(), .child_fd = 5},
                      {.parent_fd = two->write.get(), .child_fd = 7}};
  Result<std::unique_ptr<Process>> process = runner_.Start(spec);
  ASSERT_THAT(process, IsOk());
  one->write.Reset();
  two->write.Reset();
  EXPECT_THAT(ReadToEnd(one->read.get(), "pipe"), IsOkAndHolds("one\n"));
  EXPECT_THAT(ReadToEnd(two->read.get(), "pipe"), IsOkAndHolds("two\n"));
  EXPECT_THAT((*process)->Wait(), IsOkAndHolds(ExitStatus{.code = 0, .signal = std::nullopt}));
}

TEST_F(PosixProcessRunnerTest, SwappedDescriptorNumbersArriveSwapped) {
  Result<Pipe> one = MakePipe();
  Result<Pipe> two = MakePipe();
  ASSERT_THAT(two, IsOk());
  ProcessSpec spec = Shell("echo one >&" + std::to_string(two->write.get()) + "; echo two >&" +
                           std::to_string(one->write.get()));
  spec.descriptors = {{.parent_fd = one->write.get(), .child_fd = two->write.get()},
                      {.parent_fd = two->write.get(), .child_fd = one->write.get()}};
  if (one->write.get() > 9 || two->write.get() > 9) {
    GTEST_SKIP() << "the shell knows descriptors of one digit only";
  }
  Result<std::unique_ptr<Process>> process = runner_.Start(spec);
  ASSERT_THAT(process, IsOk());
  one->write.Reset();
  two->write.Reset();
  EXPECT_THAT(ReadToEnd(one->read.get(), "pipe"), IsOkAndHolds("one\n"));
  EXPECT_THAT(ReadToEnd(two->read.get(), "pipe"), IsOkAndHolds("two\n"));
}

TEST_F(PosixProcessRunnerTest, AStartedProcessRunsUntilSignalled) {
  Result<std::unique_ptr<Process>> process = runner_.Start(Shell("exec sleep 60"));
  ASSERT_THAT(process, IsOk());
  EXPECT_GT((*process)->pid(), 0);
  EXPECT_THAT((*process)->Poll(), IsOkAndHolds(std::optional<ExitStatus>()));
  EXPECT_THAT((*process)->Signal(SIGTERM), IsOk());
  const ExitStatus killed{.code = std::nullopt, .signal = SIGTERM};
  EXPECT_THAT((*process)->Wait(), IsOkAndHolds(killed));
  EXPECT_THAT((*process)->Poll(), IsOkAndHolds(std::optional(killed)));
  EXPECT_THAT((*process)->Signal(SIGTERM), IsOk());
}

TEST_F(PosixProcessRunnerTest, AGroupIsSignalledAsAWhole) {
  Result<Pipe> pipe = MakePipe();
  ASSERT_THAT(pipe, IsOk());
  ProcessSpec spec = Shell("sleep 60 & echo ready >&3; wait");
  spec.descriptors = {{.parent_fd = pipe->write.get(), .child_fd = 3}};
  spec.new_process_group = true;
  Result<std::unique_ptr<Process>> process = runner_.Start(spec);
  ASSERT_THAT(process, IsOk());
  pipe->write.Reset();
  char ready = 0;
  ASSERT_EQ(::read(pipe->read.get(), &ready, 1), 1);
  EXPECT_THAT((*process)->Signal(SIGKILL), IsOk());
  // The end of the stream: the grandchild is gone too.
  EXPECT_THAT(ReadToEnd(pipe->read.get(), "pipe"), IsOk());
}

TEST_F(PosixProcessRunnerTest, TheEndOfTheObjectKillsTheProcess) {
  Result<std::unique_ptr<Process>> process = runner_.Start(Shell("exec sleep 60"));
  ASSERT_THAT(process, IsOk());
  const int pid = (*process)->pid();
  process->reset();
  EXPECT_EQ(::kill(pid, 0), -1);
}

}  // namespace
}  // namespace flowstone::os
