#include "flowstone/exec/local_executor.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>
#include <set>
#include <signal.h>
#include <unordered_map>
#include <utility>
#include <variant>

#include "flowstone/base/check.h"
#include "flowstone/exec/artifact_transfer.h"
#include "flowstone/exec/attempt_state.h"
#include "flowstone/exec/content_cache.h"
#include "flowstone/exec/event_loop.h"
#include "flowstone/exec/frame_channel.h"
#include "flowstone/exec/output_capture.h"
#include "flowstone/exec/storage_pool.h"
#include "flowstone/exec/task_messages.h"
#include "flowstone/exec/zygote.h"

namespace flowstone::exec {
namespace {

constexpr int kStorageThreads = 2;
constexpr std::chrono::milliseconds kShutdownPatience{1000};
constexpr std::int64_t kNsPerMs = 1'000'000;
// Of what is printed during an import, this much is kept for messages.
constexpr std::size_t kMaxImportOutput = std::size_t{64} << 10U;

std::string KeyOf(flow::AttemptId id) {
  return id.task.ToString() + "." + std::to_string(id.attempt);
}

struct PrintedLines {
  flow::OutputStream stream = flow::OutputStream::kStdout;
  std::string text;
};

// One attempt, from Launch to its AttemptEnded.
struct Session {
  Session(const flow::TaskSpec& spec, std::int64_t now_ms, FrameChannel task_channel,
          OutputCapture task_output, OutputCapture task_errors)
      : task(spec),
        state(spec.id, spec.step, now_ms),
        channel(std::move(task_channel)),
        output(std::move(task_output)),
        errors(std::move(task_errors)) {}

  flow::TaskSpec task;
  AttemptState state;
  FrameChannel channel;
  OutputCapture output;
  OutputCapture errors;
  EventLoop::WatchId channel_watch;
  EventLoop::WatchId output_watch;
  EventLoop::WatchId errors_watch;
  std::optional<TaskDescriptors> child_ends;  // until the task is handed over
  int pid = 0;                                // once known
  bool announced = false;                     // AttemptStarted was reported
  std::vector<PrintedLines> early_output;     // printed before that
  std::optional<flow::CancelUrgency> cancelled;
  bool broke_protocol = false;
  std::optional<std::int64_t> kill_at_ns;  // monotonic
};

struct ZygoteEntry {
  std::unique_ptr<Zygote> zygote;
  EventLoop::WatchId channel_watch;
  EventLoop::WatchId output_watch;
  EventLoop::WatchId errors_watch;
  EventLoop::WatchId exit_watch;
  std::vector<PrintedLines> import_output;  // for the next task to report
  std::size_t import_output_size = 0;
  std::string task_key;                    // of the task that it has become
  std::optional<std::int64_t> kill_at_ns;  // monotonic
};

}  // namespace

class LocalExecutor::Impl {
 public:
  Impl(LocalExecutorOptions options, os::ProcessRunner& processes, os::Clock& clock,
       ArtifactStore& artifacts, EventLoop loop, std::unique_ptr<StoragePool> pool)
      : options_(std::move(options)),
        processes_(processes),
        clock_(clock),
        artifacts_(artifacts),
        loop_(std::move(loop)),
        pool_(std::move(pool)) {}

