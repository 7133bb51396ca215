// Lease: "this is in use", said by flock(2) on the thing itself, a directory or a file.
//
// Nothing is written, so everybody who may read the thing can hold it, and it may be renamed under
// a lease. The kernel ends the lease with the process, and with those that inherited it. Who wants
// to remove the thing takes it over first, which nobody can while it is held. Not for network file
// systems without flock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/file_lock.h"

namespace flowstone::os {

class Lease {
 public:
  // Shared with everybody who holds it. Nothing when there is nothing at `path`; waits for who has
  // taken it over, and looks again.
  static Result<std::optional<Lease>> Hold(const std::string& path);
  // For one alone, until the lease goes. kNotFound when nothing is there, kConflict, naming the
  // holder, when somebody holds it.
  static Result<Lease> TakeOver(const std::string& path);

  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) noexcept = default;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease() = default;  // ends it

  // When the thing was changed last, as its file system has it: nanoseconds since the Unix epoch.
  Result<std::int64_t> ModifiedNs() const;
  Status SetModifiedNs(std::int64_t modified_ns) const;
  // The program that replaces this process holds it, too, and the programs that this one starts.
  Status KeepThroughExec() const;

 private:
  explicit Lease(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

// A process that holds a flock(2) on what is at `path`, as far as the kernel tells.
std::optional<LockHolder> FindLockHolder(const std::string& path);

}  // namespace flowstone::os
