#include "flowstone/install/wheel_fetcher.h"

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/disk_space.h"
#include "flowstone/install/parallel.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/wheel_download.h"
#include "flowstone/os/change_time.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

std::string Label(const WheelArtifact& wheel) {
  return wheel.name + " " + wheel.version;
}

Error OfflineError(const std::vector<std::string>& missing) {
  return Error{.code = ErrorCode::kUnavailable,
               .message =
                   "the network is off, and these wheels are neither in the cache nor in "
                   "the datastore: " +
                   JoinText(missing, ", ")}
      .WithHint("run once without --offline");
}

// One call of Provide.
class Fetch {
 public:
  Fetch(const WheelFetcher::Parts& parts, const FetchOptions& options)
      : parts_(parts), options_(options) {}

  Result<std::vector<ArchivePlan>> Run(std::span<const WheelArtifact> wheels) {
    FLOWSTONE_TRY(SortOut(wheels));
    if (!missing_.empty()) {
      RemoveAbandonedStaging(parts_.filesystem, parts_.cache.layout());
      RemoveStaleDownloads(parts_.filesystem, parts_.cache.layout(), parts_.clock.NowNs());
      FLOWSTONE_TRY(FetchMissing());
    }
    std::vector<ArchivePlan> plans;
    plans.reserve(wheels.size());
    const bool are_distinct = seen_.size() == wheels.size();
    for (const WheelArtifact& wheel : wheels) {
      ArchivePlan& plan = plans_.at(wheel.digest);
      if (are_distinct) {
        plans.push_back(std::move(plan));
      } else {
        plans.push_back(plan);
      }
    }
    return plans;
  }

 private:
  // What the cache has, and what is missing: largest first, so that the longest transfer does not
  // start last.
  Status SortOut(std::span<const WheelArtifact> wheels) {
    for (const WheelArtifact& wheel : wheels) {
      if (!seen_.insert(wheel.digest).second) {
        continue;
      }
      FLOWSTONE_LET(ArchiveCache::Holding holding,
                    parts_.cache.Examine(wheel.digest, wheels.size()));
      if (holding.plan && !IsWanted(wheel)) {
        Note(wheel, ProvisionSource::kCache);
        plans_.emplace(wheel.digest, *std::move(holding.plan));
        continue;
      }
      missing_.push_back(&wheel);
      if (!holding.damage.empty()) {
        damages_.emplace(wheel.digest, std::move(holding.damage));
      }
    }
    std::ranges::stable_sort(missing_, std::greater<>(),
                             [](const WheelArtifact* wheel) { return wheel->size.value_or(0); });
    return Ok();
  }

  // Whether the observer has to see a wheel that the cache has.
  bool IsWanted(const WheelArtifact& wheel) const {
    return options_.network == NetworkUse::kAllowed && parts_.observer != nullptr &&
           parts_.observer->NeedsBytes(wheel);
  }

  Status FetchMissing() {
    std::uint64_t total = 0;
    std::size_t downloads = 0;
    for (const WheelArtifact* wheel : missing_) {
      if (!IsLocal(wheel->location)) {
        ++downloads;
        total += wheel->size.value_or(0);
      }
    }
    // What lies here already, such as a wheel that was built, is no download to speak of.
    ProgressSink& progress = downloads == 0 ? no_progress_ : parts_.progress;
    progress.Start(Phase::kDownload, CountOf(downloads, "package"), total);
    // Who waits for servers leaves the processors to others; who unpacks does not.
    const std::size_t workers =
        downloads == 0 ? std::min(options_.workers, ProcessorCount()) : options_.workers;
    const Status done = ForEachInParallel(missing_.size(), workers, [this](std::size_t i) {
      return Annotate(FetchOne(*missing_[i]), "while fetching " + Label(*missing_[i]));
    });
    if (!done || !unreachable_.empty()) {
      progress.Abandon(Phase::kDownload);
      FLOWSTONE_TRY(done);
      std::ranges::sort(unreachable_);
      return OfflineError(unreachable_);
    }
    progress.Finish(Phase::kDownload);
    return Ok();
  }

