#include "flowstone/os/detached_process.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flowstone/base/check.h"
#include "flowstone/os/errno_error.h"
#include "flowstone/os/exec_vectors.h"
#include "flowstone/os/forked_child.h"

namespace flowstone::os {
namespace {

constexpr int kLowestNice = 19;
constexpr int kFirstDescriptorToClose = 3;  // after the standard streams
// linux/ioprio.h, which older systems do not have.
constexpr int kIoPriorityOfProcess = 1;
constexpr int kIdleIoPriority = 3 << 13;
constexpr int kCannotDetach = 126;

// Between fork(2) and execve(2) of a threaded process only calls that are safe there may be made:
// nothing in these functions allocates.

void CloseDescriptors() {
  if (::syscall(SYS_close_range, kFirstDescriptorToClose, ~0U, 0) == 0) {
    return;
  }
  // Kernels before 5.9.
  constexpr rlim_t most = 65536;
  rlimit limit{};
  const rlim_t end =
      ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::min(limit.rlim_cur, most) : most;
  for (int fd = kFirstDescriptorToClose; fd < static_cast<int>(end); ++fd) {
    (void)::close(fd);
  }
}

bool LeadStreamsNowhere() {
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) {
    return false;
  }
  for (int fd = 0; fd < kFirstDescriptorToClose; ++fd) {
    if (::dup2(null, fd) < 0) {
      return false;
    }
  }
  return true;
}

// As far as the system lets: whoever cannot have less priority runs with what there is.
void TakeLowestPriority() {
  // Where the kernel groups processes by session (sched_autogroup), the niceness of this one's
  // counts beside other sessions, and that of the process only inside it.
  const int group = ::open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
  if (group >= 0) {
    (void)!::write(group, "19", 2);
    (void)::close(group);
  }
  (void)::setpriority(PRIO_PROCESS, 0, kLowestNice);
  const sched_param none{};
  (void)::sched_setscheduler(0, SCHED_IDLE, &none);
  (void)::syscall(SYS_ioprio_set, kIoPriorityOfProcess, 0, kIdleIoPriority);
}

// The process between ours and the program. It ends at once, so that the program is adopted by the
// system; by then nothing of ours is open in it. The program is not the leader of the session: it
// can never get a terminal.
[[noreturn]] void RunDetached(const char* program, ExecVectors& vectors) {
  CloseDescriptors();
  ResetSignals();
  if (::setsid() < 0 || !LeadStreamsNowhere() || ::chdir("/") != 0) {
    ::_exit(kCannotDetach);
  }
  CloseDescriptors();  // the one that /dev/null was opened with
  const pid_t child = ::fork();
  if (child != 0) {
    ::_exit(child > 0 ? 0 : kCannotDetach);
  }
  TakeLowestPriority();
  ::execve(program, vectors.argv(), vectors.envp());
  ::_exit(kCannotDetach);
}

}  // namespace

Status StartDetached(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& environment) {
  FLOWSTONE_CHECK(!arguments.empty());
  const std::string& program = arguments.front();
  if (::access(program.c_str(), X_OK) != 0) {
    return ErrnoError(errno, "run '" + program + "'");
  }
  ExecVectors vectors(arguments, environment);
  const pid_t between = ::fork();
  if (between < 0) {
    return ErrnoError(errno, "run '" + program + "'");
  }
  if (between == 0) {
    RunDetached(program.c_str(), vectors);
  }
  int status = 0;
  while (::waitpid(between, &status, 0) < 0) {
    if (errno == ECHILD) {
      return Ok();  // whoever started us ignores SIGCHLD: the kernel buried it
    }
    if (errno != EINTR) {
      return ErrnoError(errno, "wait for process " + std::to_string(between));
    }
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Error{.code = ErrorCode::kIo, .message = "'" + program + "' could not be detached"};
  }
  return Ok();
}

}  // namespace flowstone::os
