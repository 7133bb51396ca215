#include "flowstone/exec/local_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <string>
#include <unistd.h>

#include "flowstone/exec/testing/local_executor_fixture.h"
#include "flowstone/os/private_layer.h"

namespace flowstone::exec {
namespace {

using flow::AttemptResult;
using flow::CancelUrgency;
using flow::FailureReason;
using ::testing::HasSubstr;
using testing::LocalExecutorFixture;

constexpr const char* kOk = "print('out'); task.artifact('x', b'1'); task.end(next=['next'])";
constexpr const char* kRaise =
    "task.end(ok=False, reason='user', exception={'type': 'ValueError', 'message': 'no'})";
constexpr const char* kHang = "time.sleep(1000)";

class StandInSubject {
 public:
  StandInSubject() {
    fixture_.AddStep("ok", kOk);
    fixture_.AddStep("raise", kRaise);
    fixture_.AddStep("hang", kHang);
  }
  flow::Executor& executor() { return fixture_.executor(); }

 private:
  LocalExecutorFixture fixture_;
};

}  // namespace
}  // namespace flowstone::exec

namespace flowstone::flow::testing {
INSTANTIATE_TYPED_TEST_SUITE_P(Local, ExecutorContract, exec::StandInSubject);
}  // namespace flowstone::flow::testing

