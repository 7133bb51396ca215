#include "flowstone/os/signal_watcher.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/errno_error.h"

namespace flowstone::os {
namespace {

// Where the handler writes. A signal handler is given nothing but a number, so this cannot be a
// member; -1 when there is no watcher.
std::atomic<int> watched_pipe{-1};
static_assert(std::atomic<int>::is_always_lock_free, "the handler may not take a lock");

void HandleSignal(int signal) {
  const int saved_errno = errno;
  const auto byte = static_cast<unsigned char>(signal);
  // A full pipe holds signals enough; the byte may be dropped.
  [[maybe_unused]] const ssize_t written = ::write(watched_pipe.load(), &byte, 1);
  errno = saved_errno;
}

Status MakeNonBlocking(int fd) {
  if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
    return ErrnoError(errno, "make a pipe non-blocking");
  }
  return Ok();
}

}  // namespace

struct SignalWatcher::Saved {
  int signal = 0;
  struct sigaction action {};
};

SignalWatcher::SignalWatcher() = default;

std::vector<int> SignalWatcher::StopSignals() {
  return {SIGINT, SIGTERM, SIGHUP};
}

Result<std::unique_ptr<SignalWatcher>> SignalWatcher::Create(const std::vector<int>& signals) {
  FLOWSTONE_LET(Pipe pipe, MakePipe());
  FLOWSTONE_TRY(MakeNonBlocking(pipe.read.get()));
  FLOWSTONE_TRY(MakeNonBlocking(pipe.write.get()));
  int none = -1;
  if (!watched_pipe.compare_exchange_strong(none, pipe.write.get())) {
    return Error{.code = ErrorCode::kConflict,
                 .message = "signals are watched already, by another SignalWatcher"};
  }
  std::unique_ptr<SignalWatcher> watcher(new SignalWatcher);
  watcher->pipe_ = std::move(pipe);
  for (const int signal : signals) {
    Saved saved{.signal = signal, .action = {}};
    ::sigaction(signal, nullptr, &saved.action);
    if (saved.action.sa_handler == SIG_IGN) {
      continue;
    }
    struct sigaction action {};
    action.sa_handler = HandleSignal;
    action.sa_flags = SA_RESTART;
    if (::sigaction(signal, &action, nullptr) != 0) {
      return ErrnoError(errno, "watch signal " + std::to_string(signal));
    }
    watcher->saved_.push_back(saved);
  }
  return watcher;
}

SignalWatcher::~SignalWatcher() {
  for (const Saved& saved : saved_) {
    ::sigaction(saved.signal, &saved.action, nullptr);
  }
  watched_pipe.store(-1);
}

std::optional<int> SignalWatcher::Take() {
  unsigned char byte = 0;
  if (::read(pipe_.read.get(), &byte, 1) != 1) {
    return std::nullopt;
  }
  return byte;
}

}  // namespace flowstone::os
