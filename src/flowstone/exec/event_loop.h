// EventLoop: calls back when descriptors become ready; a thin owner of an epoll(7) instance. A
// callback may watch and forget any descriptor, its own included: forgotten ones are not called
// again, even when their event was taken from the kernel already.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::exec {

enum class Interest : std::uint8_t { kRead, kReadAndWrite };
enum class WaitOutcome : std::uint8_t { kCalledBack, kTimedOut, kInterrupted };

class EventLoop {
 public:
  struct WatchId {
    std::uint64_t value = 0;  // 0: nothing is watched
  };

  static Result<EventLoop> Create();

  // Calls `ready` whenever `fd` is readable, writable (when asked for) or closed by the peer. `fd`
  // stays the caller's and must not be closed before Forget. kIo when the kernel refuses.
  Result<WatchId> Watch(int fd, Interest interest, std::function<void()> ready);
  void Change(WatchId id, Interest interest);
  void Forget(WatchId id);

  // Waits for events, at most `timeout`, and calls back once for each.
  WaitOutcome Wait(std::chrono::milliseconds timeout);

 private:
  struct Watched {
    int fd = -1;
    Interest interest = Interest::kRead;
    // Shared with the call that is running it, which may forget it.
    std::shared_ptr<std::function<void()>> ready = {};
  };

  explicit EventLoop(os::UniqueFd epoll) : epoll_(std::move(epoll)) {}

  os::UniqueFd epoll_;
  std::unordered_map<std::uint64_t, Watched> watched_;
  std::uint64_t next_id_ = 1;
};

}  // namespace flowstone::exec