  ~Impl() {
    // Tasks first: once their zygote is gone nobody else knows them.
    for (const auto& [key, session] : sessions_) {
      SignalTask(*session, SIGKILL);
    }
    // Of a fork that was not answered yet only the zygote knows the child.
    for (const auto& [number, entry] : zygotes_) {
      if (entry.zygote->phase() == ZygotePhase::kForking && !entry.zygote->running.empty()) {
        entry.zygote->ShutDown(kShutdownPatience);
      }
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status Open() {
    FLOWSTONE_TRY(loop_.Watch(pool_->fd(), Interest::kRead, [this] { RunCompletions(); }));
    return Ok();
  }

  void Launch(const flow::TaskSpec& task) {
    const std::string key = KeyOf(task.id);
    FLOWSTONE_CHECK(!sessions_.contains(key));
    Result<std::unique_ptr<Session>> session = OpenSession(task, key);
    if (!session) {
      AttemptState state(task.id, task.step, NowMs());
      state.OnEnvironmentFailed(session.error().message, std::nullopt);
      events_.emplace_back(flow::AttemptEnded{std::move(state).Conclude(NowMs())});
      return;
    }
    sessions_.emplace(key, *std::move(session));
    AssignZygote(key);
  }

  void Cancel(flow::AttemptId id, flow::CancelUrgency urgency) {
    const std::string key = KeyOf(id);
    const auto found = sessions_.find(key);
    if (found == sessions_.end() || found->second->state.over()) {
      return;
    }
    Session& session = *found->second;
    session.cancelled = urgency;
    session.state.OnCancelled();
    if (session.child_ends) {  // no process has it yet
      for (auto& [number, entry] : zygotes_) {
        std::erase(entry.zygote->waiting, key);
      }
      FailSession(key, "the task was cancelled", std::nullopt);
    } else if (session.pid > 0) {
      SendCancelSignal(session);
    }
  }

  std::vector<flow::ExecutorEvent> WaitEvents(std::chrono::milliseconds timeout) {
    const std::int64_t deadline = clock_.MonotonicNs() + timeout.count() * kNsPerMs;
    std::int64_t now = deadline;
    do {
      if (loop_.Wait(events_.empty() ? TimeUntil(deadline) : std::chrono::milliseconds(0)) ==
          WaitOutcome::kInterrupted) {
        break;
      }
      now = clock_.MonotonicNs();
      KillOverdue(now);
    } while (events_.empty() && now < deadline);
    return std::exchange(events_, {});
  }

 private:
  std::int64_t NowMs() { return clock_.NowNs() / kNsPerMs; }

  std::int64_t KillTime() { return clock_.MonotonicNs() + options_.kill_grace.count() * kNsPerMs; }

  // Rounded up, so that a deadline has passed when the wait is over.
  std::chrono::milliseconds TimeUntil(std::int64_t deadline) {
    for (const auto& [key, session] : sessions_) {
      deadline = std::min(deadline, session->kill_at_ns.value_or(deadline));
    }
    for (const auto& [number, entry] : zygotes_) {
      deadline = std::min(deadline, entry.kill_at_ns.value_or(deadline));
    }
    const std::int64_t left = std::max<std::int64_t>(deadline - clock_.MonotonicNs(), 0);
    return std::chrono::milliseconds((left + kNsPerMs - 1) / kNsPerMs);
  }

  void KillOverdue(std::int64_t now) {
    for (const auto& [key, session] : sessions_) {
      if (session->kill_at_ns && *session->kill_at_ns <= now) {
        session->kill_at_ns.reset();
        SignalTask(*session, SIGKILL);
      }
    }
    for (auto& [number, entry] : zygotes_) {
      if (entry.kill_at_ns && *entry.kill_at_ns <= now) {
        entry.kill_at_ns.reset();
        entry.zygote->Kill();
      }
    }
  }

  void RunCompletions() {
    for (const StoragePool::Completion& complete : pool_->Take()) {
      complete();
    }
  }

  // ---- sessions

  Result<std::unique_ptr<Session>> OpenSession(const flow::TaskSpec& task, const std::string& key) {
    FLOWSTONE_LET(auto channel, MakeChannelPair());
    FLOWSTONE_LET(auto output, OutputCapture::Create());
    FLOWSTONE_LET(auto errors, OutputCapture::Create());
    auto session = std::make_unique<Session>(task, NowMs(), FrameChannel(std::move(channel.first)),
                                             std::move(output.first), std::move(errors.first));
    session->child_ends = TaskDescriptors{.channel = std::move(channel.second),
                                          .output = std::move(output.second),
                                          .errors = std::move(errors.second)};
    FLOWSTONE_LET(session->channel_watch,
                  loop_.Watch(session->channel.fd(), Interest::kRead,
                              [this, key] { OnTaskChannel(*sessions_.at(key), key); }));
    FLOWSTONE_LET(session->output_watch,
                  loop_.Watch(session->output.fd(), Interest::kRead, [this, key] {
                    Session& owner = *sessions_.at(key);
                    OnOutput(owner, owner.output, owner.output_watch, flow::OutputStream::kStdout);
                  }));
    FLOWSTONE_LET(session->errors_watch,
                  loop_.Watch(session->errors.fd(), Interest::kRead, [this, key] {
                    Session& owner = *sessions_.at(key);
                    OnOutput(owner, owner.errors, owner.errors_watch, flow::OutputStream::kStderr);
                  }));
    return session;
  }

  void OnOutput(Session& session, OutputCapture& capture, EventLoop::WatchId watch,
                flow::OutputStream stream) {
    Report(session, stream, capture.Read());
    if (capture.at_end()) {
      loop_.Forget(watch);
    }
  }

  void Report(Session& session, flow::OutputStream stream, std::string text) {
    if (text.empty()) {
      return;
    }
    if (!session.announced) {
      session.early_output.push_back({.stream = stream, .text = std::move(text)});
      return;
    }
    events_.emplace_back(
        flow::AttemptOutput{.id = session.task.id, .stream = stream, .text = std::move(text)});
  }

  void ReportEarlyOutput(Session& session) {
    session.announced = true;
    for (PrintedLines& lines : std::exchange(session.early_output, {})) {
      Report(session, lines.stream, std::move(lines.text));
    }
  }

  // The attempt has a process: says so, with what its import printed.
  void Announce(Session& session, ZygoteEntry& entry, int pid) {
    session.pid = pid;
    session.state.OnForked(pid);
    events_.emplace_back(flow::AttemptStarted{.id = session.task.id, .pid = pid});
    session.announced = true;
    for (PrintedLines& lines : std::exchange(entry.import_output, {})) {
      Report(session, lines.stream, std::move(lines.text));
    }
    entry.import_output_size = 0;
    ReportEarlyOutput(session);
    // What was decided before there was a number to send a signal to.
    if (session.broke_protocol) {
      SignalTask(session, SIGKILL);
    } else if (session.cancelled) {
      SendCancelSignal(session);
    }
  }

  void SendCancelSignal(Session& session) {
    if (*session.cancelled == flow::CancelUrgency::kImmediate) {
      session.kill_at_ns.reset();
      SignalTask(session, SIGKILL);
    } else if (!session.kill_at_ns) {
      session.kill_at_ns = KillTime();
      SignalTask(session, SIGTERM);
    }
  }

  // The task leads a process group; between fork and setpgid(2) there is only the process. It has
  // not been reaped, or its end would have been reported, so the number is still its own.
  static void SignalTask(const Session& session, int signal) {
    if (session.pid > 0 && !session.state.over() && ::kill(-session.pid, signal) != 0 &&
        errno == ESRCH) {
      ::kill(session.pid, signal);
    }
  }

  // What a task that has ended started and left running. The number of a group that still has
  // members is given to no other process.
  static void KillRemainder(const Session& session) {
    if (session.pid > 0) {
      ::kill(-session.pid, SIGKILL);
    }
  }

  void OnTaskChannel(Session& session, const std::string& key) {
    session.channel.Flush();
    UpdateInterest(session);
    Result<ReceivedFrames> received = session.channel.Receive();
    if (!received) {
      BreakProtocol(session, received.error().message);
      return;
    }
    for (Frame& frame : received->frames) {
      Result<TaskMessage> message = ParseTaskMessage(std::move(frame));
      if (!message) {
        BreakProtocol(session, message.error().message);
        return;
      }
      std::visit([&](auto& known) { Handle(session, key, known); }, *message);
    }
    if (received->peer == PeerState::kClosed) {
      loop_.Forget(session.channel_watch);
    }
  }

  void UpdateInterest(Session& session) {
    loop_.Change(session.channel_watch,
                 session.channel.wants_write() ? Interest::kReadAndWrite : Interest::kRead);
  }

  void BreakProtocol(Session& session, const std::string& what) {
    session.state.OnProtocolBroken(what);
    session.broke_protocol = true;
    loop_.Forget(session.channel_watch);
    SignalTask(session, SIGKILL);
  }

  void Handle(Session&, const std::string&, const StartedMessage&) {}

  void Handle(Session&, const std::string& key, const GetMessage& get) {
    pool_->Submit([this, key, sha256 = get.sha256]() -> StoragePool::Completion {
      // Shared because a std::function has to be copyable.
      auto answer = std::make_shared<OutgoingFrame>(AnswerGet(artifacts_, cache_, sha256));
      return [this, key, answer] {
        if (const auto found = sessions_.find(key); found != sessions_.end()) {
          found->second->channel.Send(std::move(*answer));
          UpdateInterest(*found->second);
        }
      };
    });
  }

  void Handle(Session& session, const std::string& key, ArtifactMessage& message) {
    const std::size_t slot = session.state.OnArtifact(message);
    // Shared because a std::function has to be copyable.
    auto artifact = std::make_shared<ArtifactMessage>(std::move(message));
    pool_->Submit([this, key, slot, artifact]() -> StoragePool::Completion {
      const Result<Digest> stored = StoreArtifact(artifacts_, *artifact);
      return [this, key, slot, stored] {
        sessions_.at(key)->state.ArtifactStored(slot, stored);
        FinishWhenSettled(key);
      };
    });
  }

  void Handle(Session& session, const std::string&, MetadataMessage& message) {
    session.state.OnMetadata(std::move(message.metadatum));
  }

  void Handle(Session& session, const std::string&, EndMessage& end) {
    session.state.OnEnd(std::move(end));
  }

  // The process is gone: takes what it still said and printed, and ends what it left behind.
  void CloseSession(const std::string& key, const std::function<void(AttemptState&)>& note_end) {
    Session& session = *sessions_.at(key);
    KillRemainder(session);
    OnTaskChannel(session, key);
    Report(session, flow::OutputStream::kStdout, session.output.Read());
    Report(session, flow::OutputStream::kStderr, session.errors.Read());
    loop_.Forget(session.channel_watch);
    loop_.Forget(session.output_watch);
    loop_.Forget(session.errors_watch);
    Report(session, flow::OutputStream::kStdout, session.output.Finish());
    Report(session, flow::OutputStream::kStderr, session.errors.Finish());
    session.kill_at_ns.reset();
    note_end(session.state);
    FinishWhenSettled(key);
  }

  void FailSession(const std::string& key, const std::string& message,
                   const std::optional<flow::TaskException>& exception) {
    CloseSession(key, [&](AttemptState& state) { state.OnEnvironmentFailed(message, exception); });
  }

  void FinishWhenSettled(const std::string& key) {
    Session& session = *sessions_.at(key);
    if (!session.state.settled()) {
      return;
    }
    ReportEarlyOutput(session);
    events_.emplace_back(flow::AttemptEnded{std::move(session.state).Conclude(NowMs())});
    sessions_.erase(key);
  }

  // ---- zygotes

  void AssignZygote(const std::string& key) {
    const std::string& step = sessions_.at(key)->task.step;
    const auto environment = options_.environments.find(step);
    if (environment == options_.environments.end()) {
      FailSession(key, "step '" + step + "' has no environment", std::nullopt);
      return;
    }
    const std::string& id = environment->second.id;
    const bool shared = options_.mode == ProcessMode::kFork && !not_forkable_.contains(id) &&
                        environment->second.private_layer.empty();
    const auto existing = shared ? shared_zygotes_.find(id) : shared_zygotes_.end();
    const Result<std::uint64_t> number =
        existing != shared_zygotes_.end()
            ? existing->second
            : StartZygote(environment->second,
                          shared ? ZygotePurpose::kShared : ZygotePurpose::kSingleTask);
    if (!number) {
      FailSession(key, "cannot start Python: " + number.error().message, std::nullopt);
      return;
    }
    zygotes_.at(*number).zygote->waiting.push_back(key);
    Deliver(*number);
  }

  Result<std::uint64_t> StartZygote(const PythonEnvironment& environment, ZygotePurpose purpose) {
    FLOWSTONE_LET(std::unique_ptr<Zygote> zygote,
                  Zygote::Start(options_.run, environment, purpose, options_.process_environment,
                                processes_));
    const std::uint64_t number = next_zygote_++;
    ZygoteEntry entry;
    FLOWSTONE_LET(entry.channel_watch, loop_.Watch(zygote->channel().fd(), Interest::kRead,
                                                   [this, number] { OnZygoteChannel(number); }));
    FLOWSTONE_LET(entry.output_watch,
                  loop_.Watch(zygote->output().fd(), Interest::kRead, [this, number] {
                    ZygoteEntry& owner = zygotes_.at(number);
                    OnImportOutput(owner, owner.zygote->output(), owner.output_watch,
                                   flow::OutputStream::kStdout);
                  }));
    FLOWSTONE_LET(entry.errors_watch,
                  loop_.Watch(zygote->errors().fd(), Interest::kRead, [this, number] {
                    ZygoteEntry& owner = zygotes_.at(number);
                    OnImportOutput(owner, owner.zygote->errors(), owner.errors_watch,
                                   flow::OutputStream::kStderr);
                  }));
    FLOWSTONE_LET(entry.exit_watch, loop_.Watch(zygote->exit_fd(), Interest::kRead,
                                                [this, number] { OnZygoteExit(number); }));
    entry.zygote = std::move(zygote);
    zygotes_.emplace(number, std::move(entry));
    if (purpose == ZygotePurpose::kShared) {
      shared_zygotes_[environment.id] = number;
    }
    return number;
  }

  // Hands the waiting tasks over, once the flow is imported.
  void Deliver(std::uint64_t number) {
    ZygoteEntry& entry = zygotes_.at(number);
    Zygote& zygote = *entry.zygote;
    while (zygote.phase() == ZygotePhase::kForking && !zygote.waiting.empty()) {
      const std::string key = TakeFront(zygote.waiting);
      zygote.running.insert(key);
      HandOver(entry, key, TaskDelivery::kFork);
    }
    if (zygote.phase() == ZygotePhase::kRunsOne && zygote.waiting.empty()) {
      zygote.Kill();  // its task was cancelled meanwhile
    } else if (zygote.phase() == ZygotePhase::kRunsOne) {
      entry.task_key = TakeFront(zygote.waiting);
      HandOver(entry, entry.task_key, TaskDelivery::kRunHere);
      zygote.BecomeTask();
      Announce(*sessions_.at(entry.task_key), entry, zygote.pid());
    }
    if (zygote.phase() == ZygotePhase::kIsTask) {
      for (const std::string& key : std::exchange(zygote.waiting, {})) {
        AssignZygote(key);
      }
    }
  }

  static std::string TakeFront(std::deque<std::string>& keys) {
    std::string key = std::move(keys.front());
    keys.pop_front();
    return key;
  }

  void HandOver(ZygoteEntry& entry, const std::string& key, TaskDelivery delivery) {
    Session& session = *sessions_.at(key);
    const auto variables = options_.step_variables.find(session.task.step);
    entry.zygote->channel().Send(TaskFrame(delivery, key, options_.run, session.task,
                                           variables == options_.step_variables.end()
                                               ? std::map<std::string, std::string>()
                                               : variables->second,
                                           *std::exchange(session.child_ends, std::nullopt)));
    UpdateInterest(entry);
  }

  void UpdateInterest(ZygoteEntry& entry) {
    loop_.Change(entry.channel_watch,
                 entry.zygote->channel().wants_write() ? Interest::kReadAndWrite : Interest::kRead);
  }

  void OnImportOutput(ZygoteEntry& entry, OutputCapture& capture, EventLoop::WatchId watch,
                      flow::OutputStream stream) {
    std::string text = capture.Read();
    if (capture.at_end()) {
      loop_.Forget(watch);
    }
    KeepImportOutput(entry, stream, std::move(text));
  }

  static void KeepImportOutput(ZygoteEntry& entry, flow::OutputStream stream, std::string text) {
    if (!text.empty() && entry.import_output_size < kMaxImportOutput) {
      entry.import_output_size += text.size();
      entry.import_output.push_back({.stream = stream, .text = std::move(text)});
    }
  }

  void OnZygoteChannel(std::uint64_t number) {
    ZygoteEntry& entry = zygotes_.at(number);
    entry.zygote->channel().Flush();
    UpdateInterest(entry);
    Result<ReceivedFrames> received = entry.zygote->channel().Receive();
    if (!received) {
      BreakZygote(entry, received.error().message);
      return;
    }
    for (Frame& frame : received->frames) {
      Result<ZygoteMessage> message = ParseZygoteMessage(std::move(frame));
      if (!message) {
        BreakZygote(entry, message.error().message);
        return;
      }
      std::visit([&](const auto& known) { Handle(number, known); }, *message);
    }
    if (received->peer == PeerState::kClosed) {
      loop_.Forget(entry.channel_watch);
      if (entry.zygote->phase() != ZygotePhase::kIsTask) {
        // It speaks no more, so it is of no use. Most likely it is exiting by itself.
        entry.kill_at_ns = KillTime();
      }
    }
  }

  void BreakZygote(ZygoteEntry& entry, const std::string& what) {
    loop_.Forget(entry.channel_watch);
    KeepImportOutput(entry, flow::OutputStream::kStderr,
                     "flowstone: the worker broke the protocol: " + what + "\n");
    entry.zygote->Kill();
  }

  void Handle(std::uint64_t number, const HelloMessage&) {
    ZygoteEntry& entry = zygotes_.at(number);
    entry.zygote->OnHello(options_.run);
    UpdateInterest(entry);
  }

  void Handle(std::uint64_t number, const LoadedMessage& loaded) {
    ZygoteEntry& entry = zygotes_.at(number);
    entry.zygote->OnLoaded(loaded);
    DrainImportOutput(entry);
    if (loaded.threads != 0) {
      not_forkable_.insert(entry.zygote->environment().id);
      StopSharing(number);
    }
    Deliver(number);
  }

  void DrainImportOutput(ZygoteEntry& entry) {
    KeepImportOutput(entry, flow::OutputStream::kStdout, entry.zygote->output().Read());
    KeepImportOutput(entry, flow::OutputStream::kStderr, entry.zygote->errors().Read());
  }

  void StopSharing(std::uint64_t number) {
    const auto found = shared_zygotes_.find(zygotes_.at(number).zygote->environment().id);
    if (found != shared_zygotes_.end() && found->second == number) {
      shared_zygotes_.erase(found);
    }
  }

  void Handle(std::uint64_t number, const LoadFailedMessage& failed) {
    StopSharing(number);
    ZygoteEntry& entry = zygotes_.at(number);
    DrainImportOutput(entry);
    entry.zygote->Retire();
    FailWaiting(
        entry,
        "the flow cannot be imported: " + failed.exception.type + ": " + failed.exception.message,
        failed.exception);
  }

  // The first of them reports what the import printed.
  void FailWaiting(ZygoteEntry& entry, const std::string& message,
                   const std::optional<flow::TaskException>& exception) {
    for (const std::string& key : std::exchange(entry.zygote->waiting, {})) {
      Session& session = *sessions_.at(key);
      for (PrintedLines& lines : std::exchange(entry.import_output, {})) {
        Report(session, lines.stream, std::move(lines.text));
      }
      FailSession(key, message, exception);
    }
  }

  void Handle(std::uint64_t number, const ForkedMessage& forked) {
    ZygoteEntry& entry = zygotes_.at(number);
    if (entry.zygote->running.contains(forked.key)) {
      Announce(*sessions_.at(forked.key), entry, forked.pid);
    }
  }

  void Handle(std::uint64_t number, const ForkFailedMessage& failed) {
    if (zygotes_.at(number).zygote->running.erase(failed.key) > 0) {
      FailSession(failed.key, "the task's process cannot be started: " + failed.message,
                  std::nullopt);
    }
  }

  void Handle(std::uint64_t number, const ExitedMessage& exited) {
    if (zygotes_.at(number).zygote->running.erase(exited.key) > 0) {
      CloseSession(exited.key, [&](AttemptState& state) {
        state.OnExited(exited.code, exited.signal, exited.max_rss_kib);
      });
    }
  }

  void OnZygoteExit(std::uint64_t number) {
    if (zygotes_.at(number).zygote->phase() != ZygotePhase::kIsTask) {
      OnZygoteChannel(number);  // exits of its children that it still reported
    }
    ZygoteEntry& entry = zygotes_.at(number);
    const std::optional<os::ExitStatus> status = entry.zygote->TakeExit();
    if (!status) {
      return;
    }
    StopSharing(number);
    DrainImportOutput(entry);
    KeepImportOutput(entry, flow::OutputStream::kStdout, entry.zygote->output().Finish());
    KeepImportOutput(entry, flow::OutputStream::kStderr, entry.zygote->errors().Finish());
    for (const EventLoop::WatchId watch :
         {entry.channel_watch, entry.output_watch, entry.errors_watch, entry.exit_watch}) {
      loop_.Forget(watch);
    }
    const std::string how = status->signal ? "killed by signal " + std::to_string(*status->signal)
                                           : "exit status " + std::to_string(*status->code);
    if (!entry.task_key.empty()) {
      CloseSession(entry.task_key, [&](AttemptState& state) {
        state.OnExited(status->code, status->signal, std::nullopt);
      });
    }
    FailWaiting(entry, "Python ended before the flow was imported (" + how + ")", std::nullopt);
    for (const std::string& key : std::exchange(entry.zygote->running, {})) {
      FailSession(key, "the process that the task was forked from is gone (" + how + ")",
                  std::nullopt);
    }
    zygotes_.erase(number);
  }

  LocalExecutorOptions options_;
  os::ProcessRunner& processes_;
  os::Clock& clock_;
  ArtifactStore& artifacts_;
  ContentCache cache_;
  EventLoop loop_;
  std::unordered_map<std::string, std::unique_ptr<Session>> sessions_;
  std::map<std::uint64_t, ZygoteEntry> zygotes_;
  std::map<std::string, std::uint64_t> shared_zygotes_;  // by environment
  std::set<std::string> not_forkable_;                   // environments whose import starts threads
  std::uint64_t next_zygote_ = 1;
  std::vector<flow::ExecutorEvent> events_;
  std::unique_ptr<StoragePool> pool_;  // last: its threads use the rest
};

LocalExecutor::LocalExecutor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

LocalExecutor::~LocalExecutor() = default;

Result<std::unique_ptr<LocalExecutor>> LocalExecutor::Create(LocalExecutorOptions options,
                                                             os::ProcessRunner& processes,
                                                             os::Clock& clock,
                                                             ArtifactStore& artifacts) {
  FLOWSTONE_LET(EventLoop loop, EventLoop::Create());
  FLOWSTONE_LET(std::unique_ptr<StoragePool> pool, StoragePool::Create(kStorageThreads));
  auto impl = std::make_unique<Impl>(std::move(options), processes, clock, artifacts,
                                     std::move(loop), std::move(pool));
  FLOWSTONE_TRY(impl->Open());
  return std::unique_ptr<LocalExecutor>(new LocalExecutor(std::move(impl)));
}

void LocalExecutor::Launch(const flow::TaskSpec& task) {
  impl_->Launch(task);
}

void LocalExecutor::Cancel(flow::AttemptId id, flow::CancelUrgency urgency) {
  impl_->Cancel(id, urgency);
}

std::vector<flow::ExecutorEvent> LocalExecutor::WaitEvents(std::chrono::milliseconds timeout) {
  return impl_->WaitEvents(timeout);
}

}  // namespace flowstone::exec
