#include "flowstone/os/sandbox_spawn.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/securebits.h>
#include <sched.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/exec_vectors.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/path.h"

namespace flowstone::os {
namespace {

constexpr int kLastStandardDescriptor = 2;
constexpr const char* kPrivateTmpfs = "mode=0700,size=64m";

// Where the way to the program ended, for the message. In the order of the steps.
enum class Stage : std::int32_t {
  kDescriptors,
  kNamespaces,
  kMounts,
  kPrivileges,
  kLimits,
  kStart
};

struct SetupFailure {
  Stage stage;
  std::int32_t number;  // errno
};

// A directory that stays reachable: its mount is taken before anything is hidden, and put back.
struct KeptDirectory {
  std::string path;
  std::vector<std::string> ancestors;  // to be made where a parent was hidden, shortest first
  bool is_writable = false;
  int tree = -1;  // set in the child
};

struct DescriptorMove {
  int source;  // above all numbers of the child
  int target;
};

// Everything the children need, made before fork(2): between it and execve(2) only calls that are
// safe in a child of a threaded process may be made, so nothing there allocates.
struct LaunchPlan {
  const Sandbox* sandbox = nullptr;
  std::string program;
  std::string directory;
  std::string uid_map;
  std::string gid_map;
  std::vector<KeptDirectory> kept;
  std::vector<DescriptorMove> moves;
  std::vector<int> nulls;  // standard descriptors that become /dev/null
  int report = -1;         // the end of the pipe that failures are written to
  ExecVectors* vectors = nullptr;
  int* status = nullptr;  // in shared memory: the program's wait(2) status
};

[[noreturn]] void Fail(const LaunchPlan& plan, Stage stage) {
  const SetupFailure failure{stage, errno};
  (void)!::write(plan.report, &failure, sizeof failure);
  ::_exit(127);
}

void Require(bool ok, const LaunchPlan& plan, Stage stage) {
  if (!ok) {
    Fail(plan, stage);
  }
}

bool WriteText(const char* path, std::string_view text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  const bool is_written =
      ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return is_written;
}

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void ArrangeDescriptors(const LaunchPlan& plan) {
  for (const DescriptorMove& move : plan.moves) {
    Require(::dup2(move.source, move.target) >= 0, plan, Stage::kDescriptors);
  }
  for (const int fd : plan.nulls) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    Require(null >= 0 && ::dup2(null, fd) >= 0, plan, Stage::kDescriptors);
  }
  int highest = kLastStandardDescriptor;
  for (const DescriptorMove& move : plan.moves) {
    highest = std::max(highest, move.target);
  }
  // Older kernels do not know the call; then what was opened close-on-exec, all of ours, is closed.
  (void)::syscall(SYS_close_range, highest + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

bool SetAttributes(int directory, const char* path, unsigned int flags, std::uint64_t set) {
  mount_attr attributes{.attr_set = set, .attr_clr = 0, .propagation = 0, .userns_fd = 0};
  return ::mount_setattr(directory, path, flags, &attributes, sizeof attributes) == 0;
}

void EnterNamespaces(const LaunchPlan& plan) {
  constexpr int kinds = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  const int network = plan.sandbox->network == SandboxNetwork::kNone ? CLONE_NEWNET : 0;
  Require(::unshare(kinds | network) == 0, plan, Stage::kNamespaces);
  Require(WriteText("/proc/self/setgroups", "deny") &&
              WriteText("/proc/self/uid_map", plan.uid_map) &&
              WriteText("/proc/self/gid_map", plan.gid_map),
          plan, Stage::kNamespaces);
}

// REQUIRES: the process is the first of its pid namespace.
void ArrangeMounts(LaunchPlan& plan) {
  Require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, plan, Stage::kMounts);
  for (KeptDirectory& kept : plan.kept) {
    kept.tree = ::open_tree(AT_FDCWD, kept.path.c_str(),
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    Require(kept.tree >= 0 || errno == ENOENT, plan, Stage::kMounts);
  }
  for (const std::string& hidden : plan.sandbox->hidden) {
    Require(::mount("tmpfs", hidden.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, kPrivateTmpfs) == 0 ||
                errno == ENOENT || errno == ENOTDIR,
            plan, Stage::kMounts);
  }
  for (const KeptDirectory& kept : plan.kept) {
    for (const std::string& ancestor : kept.ancestors) {
      (void)::mkdir(ancestor.c_str(), 0755);  // there already, unless it was hidden
    }
  }
  Require(SetAttributes(AT_FDCWD, "/", AT_RECURSIVE, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID), plan,
          Stage::kMounts);
  for (const KeptDirectory& kept : plan.kept) {
    if (kept.tree < 0) {
      continue;
    }
    const std::uint64_t access = kept.is_writable ? 0 : MOUNT_ATTR_RDONLY;
    Require(
        SetAttributes(kept.tree, "", AT_EMPTY_PATH | AT_RECURSIVE, MOUNT_ATTR_NOSUID | access) &&
            ::move_mount(kept.tree, "", AT_FDCWD, kept.path.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0,
        plan, Stage::kMounts);
  }
  // A /proc that is masked by a container may not be mounted anew; the old one would show the
  // variables of other processes, so there is none then.
  if (::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    Require(::mount("tmpfs", "/proc", "tmpfs", MS_RDONLY, "size=4k") == 0, plan, Stage::kMounts);
  }
  (void)::mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, kPrivateTmpfs);
}

// No capabilities, none to be had by execve(2) or a set-id file, also for user 0.
void DropPrivileges(const LaunchPlan& plan) {
  constexpr unsigned long locked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                                   SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  Require(::prctl(PR_SET_SECUREBITS, locked, 0, 0, 0) == 0, plan, Stage::kPrivileges);
  for (unsigned long capability = 0;; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
      Require(errno == EINVAL, plan, Stage::kPrivileges);  // beyond the last one
      break;
    }
  }
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  Require(::syscall(SYS_capset, &header, none.data()) == 0, plan, Stage::kPrivileges);
}

void Limit(const LaunchPlan& plan, __rlimit_resource resource, std::optional<std::uint64_t> value) {
  if (!value) {
    return;
  }
  rlimit limit{};
  Require(::getrlimit(resource, &limit) == 0, plan, Stage::kLimits);
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, *value);
  limit.rlim_cur = limit.rlim_max;
  Require(::setrlimit(resource, &limit) == 0, plan, Stage::kLimits);
}

[[noreturn]] void StartProgram(const LaunchPlan& plan) {
  Require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, plan, Stage::kPrivileges);
  const ResourceLimits& limits = plan.sandbox->limits;
  Limit(plan, RLIMIT_DATA, limits.memory_bytes);
  Limit(plan, RLIMIT_FSIZE, limits.file_bytes);
  Limit(plan, RLIMIT_NOFILE, limits.open_files);
  Limit(plan, RLIMIT_CORE, 0);
  if (plan.sandbox->isolation == Isolation::kNamespaces) {
    Limit(plan, RLIMIT_NPROC, limits.processes);
  }
  if (!plan.directory.empty()) {
    Require(::chdir(plan.directory.c_str()) == 0, plan, Stage::kStart);
  }
  ::execve(plan.program.c_str(), plan.vectors->argv(), plan.vectors->envp());
  Fail(plan, Stage::kStart);
}

