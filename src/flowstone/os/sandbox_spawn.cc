#include "flowstone/os/sandbox_spawn.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <linux/capability.h>
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
#include "flowstone/os/forked_child.h"
#include "flowstone/os/path.h"
#include "flowstone/os/user_namespace.h"

namespace flowstone::os {
namespace {

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

// A directory that stays reachable: its mount is taken before anything is hidden, and put back.
struct KeptDirectory {
  std::string path;
  std::vector<std::string> ancestors;  // to be made where a parent was hidden, shortest first
  bool is_writable = false;
  int tree = -1;  // set in the child
};

// Everything the children need, made before fork(2): between it and execve(2) only calls that are
// safe in a child of a threaded process may be made, so nothing there allocates.
struct LaunchPlan {
  const Sandbox* sandbox = nullptr;
  std::string program;
  std::string directory;
  IdentityMaps maps;
  std::vector<KeptDirectory> kept;
  const ChildDescriptors* descriptors = nullptr;
  const LaunchReport* report = nullptr;
  ExecVectors* vectors = nullptr;
  int* status = nullptr;  // in shared memory: the program's wait(2) status
};

[[noreturn]] void Fail(const LaunchPlan& plan, Stage stage) {
  plan.report->Fail(static_cast<std::int32_t>(stage));
}

void Require(bool ok, const LaunchPlan& plan, Stage stage) {
  if (!ok) {
    Fail(plan, stage);
  }
}

bool SetAttributes(int directory, const char* path, unsigned int flags, std::uint64_t set) {
  mount_attr attributes{.attr_set = set, .attr_clr = 0, .propagation = 0, .userns_fd = 0};
  return ::mount_setattr(directory, path, flags, &attributes, sizeof attributes) == 0;
}

void EnterNamespaces(const LaunchPlan& plan) {
  constexpr int kinds = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
  const int network = plan.sandbox->network == SandboxNetwork::kNone ? CLONE_NEWNET : 0;
  Require(UnshareAsSelf(kinds | network, plan.maps), plan, Stage::kNamespaces);
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
  plan.report->Close();
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
  Require(plan.descriptors->Arrange(), plan, Stage::kDescriptors);
  if (plan.sandbox->isolation == Isolation::kNamespaces) {
    EnterNamespaces(plan);
  }
  const pid_t inside = ::fork();
  Require(inside >= 0, plan, Stage::kNamespaces);
  if (inside == 0) {
    RunInside(plan);
  }
  plan.report->Close();
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

Error ErrorOf(const LaunchReport::Failure& failure, const ProcessSpec& spec) {
  const std::string& program = spec.arguments[0];
  switch (static_cast<Stage>(failure.stage)) {
    case Stage::kNamespaces:
    case Stage::kMounts:
    case Stage::kPrivileges: {
      const bool is_none_left = MeansNoMoreNamespaces(failure.number);
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

}  // namespace

Result<pid_t> SpawnInSandbox(const ProcessSpec& spec, const std::string& program,
                             const std::vector<InheritedDescriptor>& descriptors) {
  FLOWSTONE_LET(const ChildDescriptors child_descriptors, ChildDescriptors::Prepare(descriptors));
  FLOWSTONE_LET(LaunchReport report, LaunchReport::Open(child_descriptors.first_free()));
  const SharedStatus status;
  if (status.get() == nullptr) {
    return ErrnoError(errno, "share memory with a child");
  }
  ExecVectors vectors(spec.arguments, spec.environment);
  LaunchPlan plan{.sandbox = &*spec.sandbox,
                  .program = program,
                  .directory = spec.directory,
                  .maps = IdentityMaps::OfCaller(),
                  .kept = KeptDirectoriesOf(*spec.sandbox),
                  .descriptors = &child_descriptors,
                  .report = &report,
                  .vectors = &vectors,
                  .status = status.get()};
  const pid_t parent = ::getpid();
  const pid_t guard = ::fork();
  if (guard < 0) {
    return ErrnoError(errno, "start '" + program + "'");
  }
  if (guard == 0) {
    RunGuard(plan, parent);
  }
  ::setpgid(guard, guard);  // here too: whoever comes first
  if (const std::optional<LaunchReport::Failure> failure = report.Wait()) {
    ::kill(-guard, SIGKILL);
    BuryChild(guard);
    return ErrorOf(*failure, spec);
  }
  return guard;
}

}  // namespace flowstone::os
