// ProvisionLog: where the archives of an environment came from, for those who tell the user.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "flowstone/install/wheel_artifact.h"

namespace flowstone::install {

enum class ProvisionSource : std::uint8_t {
  kCache,      // it was unpacked
  kDatastore,  // its wheel was in the datastore
  kDisk,       // its wheel lay on this machine
  kNetwork,    // its wheel was downloaded
};

struct Provision {
  std::string name;     // of the package, normalised
  std::string version;  //
  ProvisionSource source = ProvisionSource::kCache;
  std::uint64_t bytes = 0;  // of the wheel, when it was downloaded and the lock knows its size
  friend bool operator==(const Provision&, const Provision&) = default;
};

class ProvisionLog {
 public:
  void Note(const WheelArtifact& wheel, ProvisionSource source);
  // What was noted, sorted by name; empty afterwards.
  std::vector<Provision> Take();

 private:
  std::mutex mutex_;
  std::vector<Provision> provisions_;  // guarded by mutex_
};

}  // namespace flowstone::install