void CloseReport(const LaunchPlan& plan) {
  ::close(plan.report);
}

// The first process of the pid namespace: it prepares the mounts, starts the program, and buries
// whatever the program leaves behind. When it ends, the kernel kills all others.
[[noreturn]] void RunInit(LaunchPlan& plan) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ArrangeMounts(plan);
  const pid_t program = ::fork();
  Require(program >= 0, plan, Stage::kStart);
  if (program == 0) {
    DropPrivileges(plan);
    StartProgram(plan);
  }
  CloseReport(plan);
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, 0);
    if (ended == program) {
      *plan.status = status;
      ::_exit(0);
    }
    if (ended < 0 && errno != EINTR) {
      ::_exit(127);
    }
  }
}

// Kills what descends from the guard: what lost its parent became a child of the guard, so that
// every round reaches one generation further. Where the kernel does not list children
// (CONFIG_PROC_CHILDREN), what left the process group stays.
void KillDescendants() {
  std::array<char, 4096> numbers{};
  while (true) {
    const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    const ssize_t count = fd < 0 ? -1 : ::read(fd, numbers.data(), numbers.size());
    ::close(fd);
    if (count <= 0) {
      return;
    }
    pid_t child = 0;
    for (const char c : std::string_view(numbers.data(), static_cast<std::size_t>(count))) {
      if (c >= '0' && c <= '9') {
        child = child * 10 + (c - '0');
      } else if (child > 0) {  // a number without a space behind it may have been cut off
        ::kill(std::exchange(child, 0), SIGKILL);
      }
    }
    (void)::waitpid(-1, nullptr, 0);
  }
}

