#include "flowstone/os/posix_process_runner.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <set>
#include <spawn.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/exec_vectors.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/find_program.h"
#include "flowstone/os/layered_spawn.h"
#include "flowstone/os/memory_file.h"
#include "flowstone/os/sandbox_spawn.h"
#include "flowstone/os/system_clock.h"

namespace flowstone::os {
namespace {

constexpr std::string_view kDefaultSearchPath = "/usr/local/bin:/usr/bin:/bin";
constexpr int kFirstOtherDescriptor = 3;  // after the standard streams
constexpr std::int64_t kNsPerMs = 1'000'000;
// How often a child is looked at on kernels without pidfd_open(2) (before 5.3).
constexpr int kPollMsWithoutPidfd = 10;

// kGuarded: the guard of a sandbox leads it, and takes everything with it when it is asked to end.
enum class Group : std::uint8_t { kOurs, kOwn, kGuarded };

ExitStatus DecodeStatus(int status) {
  if (WIFSIGNALED(status)) {
    return ExitStatus{.code = std::nullopt, .signal = WTERMSIG(status)};
  }
  return ExitStatus{.code = WEXITSTATUS(status), .signal = std::nullopt};
}

enum class Block : std::uint8_t { kNo, kYes };

// The status when the child has ended.
Result<std::optional<ExitStatus>> WaitFor(pid_t pid, Block block) {
  int status = 0;
  while (true) {
    const pid_t ended = ::waitpid(pid, &status, block == Block::kYes ? 0 : WNOHANG);
    if (ended == pid) {
      return std::optional(DecodeStatus(status));
    }
    if (ended == 0) {
      return std::optional<ExitStatus>();
    }
    if (errno != EINTR) {
      return ErrnoError(errno, "wait for process " + std::to_string(pid));
    }
  }
}

class PosixProcess final : public Process {
 public:
  PosixProcess(pid_t pid, Group group) : pid_(pid), group_(group) {}
  PosixProcess(const PosixProcess&) = delete;
  PosixProcess& operator=(const PosixProcess&) = delete;

  ~PosixProcess() override {
    if (!ended_) {
      Kill(SIGKILL);
      (void)WaitFor(pid_, Block::kYes);
    }
  }

  int pid() const override { return pid_; }

  Result<std::optional<ExitStatus>> Poll() override {
    if (!ended_) {
      FLOWSTONE_LET(ended_, WaitFor(pid_, Block::kNo));
    }
    return ended_;
  }

  Result<ExitStatus> Wait() override {
    if (!ended_) {
      FLOWSTONE_LET(ended_, WaitFor(pid_, Block::kYes));
    }
    return *ended_;
  }

  Status Signal(int signal) override {
    // Once reaped, the number may belong to another process.
    if (!ended_ && !Kill(signal) && errno != ESRCH) {
      return ErrnoError(errno, "signal process " + std::to_string(pid_));
    }
    return Ok();
  }

 private:
  bool Kill(int signal) const {
    switch (group_) {
      case Group::kOurs:
        break;
      case Group::kOwn:
        return ::kill(-pid_, signal) == 0;
      case Group::kGuarded:
        return ::kill(pid_, SIGTERM) == 0;
    }
    return ::kill(pid_, signal) == 0;
  }

  pid_t pid_;
  Group group_;
  std::optional<ExitStatus> ended_;
};

// posix_spawn's lists of what to do in the child, freed at the end.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // Empty mask, default handlers, its own group if wanted.
  void SetAttributes(Group group) {
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (group == Group::kOwn) {
      ::posix_spawnattr_setpgroup(&attributes_, 0);
      flags |= POSIX_SPAWN_SETPGROUP;
    }
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }

  void ChangeDirectory(const std::string& directory) {
    ::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
  }