  // Called from several threads.
  Status FetchOne(const WheelArtifact& wheel) {
    FLOWSTONE_LET(const Lookup nearby, FetchNearby(wheel));
    if (nearby == Lookup::kFound) {
      return Ok();
    }
    if (options_.network == NetworkUse::kOffline) {
      const std::lock_guard lock(mutex_);
      unreachable_.push_back(Label(wheel));
      return Ok();
    }
    if (wheel.location.empty()) {
      return Error{.code = ErrorCode::kNotFound,
                   .message = "the lock does not say where " + wheel.file_name + " is"};
    }
    return FetchRemote(wheel);
  }

  // From the artifact source, or from this machine's disk.
  Result<Lookup> FetchNearby(const WheelArtifact& wheel) {
    if (parts_.source != nullptr) {
      FLOWSTONE_LET(const Lookup lookup, FetchFromSource(wheel));
      if (lookup == Lookup::kFound) {
        return lookup;
      }
    }
    if (!IsLocal(wheel.location)) {
      return Lookup::kAbsent;
    }
    FLOWSTONE_TRY(FetchLocal(wheel));
    Note(wheel, ProvisionSource::kDisk);
    return Lookup::kFound;
  }

  Result<Lookup> FetchFromSource(const WheelArtifact& wheel) {
    FLOWSTONE_LET(const StagingDirectory staging,
                  StagingDirectory::Create(parts_.filesystem, parts_.cache.layout()));
    FLOWSTONE_TRY(CheckRoom(wheel, staging.path()));
    const std::string path = os::JoinPath(staging.path(), "wheel");
    FLOWSTONE_LET(const Lookup lookup, parts_.source->CopyTo(wheel, path));
    if (lookup == Lookup::kFound) {
      FLOWSTONE_TRY(VerifyWheel(parts_.filesystem, wheel, path, "the datastore"));
      Report(wheel, wheel.size.value_or(0), "");
      FLOWSTONE_TRY(Unpack(wheel, path));
      Note(wheel, ProvisionSource::kDatastore);
    }
    return lookup;
  }

  // From where it lies, which is nobody's but the user's: what was verified is what was unpacked
  // when the file was not touched meanwhile. Otherwise, or when somebody wants to keep it, from a
  // copy.
  Status FetchLocal(const WheelArtifact& wheel) {
    FLOWSTONE_LET(const std::string path, LocalPath(wheel.location));
    if (parts_.observer == nullptr) {
      FLOWSTONE_LET(const std::int64_t before, os::ChangeTimeNs(path));
      const auto check_untouched = [&]() -> Status {
        FLOWSTONE_LET(const std::int64_t after, os::ChangeTimeNs(path));
        return after == before
                   ? Ok()
                   : Status(Error{.code = ErrorCode::kConflict,
                                  .message = path + " was changed while it was unpacked"});
      };
      FLOWSTONE_TRY(VerifyWheel(parts_.filesystem, wheel, path, path));
      Status unpacked = Unpack(wheel, path, check_untouched);
      if (unpacked || check_untouched()) {
        return unpacked;
      }
    }
    FLOWSTONE_LET(const StagingDirectory staging,
                  StagingDirectory::Create(parts_.filesystem, parts_.cache.layout()));
    FLOWSTONE_TRY(CheckRoom(wheel, staging.path()));
    const std::string copy = os::JoinPath(staging.path(), "wheel");
    FLOWSTONE_TRY(CopyWheel(parts_.filesystem, wheel, path, copy));
    FLOWSTONE_TRY(Offer(wheel, copy));
    return Unpack(wheel, copy);
  }