// Waits for the end of `child`, burying others, and returns its status. When the guard itself is to
// end (SIGTERM: from our process, or from the kernel when that has died), so does everything below.
int WaitAsGuard(const sigset_t& wakers, pid_t child) {
  while (true) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended == child) {
      return status;
    }
    if (ended > 0) {
      continue;
    }
    if (::sigwaitinfo(&wakers, nullptr) == SIGTERM) {
      ::kill(child, SIGKILL);
      (void)::waitpid(child, nullptr, 0);
      KillDescendants();
      ::_exit(127);
    }
  }
}

// What the guard starts: the program itself, or the first process of the namespaces.
[[noreturn]] void RunInside(LaunchPlan& plan) {
  ResetSignals();
  if (plan.sandbox->isolation == Isolation::kNone) {
    StartProgram(plan);
  }
  RunInit(plan);
}

// The guard outside: the one process that our own knows. It ends as the program did, and nothing
// of what the program started survives it.
[[noreturn]] void RunGuard(LaunchPlan& plan, pid_t parent) {
  ::setpgid(0, 0);
  ResetSignals();
  sigset_t wakers;
  sigemptyset(&wakers);
  sigaddset(&wakers, SIGTERM);
  sigaddset(&wakers, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &wakers, nullptr);
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  (void)::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  if (::getppid() != parent) {
    ::_exit(127);  // it died before it could be watched
  }
  ArrangeDescriptors(plan);
  if (plan.sandbox->isolation == Isolation::kNamespaces) {
    EnterNamespaces(plan);
  }
  const pid_t inside = ::fork();
  Require(inside >= 0, plan, Stage::kNamespaces);
  if (inside == 0) {
    RunInside(plan);
  }
  CloseReport(plan);
  int status = WaitAsGuard(wakers, inside);
  if (plan.sandbox->isolation == Isolation::kNone) {
    KillDescendants();
  } else if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    status = *plan.status;
  }
  if (WIFSIGNALED(status)) {
    rlimit no_core{};
    (void)::setrlimit(RLIMIT_CORE, &no_core);
    ResetSignals();
    ::kill(::getpid(), WTERMSIG(status));
  }
  ::_exit(WEXITSTATUS(status));
}

std::vector<std::string> AncestorsOf(const std::string& path) {
  std::vector<std::string> ancestors = {path};
  while (ancestors.back() != "/") {
    ancestors.push_back(DirName(ancestors.back()));
  }
  ancestors.pop_back();
  std::ranges::reverse(ancestors);
  return ancestors;
}

// Read-only ones first, so that a writable one below such a directory is put on top of it.
std::vector<KeptDirectory> KeptDirectoriesOf(const Sandbox& sandbox) {
  std::vector<KeptDirectory> kept;
  for (const auto& [paths, is_writable] :
       {std::pair{&sandbox.visible, false}, std::pair{&sandbox.writable, true}}) {
    std::vector<std::string> sorted = *paths;
    std::ranges::sort(sorted);
    for (const std::string& path : sorted) {
      kept.push_back({.path = path, .ancestors = AncestorsOf(path), .is_writable = is_writable});
    }
  }
  return kept;
}

Result<UniqueFd> DuplicateAbove(int fd, int highest) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, highest + 1));
  if (!copy) {
    return ErrnoError(errno, "pass descriptor " + std::to_string(fd) + " to a child");
  }
  return copy;
}

// An int that parent and children share.
class SharedStatus {
 public:
  SharedStatus()
      : page_(::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                     0)) {}
  ~SharedStatus() {
    if (page_ != MAP_FAILED) {
      ::munmap(page_, sizeof(int));
    }
  }
  SharedStatus(const SharedStatus&) = delete;
  SharedStatus& operator=(const SharedStatus&) = delete;

  int* get() const { return page_ == MAP_FAILED ? nullptr : static_cast<int*>(page_); }

 private:
  void* page_;
};