  // Gives the child these descriptors and no others.
  Status SetDescriptors(const std::vector<InheritedDescriptor>& descriptors) {
    int highest = kFirstOtherDescriptor - 1;
    for (const InheritedDescriptor& descriptor : descriptors) {
      highest = std::max(highest, descriptor.child_fd);
    }
    std::set<int> named;
    for (const InheritedDescriptor& descriptor : descriptors) {
      // From a number that no child descriptor has, so that no dup2 overwrites a later source.
      UniqueFd source(::fcntl(descriptor.parent_fd, F_DUPFD_CLOEXEC, highest + 1));
      if (!source) {
        return ErrnoError(
            errno, "pass descriptor " + std::to_string(descriptor.parent_fd) + " to a child");
      }
      ::posix_spawn_file_actions_adddup2(&actions_, source.get(), descriptor.child_fd);
      sources_.push_back(std::move(source));
      named.insert(descriptor.child_fd);
    }
    for (int fd = 0; fd <= highest; ++fd) {
      if (named.contains(fd)) {
        continue;
      }
      if (fd < kFirstOtherDescriptor) {
        ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
      } else {
        ::posix_spawn_file_actions_addclose(&actions_, fd);
      }
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, highest + 1);
    return Ok();
  }

  // The errno number, or 0.
  int Spawn(pid_t* pid, const std::string& program, ExecVectors& vectors) const {
    return ::posix_spawn(pid, program.c_str(), &actions_, &attributes_, vectors.argv(),
                         vectors.envp());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<UniqueFd> sources_;
};

Error SpawnError(int number, const ProcessSpec& spec) {
  struct stat status {};
  // The number does not tell a missing directory from a missing program.
  if (!spec.directory.empty() &&
      (::stat(spec.directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "cannot run '" + spec.arguments[0] + "': there is no directory '" +
                            spec.directory + "'"};
  }
  return ErrnoError(number, "run '" + spec.arguments[0] + "'");
}

Result<std::unique_ptr<PosixProcess>> Spawn(const ProcessSpec& spec,
                                            const std::vector<InheritedDescriptor>& descriptors,
                                            Group group) {
  FLOWSTONE_CHECK(!spec.arguments.empty());
  FLOWSTONE_CHECK(!spec.sandbox || spec.private_layer.empty());
  const auto search_path = spec.environment.find("PATH");
  FLOWSTONE_LET(const std::string program,
                FindProgram(spec.arguments[0], search_path == spec.environment.end()
                                                   ? kDefaultSearchPath
                                                   : std::string_view(search_path->second)));
  if (spec.sandbox) {
    FLOWSTONE_LET(const pid_t guard, SpawnInSandbox(spec, program, descriptors));
    return std::make_unique<PosixProcess>(guard, Group::kGuarded);
  }
  if (!spec.private_layer.empty()) {
    FLOWSTONE_LET(const pid_t child,
                  SpawnInLayer(spec, program, descriptors,
                               group == Group::kOwn ? ChildGroup::kOwn : ChildGroup::kOurs));
    return std::make_unique<PosixProcess>(child, group);
  }
  SpawnPlan plan;
  plan.SetAttributes(group);
  FLOWSTONE_TRY(plan.SetDescriptors(descriptors));
  if (!spec.directory.empty()) {
    plan.ChangeDirectory(spec.directory);
  }
  ExecVectors vectors(spec.arguments, spec.environment);
  pid_t pid = 0;
  const int error = plan.Spawn(&pid, program, vectors);
  if (error != 0) {
    return SpawnError(error, spec);
  }
  return std::make_unique<PosixProcess>(pid, group);
}

Result<UniqueFd> InputFor(const std::string& input) {
  // A file, not a pipe: nobody has to feed it while the outputs are read, and a child that never
  // reads it costs no SIGPIPE.
  FLOWSTONE_LET(MemoryFile file, MemoryFile::Create("standard input"));
  FLOWSTONE_TRY(file.Append(input));
  if (::lseek(file.fd(), 0, SEEK_SET) != 0) {
    return ErrnoError(errno, "rewind a standard input");
  }
  return std::move(file).Take();
}

// One captured output: the reading end of a pipe, and what came.
struct Capture {
  std::size_t limit;
  UniqueFd fd = {};
  std::string text = {};
};

// Reads what is there; closes the descriptor at the end of the stream. kInvalid when it is too
// much.
Status Drain(Capture& capture) {
  std::array<char, 65536> buffer;
  while (capture.fd) {
    const ssize_t count = ::read(capture.fd.get(), buffer.data(), buffer.size());
    if (count > 0) {
      capture.text.append(buffer.data(), static_cast<std::size_t>(count));
      if (capture.text.size() > capture.limit) {
        return Error{.code = ErrorCode::kInvalid,
                     .message = "it wrote more than " + std::to_string(capture.limit) + " bytes"};
      }
    } else if (count == 0) {
      capture.fd.Reset();
    } else if (errno == EAGAIN) {
      return Ok();
    } else if (errno != EINTR) {
      return ErrnoError(errno, "read the output of a child");
    }
  }
  return Ok();
}

Result<UniqueFd> StartCapture(Capture& capture) {
  FLOWSTONE_LET(Pipe pipe, MakePipe());
  if (::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) {
    return ErrnoError(errno, "make a pipe non-blocking");
  }
  capture.fd = std::move(pipe.read);
  return std::move(pipe.write);
}

// Polls the outputs and the child until the child has ended. What it wrote is then in the pipes,
// so they are emptied once more, but not waited for: a grandchild may hold them open for ever.
Result<std::optional<ExitStatus>> CollectUntil(std::int64_t deadline_ns, PosixProcess& child,
                                               Capture& output, Capture& errors) {
  SystemClock clock;
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0)));
  while (true) {
    FLOWSTONE_LET(const std::optional<ExitStatus> ended, child.Poll());
    FLOWSTONE_TRY(Drain(output));
    FLOWSTONE_TRY(Drain(errors));
    const std::int64_t left_ns = deadline_ns - clock.MonotonicNs();
    if (ended || left_ns <= 0) {
      return ended;
    }
    std::int64_t wait_ms = std::min<std::int64_t>(left_ns / kNsPerMs + 1, INT32_MAX);
    if (!pidfd) {
      wait_ms = std::min<std::int64_t>(wait_ms, kPollMsWithoutPidfd);
    }
    // poll(2) ignores negative descriptors.
    std::array<pollfd, 3> watched{{{.fd = output.fd.get(), .events = POLLIN, .revents = 0},
                                   {.fd = errors.fd.get(), .events = POLLIN, .revents = 0},
                                   {.fd = pidfd.get(), .events = POLLIN, .revents = 0}}};
    if (::poll(watched.data(), watched.size(), static_cast<int>(wait_ms)) < 0 && errno != EINTR) {
      return ErrnoError(errno, "wait for a child");
    }
  }
}

