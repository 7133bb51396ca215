#include "flowstone/os/forked_child.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/close_range.h>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/errno_error.h"

namespace flowstone::os {
namespace {

constexpr int kLastStandardDescriptor = 2;

Result<UniqueFd> DuplicateFrom(int fd, int first) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, first));
  if (!copy) {
    return ErrnoError(errno, "pass descriptor " + std::to_string(fd) + " to a child");
  }
  return copy;
}

}  // namespace

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

Result<ChildDescriptors> ChildDescriptors::Prepare(
    const std::vector<InheritedDescriptor>& descriptors) {
  ChildDescriptors prepared;
  prepared.highest_ = kLastStandardDescriptor;
  for (const InheritedDescriptor& descriptor : descriptors) {
    prepared.highest_ = std::max(prepared.highest_, descriptor.child_fd);
  }
  for (const InheritedDescriptor& descriptor : descriptors) {
    FLOWSTONE_LET(UniqueFd source, DuplicateFrom(descriptor.parent_fd, prepared.first_free()));
    prepared.moves_.push_back({.source = std::move(source), .target = descriptor.child_fd});
  }
  for (int fd = 0; fd <= kLastStandardDescriptor; ++fd) {
    if (std::ranges::none_of(prepared.moves_,
                             [fd](const Move& move) { return move.target == fd; })) {
      prepared.nulls_.push_back(fd);
    }
  }
  return prepared;
}

bool ChildDescriptors::Arrange() const {
  for (const Move& move : moves_) {
    if (::dup2(move.source.get(), move.target) < 0) {
      return false;
    }
  }
  for (const int fd : nulls_) {
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || (null != fd && ::dup2(null, fd) < 0)) {
      return false;
    }
    if (null == fd && ::fcntl(fd, F_SETFD, 0) != 0) {
      return false;
    }
  }
  // Older kernels do not know the call; then what was opened close-on-exec, all of ours, is closed.
  (void)::syscall(SYS_close_range, highest_ + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  return true;
}

Result<LaunchReport> LaunchReport::Open(int first_free) {
  FLOWSTONE_LET(Pipe pipe, MakePipe());
  LaunchReport report;
  FLOWSTONE_LET(report.write_, DuplicateFrom(pipe.write.get(), first_free));
  report.read_ = std::move(pipe.read);
  return report;
}

void LaunchReport::Fail(std::int32_t stage) const {
  Fail({.stage = stage, .number = errno});
}

void LaunchReport::Fail(const Failure& failure) const {
  (void)!::write(write_.get(), &failure, sizeof failure);
  ::_exit(127);
}

void LaunchReport::Close() const {
  ::close(write_.get());
}

std::optional<LaunchReport::Failure> LaunchReport::Wait() {
  write_.Reset();
  Failure failure;
  ssize_t count = 0;
  do {
    count = ::read(read_.get(), &failure, sizeof failure);
  } while (count < 0 && errno == EINTR);
  return count == sizeof failure ? std::optional(failure) : std::nullopt;
}

void BuryChild(int pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace flowstone::os