Error ErrorOf(const SetupFailure& failure, const ProcessSpec& spec) {
  const std::string& program = spec.arguments[0];
  switch (failure.stage) {
    case Stage::kNamespaces:
    case Stage::kMounts:
    case Stage::kPrivileges: {
      // ENOSPC is how the kernel says that there may be no more namespaces: no disk is full.
      const bool is_none_left = failure.number == ENOSPC;
      Error error = ErrnoError(is_none_left ? EPERM : failure.number,
                               "isolate '" + program + "' from this machine");
      if (is_none_left) {
        error.message = "cannot isolate '" + program +
                        "' from this machine: no more user namespaces are allowed";
      }
      error.code = ErrorCode::kDenied;
      return error;
    }
    case Stage::kDescriptors:
      return ErrnoError(failure.number, "pass descriptors to '" + program + "'");
    case Stage::kLimits:
      return ErrnoError(failure.number, "limit what '" + program + "' may use");
    case Stage::kStart:
      break;
  }
  return ErrnoError(failure.number, "run '" + program + "' in '" + spec.directory + "'");
}

// Nothing when the program has started: execve(2) closed the pipe without a word.
std::optional<SetupFailure> ReadLaunchFailure(int fd) {
  SetupFailure failure{};
  ssize_t count = 0;
  do {
    count = ::read(fd, &failure, sizeof failure);
  } while (count < 0 && errno == EINTR);
  return count == sizeof failure ? std::optional(failure) : std::nullopt;
}

}  // namespace

Result<pid_t> SpawnInSandbox(const ProcessSpec& spec, const std::string& program,
                             const std::vector<InheritedDescriptor>& descriptors) {
  int highest = kLastStandardDescriptor;
  for (const InheritedDescriptor& descriptor : descriptors) {
    highest = std::max(highest, descriptor.child_fd);
  }
  FLOWSTONE_LET(Pipe pipe, MakePipe());
  FLOWSTONE_LET(UniqueFd report, DuplicateAbove(pipe.write.get(), highest));
  pipe.write.Reset();
  const SharedStatus status;
  if (status.get() == nullptr) {
    return ErrnoError(errno, "share memory with a child");
  }
  ExecVectors vectors(spec.arguments, spec.environment);
  LaunchPlan plan{.sandbox = &*spec.sandbox,
                  .program = program,
                  .directory = spec.directory,
                  .uid_map = std::to_string(::getuid()) + " " + std::to_string(::getuid()) + " 1",
                  .gid_map = std::to_string(::getgid()) + " " + std::to_string(::getgid()) + " 1",
                  .kept = KeptDirectoriesOf(*spec.sandbox),
                  .moves = {},
                  .nulls = {},
                  .report = report.get(),
                  .vectors = &vectors,
                  .status = status.get()};
  std::vector<UniqueFd> sources;
  for (const InheritedDescriptor& descriptor : descriptors) {
    FLOWSTONE_LET(UniqueFd source, DuplicateAbove(descriptor.parent_fd, highest));
    plan.moves.push_back({source.get(), descriptor.child_fd});
    sources.push_back(std::move(source));
  }
  for (int fd = 0; fd <= kLastStandardDescriptor; ++fd) {
    if (std::ranges::none_of(plan.moves, [fd](const auto& move) { return move.target == fd; })) {
      plan.nulls.push_back(fd);
    }
  }
  const pid_t parent = ::getpid();
  const pid_t guard = ::fork();
  if (guard < 0) {
    return ErrnoError(errno, "start '" + program + "'");
  }
  if (guard == 0) {
    RunGuard(plan, parent);
  }
  ::setpgid(guard, guard);  // here too: whoever comes first
  report.Reset();
  if (const std::optional<SetupFailure> failure = ReadLaunchFailure(pipe.read.get())) {
    ::kill(-guard, SIGKILL);
    while (::waitpid(guard, nullptr, 0) < 0 && errno == EINTR) {
    }
    return ErrorOf(*failure, spec);
  }
  return guard;
}

}  // namespace flowstone::os