std::int64_t DeadlineAfter(std::chrono::milliseconds timeout) {
  const std::int64_t now = SystemClock().MonotonicNs();
  const std::int64_t longest_ms = (INT64_MAX - now) / kNsPerMs;
  return now + std::min<std::int64_t>(timeout.count(), longest_ms) * kNsPerMs;
}

}  // namespace

Result<ProcessResult> PosixProcessRunner::Run(const ProcessSpec& spec, const std::string& input,
                                              std::chrono::milliseconds timeout) {
  const std::int64_t deadline_ns = DeadlineAfter(timeout);
  Capture output{.limit = spec.output_limit};
  Capture errors{.limit = spec.output_limit};
  std::unique_ptr<PosixProcess> child;
  {
    FLOWSTONE_LET(const UniqueFd standard_input, InputFor(input));
    FLOWSTONE_LET(const UniqueFd output_end, StartCapture(output));
    FLOWSTONE_LET(const UniqueFd errors_end, StartCapture(errors));
    FLOWSTONE_LET(child, Spawn(spec,
                               {{.parent_fd = standard_input.get(), .child_fd = STDIN_FILENO},
                                {.parent_fd = output_end.get(), .child_fd = STDOUT_FILENO},
                                {.parent_fd = errors_end.get(), .child_fd = STDERR_FILENO}},
                               Group::kOwn));
  }
  FLOWSTONE_LET(const std::optional<ExitStatus> ended,
                CollectUntil(deadline_ns, *child, output, errors));
  if (!ended) {  // leaving the scope kills the group
    return Error{.code = ErrorCode::kCancelled,
                 .message = "'" + spec.arguments[0] + "' did not end within " +
                            std::to_string(timeout.count()) + " ms and was killed"};
  }
  return ProcessResult{
      .status = *ended, .output = std::move(output.text), .errors = std::move(errors.text)};
}

Result<std::unique_ptr<Process>> PosixProcessRunner::Start(const ProcessSpec& spec) {
  FLOWSTONE_LET(std::unique_ptr<PosixProcess> child,
                Spawn(spec, spec.descriptors, spec.new_process_group ? Group::kOwn : Group::kOurs));
  return std::unique_ptr<Process>(std::move(child));
}

}  // namespace flowstone::os
