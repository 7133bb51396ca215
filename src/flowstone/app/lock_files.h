// Lock files of a flow: the `pylock.toml` and `pylock.NAME.toml` beside it, which of them speaks
// for which step, and what `environment lock` calls the ones that it writes.
//
// A lock that `environment lock` wrote names its flow and its steps; it speaks for no other flow. A
// lock that anything else wrote speaks for every step, or for the one step that its name has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::app {

struct LockFile {
  std::string name;  // "pylock.train.toml"
  std::string path;  // absolute
  std::string text;  // of the pylock.toml that it is, or that it becomes
  lock::Lock lock;
  std::vector<std::string> warnings = {};  // what of another tool's lock could not be taken over
};

// A pylock.toml, or the lock of another tool (uv.lock, poetry.lock, Pipfile.lock) as one. kInvalid,
// naming the file, when it is no lock, or names its files by their hashes alone.
Result<LockFile> ReadLockFile(os::FileSystem& filesystem, const std::string& path);

class FlowLockFiles {
 public:
  enum class Claim : std::uint8_t {
    kStep,   // it is for the step: where it does not answer, it is stale
    kMaybe,  // it is for other steps of the flow: where it answers, it may be used
  };
  struct Match {
    const LockFile* file;
    Claim claim;
  };

  // The lock files in `directory` that are not of another flow than `flow`. kInvalid, naming the
  // file, for one that is no lock.
  static Result<FlowLockFiles> Read(os::FileSystem& filesystem, const std::string& directory,
                                    const std::string& flow);

  // Those that may hold what the step gets, the most specific first.
  std::vector<Match> For(const std::string& step) const;
  // Those that `environment lock` wrote for the flow.
  std::vector<const LockFile*> WrittenForFlow() const;

 private:
  std::string flow_;
  std::vector<LockFile> files_;  // sorted by name
};

// The name of the file for the first of these steps, of `environments` distinct environments.
std::string LockFileName(const std::string& step, std::size_t environments);

}  // namespace flowstone::app
