#include "flowstone/exec/event_loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <utility>

#include "flowstone/os/errno_error.h"

namespace flowstone::exec {
namespace {

constexpr std::int64_t kLongestWaitMs = 60'000;

epoll_event EventFor(std::uint64_t id, Interest interest) {
  epoll_event event{};
  event.events = EPOLLIN | (interest == Interest::kReadAndWrite ? EPOLLOUT : 0U);
  event.data.u64 = id;
  return event;
}

}  // namespace

Result<EventLoop> EventLoop::Create() {
  os::UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) {
    return os::ErrnoError(errno, "create an epoll instance");
  }
  return EventLoop(std::move(epoll));
}

Result<EventLoop::WatchId> EventLoop::Watch(int fd, Interest interest,
                                            std::function<void()> ready) {
  const std::uint64_t id = next_id_++;
  epoll_event event = EventFor(id, interest);
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return os::ErrnoError(errno, "watch a descriptor");
  }
  watched_.emplace(id, Watched{.fd = fd,
                               .interest = interest,
                               .ready = std::make_shared<std::function<void()>>(std::move(ready))});
  return WatchId{id};
}

void EventLoop::Change(WatchId id, Interest interest) {
  const auto found = watched_.find(id.value);
  if (found == watched_.end() || found->second.interest == interest) {
    return;
  }
  found->second.interest = interest;
  epoll_event event = EventFor(id.value, interest);
  // Cannot fail for a descriptor that is open and watched.
  FLOWSTONE_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, found->second.fd, &event) == 0);
}

void EventLoop::Forget(WatchId id) {
  const auto found = watched_.find(id.value);
  if (found == watched_.end()) {
    return;
  }
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second.fd, nullptr);
  watched_.erase(found);
}

WaitOutcome EventLoop::Wait(std::chrono::milliseconds timeout) {
  std::array<epoll_event, 64> events;
  const int wait = static_cast<int>(std::clamp<std::int64_t>(timeout.count(), 0, kLongestWaitMs));
  const int count =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait);
  if (count < 0) {
    FLOWSTONE_CHECK(errno == EINTR);
    return WaitOutcome::kInterrupted;
  }
  for (int i = 0; i < count; ++i) {
    // A copy: an epoll_event is packed, so that a reference into it may be misaligned.
    const std::uint64_t id = events[static_cast<std::size_t>(i)].data.u64;
    const auto found = watched_.find(id);
    if (found != watched_.end()) {
      const std::shared_ptr<std::function<void()>> ready = found->second.ready;
      (*ready)();
    }
  }
  return count == 0 ? WaitOutcome::kTimedOut : WaitOutcome::kCalledBack;
}

}  // namespace flowstone::exec