namespace flowstone::exec {
namespace {

// Runs `code` as the only task of a run.
LocalExecutorFixture::Outcome RunCode(LocalExecutorFixture& fixture, const std::string& code) {
  fixture.AddStep("step", code);
  return fixture.Run("step");
}

LocalExecutorFixture::Outcome RunCode(const std::string& code) {
  LocalExecutorFixture fixture;
  return RunCode(fixture, code);
}

// Whether the process has ended, reaped or not; waits for one that was just killed.
bool IsGone(pid_t pid) {
  os::PosixFileSystem files;
  for (int i = 0; i < 5000; ++i) {
    const auto status = files.ReadFile("/proc/" + std::to_string(pid) + "/stat");
    if (!status || status->find(") Z ") != std::string::npos) {
      return true;
    }
    ::usleep(1000);
  }
  return false;
}

void ExpectFailure(const AttemptResult& result, FailureReason reason, const std::string& message) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(flow::FailureReasonName(result.failure->reason), flow::FailureReasonName(reason));
  EXPECT_THAT(result.failure->message, HasSubstr(message));
}

TEST(LocalExecutor, ReportsWhatTheTaskSaidOfItself) {
  const auto outcome =
      RunCode("task.send('metadata', field='colour', value='red'); task.end(next=['a', 'b'])");
  ASSERT_TRUE(outcome.result.ok());
  EXPECT_EQ(outcome.result.metadata,
            (std::vector<flow::Metadatum>{{.field = "colour", .value = "red"}}));
  EXPECT_EQ(outcome.result.transition->next, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(outcome.result.exit_code, 0);
  EXPECT_GT(outcome.result.max_rss_kib.value_or(0), 1000U);
  EXPECT_GE(outcome.result.finished_ms, outcome.result.started_ms);
}

TEST(LocalExecutor, PassesOutputOnByteForByte) {
  const auto outcome = RunCode(
      "os.write(1, b'a\\xff\\n' + b'x' * 200000 + b'\\nlast'); os.write(2, b'err\\n'); task.end()");
  EXPECT_EQ(outcome.output, "a\xff\n" + std::string(200000, 'x') + "\nlast");
  EXPECT_EQ(outcome.errors, "err\n");
}

TEST(LocalExecutor, TasksReadNothing) {
  EXPECT_EQ(RunCode("print(sys.stdin.read() == ''); task.end()").output, "True\n");
}

TEST(LocalExecutor, LeavingBeforeTheEndIsAFailure) {
  ExpectFailure(RunCode("os._exit(3)").result, FailureReason::kExit,
                "exited with status 3 before the step had ended");
}

TEST(LocalExecutor, LeavingBadlyAfterTheEndIsAFailure) {
  ExpectFailure(RunCode("task.end(); os._exit(4)").result, FailureReason::kExit,
                "exited with status 4 after the step had ended");
}

TEST(LocalExecutor, NamesTheSignalThatKilledATask) {
  const auto outcome = RunCode("os.kill(os.getpid(), signal.SIGSEGV)");
  ExpectFailure(outcome.result, FailureReason::kSignal, "SIGSEGV (Segmentation fault)");
  EXPECT_EQ(outcome.result.signal, SIGSEGV);
}

TEST(LocalExecutor, BrokenFrameEndsTheTask) {
  ExpectFailure(RunCode("task.channel.socket.sendall(b'\\xff' * 12); time.sleep(1000)").result,
                FailureReason::kProtocol, "over the limit");
  ExpectFailure(RunCode("task.send('nonsense'); time.sleep(1000)").result, FailureReason::kProtocol,
                "unknown type 'nonsense'");
}

TEST(LocalExecutor, BrokenFrameBeforeTheProcessIsKnownEndsTheTask) {
  LocalExecutorFixture fixture;
  // "forked" waits until the task has seen that its frame was read.
  fixture.environment().variables["LOAD"] = R"(
import fcntl, termios
gate, opened = os.pipe()
tell = zygote.send
def tell_late(type, **fields):
    if type == "forked":
        os.read(gate, 1)
    tell(type, **fields)
zygote.send = tell_late
)";
  const auto outcome = RunCode(fixture, R"(
task.channel.socket.sendall(b"\xff" * 12)
while struct.unpack("i", fcntl.ioctl(task.channel.socket, termios.TIOCOUTQ, bytes(4))) != (0,):
    os.sched_yield()
os.write(opened, b".")
time.sleep(1000)
)");
  ExpectFailure(outcome.result, FailureReason::kProtocol, "over the limit");
  EXPECT_TRUE(IsGone(outcome.result.pid));
}

TEST(LocalExecutor, StoresLargeArtifactsFromDescriptors) {
  LocalExecutorFixture fixture;
  const auto outcome = RunCode(fixture, R"(
import fcntl, tempfile
memory = os.memfd_create("a", os.MFD_ALLOW_SEALING)
os.write(memory, b"m" * 1000000)
fcntl.fcntl(memory, 1033, 2 | 4 | 8)  # F_ADD_SEALS
task.artifact("memory", fds=[memory], size=1000000)
with tempfile.TemporaryFile() as spool:
    spool.write(b"s" * 500000)
    spool.flush()
    task.artifact("spool", fds=[spool.fileno()], size=500000)
    task.end()
)");
  ASSERT_TRUE(outcome.result.ok()) << outcome.result.failure->message;
  EXPECT_EQ(outcome.result.artifacts.at("memory").sha256, Digest::Of(std::string(1000000, 'm')));
  EXPECT_EQ(outcome.result.artifacts.at("spool").sha256, Digest::Of(std::string(500000, 's')));
  EXPECT_EQ(outcome.result.artifacts.at("spool").type, "builtins.bytes");
  EXPECT_EQ(fixture.artifacts().size(), 2U);
}

TEST(LocalExecutor, RefusesAnArtifactOfAnotherSize) {
  ExpectFailure(
      RunCode("f = os.memfd_create('a'); task.artifact('x', fds=[f], size=7); task.end()").result,
      FailureReason::kInternal, "cannot store artifact 'x': its file has 0 bytes, not 7");
}

TEST(LocalExecutor, ArtifactThatCannotBeStoredFailsTheTask) {
  LocalExecutorFixture fixture;
  fixture.artifacts().FailPuts({.code = ErrorCode::kIo, .message = "no space left"});
  ExpectFailure(RunCode(fixture, kOk).result, FailureReason::kInternal,
                "cannot store artifact 'x': no space left");
}

TEST(LocalExecutor, ServesArtifactsInlineAndAsDescriptors) {
  LocalExecutorFixture fixture;
  const std::string large(300000, 'L');
  ASSERT_TRUE(fixture.artifacts().Put("small") && fixture.artifacts().Put(large));
  const auto outcome =
      RunCode(fixture, "header, payload, fds = task.get('" + Digest::Of("small").ToString() +
                           "')\nprint(payload.decode(), fds)\nheader, payload, fds = task.get('" +
                           Digest::Of(large).ToString() +
                           "')\nprint(len(payload), os.pread(fds[0], 3, header['offset']), "
                           "header['size'])\ntask.end()");
  EXPECT_EQ(outcome.output, "small []\n0 b'LLL' 300000\n");
}

TEST(LocalExecutor, SaysThatAnArtifactIsMissing) {
  const std::string digest = Digest::Of("nothing").ToString();
  const auto outcome = RunCode("print(task.get('" + digest + "')[0]['type']); task.end()");
  EXPECT_EQ(outcome.output, "blob_error\n");
}

TEST(LocalExecutor, NothingOfATaskOutlivesIt) {
  const auto outcome =
      RunCode("print(subprocess.Popen(['sleep', '1000']).pid, flush=True); task.end()");
  ASSERT_TRUE(outcome.result.ok());
  EXPECT_TRUE(IsGone(std::stoi(outcome.output)));
}

TEST(LocalExecutor, KillsWhatDoesNotHeedTheRequestToStop) {
  LocalExecutorFixture fixture;
  fixture.options().kill_grace = std::chrono::milliseconds(30);
  fixture.AddStep("deaf",
                  "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); "
                  "time.sleep(1000)");
  fixture.executor().Launch(flow::testing::ContractTask("deaf", 1));
  while (true) {
    const auto events = fixture.executor().WaitEvents(std::chrono::milliseconds(1000));
    if (!events.empty() && std::holds_alternative<flow::AttemptOutput>(events.back())) {
      break;
    }
  }
  fixture.executor().Cancel({.task = flow::TaskId{1}}, CancelUrgency::kGraceful);
  const auto events = flow::testing::EventsUntilEnded(fixture.executor(), 1);
  const AttemptResult result = flow::testing::ResultOf(events, {.task = flow::TaskId{1}});
  ExpectFailure(result, FailureReason::kCancelled, "cancelled");
  EXPECT_EQ(result.signal, SIGKILL);
}

TEST(LocalExecutor, DestructionKillsWhatStillRuns) {
  LocalExecutorFixture fixture;
  fixture.AddStep("hang", kHang);
  fixture.executor().Launch(flow::testing::ContractTask("hang", 1));
  const auto events = fixture.executor().WaitEvents(std::chrono::seconds(20));
  ASSERT_FALSE(events.empty());
  const int pid = std::get<flow::AttemptStarted>(events[0]).pid;
  fixture.DestroyExecutor();
  EXPECT_TRUE(IsGone(pid));
}

TEST(LocalExecutor, LostZygoteFailsItsTasksAndIsReplaced) {
  LocalExecutorFixture fixture;
  fixture.AddStep("ok", kOk);
  const auto outcome = RunCode(fixture, "os.kill(os.getppid(), signal.SIGKILL); time.sleep(1000)");
  ExpectFailure(outcome.result, FailureReason::kEnvironment, "killed by signal 9");
  EXPECT_TRUE(IsGone(outcome.result.pid));
  EXPECT_TRUE(fixture.Run("ok", 2).result.ok());
}

TEST(LocalExecutor, FailedImportIsToldWithItsException) {
  LocalExecutorFixture fixture;
  fixture.environment().variables["LOAD"] =
      "print('importing', flush=True)\n"
      "zygote.send('load_failed', exception={'type': 'ImportError', 'message': 'no pandas',"
      " 'traceback': 'line 1'})";
  const auto outcome = RunCode(fixture, kOk);
  ExpectFailure(outcome.result, FailureReason::kEnvironment,
                "the flow cannot be imported: ImportError: no pandas");
  EXPECT_EQ(outcome.result.exception->traceback, "line 1");
  EXPECT_EQ(outcome.output, "importing\n");
}

TEST(LocalExecutor, TellsWhatPythonSaidBeforeItDied) {
  LocalExecutorFixture fixture;
  fixture.environment().variables["LOAD"] = "sys.stderr.write('bad\\n'); sys.exit(5)";
  const auto outcome = RunCode(fixture, kOk);
  ExpectFailure(outcome.result, FailureReason::kEnvironment, "exit status 5");
  EXPECT_EQ(outcome.errors, "bad\n");
}

TEST(LocalExecutor, MissingInterpreterFailsTheTask) {
  LocalExecutorFixture fixture;
  fixture.environment().interpreter = "/nonexistent/python";
  ExpectFailure(RunCode(fixture, kOk).result, FailureReason::kEnvironment, "/nonexistent/python");
}

TEST(LocalExecutor, FirstTaskReportsWhatTheImportPrinted) {
  LocalExecutorFixture fixture;
  fixture.environment().variables["LOAD"] = "print('imported', flush=True)";
  fixture.AddStep("ok", kOk);
  EXPECT_EQ(fixture.Run("ok", 1).output, "imported\nout\n");
  EXPECT_EQ(fixture.Run("ok", 2).output, "out\n");
}

TEST(LocalExecutor, InterpreterWithThreadsIsNotForked) {
  LocalExecutorFixture fixture;
  fixture.environment().variables["LOAD"] = "threads = 2; BOSS = os.getpid()";
  fixture.AddStep("pids", "print(BOSS == os.getpid()); task.end()");
  for (std::uint64_t task = 1; task <= 3; ++task) {
    fixture.executor().Launch(flow::testing::ContractTask("pids", task));
  }
  const auto events = flow::testing::EventsUntilEnded(fixture.executor(), 3);
  for (std::uint64_t task = 1; task <= 3; ++task) {
    const auto outcome = LocalExecutorFixture::Collect(events, {.task = flow::TaskId{task}});
    EXPECT_TRUE(outcome.result.ok());
    EXPECT_EQ(outcome.output, "True\n");
  }
}

TEST(LocalExecutor, FreshModeStartsAnInterpreterPerTask) {
  LocalExecutorFixture fixture;
  fixture.options().mode = ProcessMode::kFresh;
  fixture.AddStep("ok", kOk);
  fixture.AddStep("killed", "os.kill(os.getpid(), signal.SIGKILL)");
  EXPECT_TRUE(fixture.Run("ok", 1).result.ok());
  ExpectFailure(fixture.Run("killed", 2).result, FailureReason::kSignal, "SIGKILL");
}

TEST(LocalExecutor, WhatATaskAndItsImportsWriteIntoAPrivateLayerIsOfThatTask) {
  LocalExecutorFixture fixture;
  fixture.WriteFile("packages/shared", "");
  const std::string packages = fixture.path() + "/packages";
  if (const Status possible = os::ProbePrivateLayer(packages); !possible) {
    GTEST_SKIP() << possible.error().ToString();
  }
  fixture.environment().private_layer = {packages};
  fixture.environment().variables["LOAD"] = "open('packages/imported', 'x').close()";
  fixture.AddStep("write", "open('packages/written', 'x').close(); " +
                               std::string("print(sorted(os.listdir('packages'))); task.end()"));
  for (std::uint64_t task = 1; task <= 3; ++task) {
    fixture.executor().Launch(flow::testing::ContractTask("write", task));
  }
  const auto events = flow::testing::EventsUntilEnded(fixture.executor(), 3);
  for (std::uint64_t task = 1; task <= 3; ++task) {
    const auto outcome = LocalExecutorFixture::Collect(events, {.task = flow::TaskId{task}});
    EXPECT_TRUE(outcome.result.ok()) << outcome.errors;
    EXPECT_EQ(outcome.output, "['imported', 'shared', 'written']\n");
  }
  EXPECT_EQ(::access((packages + "/written").c_str(), F_OK), -1);
  EXPECT_EQ(::access((packages + "/imported").c_str(), F_OK), -1);
}

TEST(LocalExecutor, TaskOfAnUnknownStepFails) {
  LocalExecutorFixture fixture;
  ExpectFailure(fixture.Run("nowhere").result, FailureReason::kEnvironment,
                "step 'nowhere' has no environment");
}

TEST(LocalExecutor, CancelBeforeTheImportIsDone) {
  LocalExecutorFixture fixture;
  fixture.environment().variables["LOAD"] = "time.sleep(1000)";
  fixture.AddStep("ok", kOk);
  fixture.executor().Launch(flow::testing::ContractTask("ok", 1));
  fixture.executor().Cancel({.task = flow::TaskId{1}}, CancelUrgency::kGraceful);
  const auto events = flow::testing::EventsUntilEnded(fixture.executor(), 1);
  ExpectFailure(flow::testing::ResultOf(events, {.task = flow::TaskId{1}}),
                FailureReason::kCancelled, "cancelled");
}

}  // namespace
}  // namespace flowstone::exec
