// SignalWatcher: turns the signals that ask a program to stop (SIGINT, SIGTERM, SIGHUP) into bytes
// on a descriptor, for an event loop to poll.
//
// While one exists these signals have no other effect on the process; at its end the former
// handlers are back. At most one exists at a time. A signal that was ignored (nohup) stays ignored.
// Other threads need no signal mask: the handler only writes one byte.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::os {

class SignalWatcher {
 public:
  // kConflict when there is one already.
  static Result<std::unique_ptr<SignalWatcher>> Create(
      const std::vector<int>& signals = StopSignals());
  // SIGINT, SIGTERM, SIGHUP.
  static std::vector<int> StopSignals();
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  // Readable while a signal waits to be taken.
  int fd() const { return pipe_.read.get(); }
  // The next signal that came, or nothing. Does not block.
  std::optional<int> Take();

 private:
  struct Saved;
  SignalWatcher();

  Pipe pipe_;
  std::vector<Saved> saved_;
};

}  // namespace flowstone::os
