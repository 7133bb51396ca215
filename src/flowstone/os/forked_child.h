// What a child does between fork(2) and execve(2), for the ways of starting a program that
// posix_spawn(3) does not have, and how its parent hears that it failed. Internal to the os module.
//
// What says "in the child" makes only calls that are safe in a child of a threaded process: nothing
// there allocates.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::os {

// In the child: default handlers, and no signal blocked.
void ResetSignals();

// The descriptors of a child: those that it is given, /dev/null for standard streams that are not
// among them, and no others.
class ChildDescriptors {
 public:
  static Result<ChildDescriptors> Prepare(const std::vector<InheritedDescriptor>& descriptors);

  // Above all numbers that the child is given.
  int first_free() const { return highest_ + 1; }
  // In the child; false with errno.
  bool Arrange() const;

 private:
  struct Move {
    UniqueFd source;  // above all numbers of the child
    int target = -1;
  };

  int highest_ = -1;
  std::vector<Move> moves_;
  std::vector<int> nulls_;  // standard descriptors that become /dev/null
};

// A pipe from a child to its parent, which execve(2) closes without a word.
class LaunchReport {
 public:
  struct Failure {
    std::int32_t stage = 0;   // where the way to the program ended
    std::int32_t number = 0;  // errno
    std::int32_t detail = 0;  // what the stage says
  };

  // The child's end gets a number of at least `first_free`.
  static Result<LaunchReport> Open(int first_free);

  // In the child; the other with errno.
  [[noreturn]] void Fail(const Failure& failure) const;
  [[noreturn]] void Fail(std::int32_t stage) const;
  // In the child.
  void Close() const;
  // In the parent, once: nothing when the program has started.
  std::optional<Failure> Wait();

 private:
  UniqueFd read_;
  UniqueFd write_;
};

// Waits for the end of a child that failed to start.
void BuryChild(int pid);

}  // namespace flowstone::os