  // From its index, into a file that a later process continues when this one is killed. Processes
  // that want the same wheel wait for the first.
  Status FetchRemote(const WheelArtifact& wheel) {
    const CacheLayout& layout = parts_.cache.layout();
    FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, layout.downloads()));
    FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, layout.locks()));
    const std::string lock_path = layout.WheelLock(wheel.digest);
    FLOWSTONE_LET(const os::FileLock lock,
                  os::FileLock::Acquire(lock_path, os::LockMode::kExclusive, os::LockWait::kWait));
    FLOWSTONE_LET(std::optional<ArchivePlan> plan, parts_.cache.Find(wheel.digest));
    if (plan && !IsWanted(wheel)) {
      parts_.progress.Advance(Phase::kDownload, wheel.size.value_or(0), Label(wheel));
      Note(wheel, ProvisionSource::kCache);
      Keep(wheel, *std::move(plan));
      return Ok();
    }
    const std::string path = layout.PartialWheel(wheel.digest);
    FLOWSTONE_TRY(CheckRoom(wheel, layout.downloads()));
    FLOWSTONE_TRY(DownloadWheel(parts_.filesystem, parts_.transport, parts_.progress, wheel, path));
    FLOWSTONE_TRY(Offer(wheel, path));
    Status unpacked = Unpack(wheel, path);
    // A whole file that only did not fit need not be fetched again.
    if (unpacked || unpacked.error().code != ErrorCode::kIo) {
      FLOWSTONE_TRY(RemovePartialWheel(parts_.filesystem, path));
    }
    if (unpacked) {
      Note(wheel, ProvisionSource::kNetwork);
      // Who waits for it, or makes it anew, finds the archive.
      FLOWSTONE_TRY(parts_.filesystem.RemoveFile(lock_path));
    }
    return unpacked;
  }

  void Note(const WheelArtifact& wheel, ProvisionSource source) {
    if (parts_.log != nullptr) {
      parts_.log->Note(wheel, source);
    }
  }

  Status CheckRoom(const WheelArtifact& wheel, const std::string& directory) {
    return CheckDiskSpace(parts_.filesystem, directory, RoundedToBlocks(wheel.size.value_or(0)));
  }

  Status Offer(const WheelArtifact& wheel, const std::string& path) {
    return parts_.observer == nullptr ? Ok() : parts_.observer->Downloaded(wheel, path);
  }

  // Puts the verified bytes at `path` into the cache.
  Status Unpack(const WheelArtifact& wheel, const std::string& path,
                const ArchiveCache::Consent& consent = {}) {
    FLOWSTONE_LET(ArchivePlan plan, parts_.cache.Add(path, wheel.file_name, wheel.digest,
                                                     options_.threads_per_wheel, consent));
    Report(wheel, 0, Label(wheel));
    Keep(wheel, std::move(plan));
    return Ok();
  }

  void Report(const WheelArtifact& wheel, std::uint64_t bytes, const std::string& item) {
    if (!IsLocal(wheel.location)) {
      parts_.progress.Advance(Phase::kDownload, bytes, item);
    }
  }

  void Keep(const WheelArtifact& wheel, ArchivePlan plan) {
    if (const auto damage = damages_.find(wheel.digest); damage != damages_.end()) {
      plan.warnings.push_back("its archive in the cache was damaged and was unpacked anew: " +
                              damage->second);
    }
    const std::lock_guard lock(mutex_);
    plans_.emplace(wheel.digest, std::move(plan));
  }

  const WheelFetcher::Parts& parts_;
  const FetchOptions& options_;
  NoProgress no_progress_;
  std::set<Digest> seen_;
  std::vector<const WheelArtifact*> missing_;
  std::map<Digest, std::string> damages_;  // what was found damaged
  std::mutex mutex_;
  std::map<Digest, ArchivePlan> plans_;   // guarded by mutex_ while workers run
  std::vector<std::string> unreachable_;  // guarded by mutex_
};

}  // namespace

WheelFetcher::WheelFetcher(Parts parts, FetchOptions options) : parts_(parts), options_(options) {}

Result<std::vector<ArchivePlan>> WheelFetcher::Provide(std::span<const WheelArtifact> wheels) {
  return Fetch(parts_, options_).Run(wheels);
}

}  // namespace flowstone::install
