// WheelFetcher: brings wheels into the archive cache, several at a time.
//
// For each wheel: the cache, then the artifact source (the datastore), then its location. Largest
// first. Bytes are hashed as they arrive and verified before anything looks inside. What came of a
// wheel is kept under its digest until it is whole: a transfer that broke off, or whose process was
// killed, is continued. Of several processes that want one wheel, one fetches it. Unpacking
// overlaps with the transfers that still run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/install/archive_cache.h"
#include "flowstone/install/archive_plan.h"
#include "flowstone/install/provision_log.h"
#include "flowstone/install/wheel_artifact.h"
#include "flowstone/net/transport.h"
#include "flowstone/os/clock.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// What provides the unpacked form of wheels; WheelFetcher is the real one.
class ArchiveProvider {
 public:
  virtual ~ArchiveProvider() = default;
  // The plans of `wheels`, in their order, each unpacked in the cache.
  virtual Result<std::vector<ArchivePlan>> Provide(std::span<const WheelArtifact> wheels) = 0;
};

enum class NetworkUse : std::uint8_t { kAllowed, kOffline };

struct FetchOptions {
  NetworkUse network = NetworkUse::kAllowed;
  std::size_t workers = 6;  // wheels in transfer or being unpacked at one time
  std::size_t threads_per_wheel = 2;
};

class WheelFetcher final : public ArchiveProvider {
 public:
  // Borrows everything; `source`, `observer` and `log` may be null.
  struct Parts {
    os::FileSystem& filesystem;
    net::Transport& transport;
    ArchiveCache& cache;
    os::Clock& clock;
    ProgressSink& progress;
    ArtifactSource* source = nullptr;
    ArtifactObserver* observer = nullptr;
    ProvisionLog* log = nullptr;
  };
  WheelFetcher(Parts parts, FetchOptions options);

  // Errors name the wheel: kCorrupt (both digests and the redacted location), kUnavailable
  // (offline: all missing wheels are listed), kNotFound (the location has no such file), kDenied.
  Result<std::vector<ArchivePlan>> Provide(std::span<const WheelArtifact> wheels) override;

 private:
  Parts parts_;
  FetchOptions options_;
};

}  // namespace flowstone::install
