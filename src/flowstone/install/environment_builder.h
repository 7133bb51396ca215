// EnvironmentBuilder: turns an EnvironmentSpec into a directory `<home>/v1/env/<id>/` that is used
// as a venv, or says at once that it is there.
//
// The directory is built beside its place and published by one rename, `flowstone-environment.json`
// written last: kill -9 leaves the old state or the new. Of several processes that want one
// environment, one builds and the others wait. It is isolated: `bin/python -I` sees the standard
// library and the environment's own site-packages. It is shared by everyone who asks for the same
// id: nobody installs into it. Its packages come by one of the link modes (link_mode.h); which one
// is a matter of the machine and not part of the id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/environment_spec.h"
#include "flowstone/install/link_mode.h"
#include "flowstone/install/provision_log.h"
#include "flowstone/install/wheel_fetcher.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/lease.h"

namespace flowstone::install {

enum class EnvironmentOutcome : std::uint8_t {
  kReused,   // it was there
  kBuilt,    // it was not
  kRebuilt,  // it was there and of no use any more: see the message
};

// "reused", "built", "rebuilt".
std::string_view EnvironmentOutcomeName(EnvironmentOutcome outcome);

struct Environment {
  Digest id;
  std::string directory;
  std::string python = {};  // <directory>/bin/python: run this
  std::string site_packages = {};
  EnvironmentOutcome outcome = EnvironmentOutcome::kReused;
  std::string message = {};                // why one there was was of no use; else empty
  std::vector<std::string> warnings = {};  // about its wheels; only when it was built
  LinkMode link_mode = LinkMode::kHardlink;
  std::size_t package_count = 0;
  std::vector<Provision> provisions = {};  // of its archives; none when nobody had to look for them
  // The directories over which each of its programs is to have a private layer: none unless that
  // was asked for.
  std::vector<std::string> layered = {};
  // Keeps it from being cleaned away; copies of this share it, for they mean the same use. Null
  // where nobody asked to use it, or the file system has no locks.
  std::shared_ptr<const os::Lease> lease = nullptr;
};

// The wheels that an ArchiveClaim for these packages names.
std::vector<Digest> WheelsOf(const EnvironmentSpec& spec);

// The archives of the packages, sorted by name so that plans do not depend on the order given. A
// claim to them is for the caller to have.
Result<std::vector<PlannedPackage>> ProvidePackages(ArchiveProvider& archives,
                                                    const EnvironmentSpec& spec);

class EnvironmentBuilder {
 public:
  // Borrows everything; it outlives the builder.
  struct Parts {
    os::FileSystem& filesystem;
    CacheLayout layout;
    ArchiveProvider& archives;
    ProgressSink& progress;
    // None: the best that the file system of the cache has. An environment in a mode that was asked
    // for has a directory of its own, `<id>.<mode>`: the other one may be in use.
    std::optional<LinkMode> link_mode = {};
  };
  explicit EnvironmentBuilder(Parts parts) : parts_(std::move(parts)) {}

  // Looks as ExamineEnvironment does when the environment is there; `archives` is asked only when
  // it is not. The environment is leased. kIo with numbers when the disk is too small, with nothing
  // left behind.
  Result<Environment> Ensure(const EnvironmentSpec& spec);

  // The environment when it is there and usable; has no side effects.
  Result<std::optional<Environment>> Find(const EnvironmentSpec& spec);
  // The environment of that id when it is there and usable, leased, as Ensure would give it.
  Result<std::optional<Environment>> Take(const Interpreter& interpreter, const Digest& id);

 private:
  std::string DirectoryOf(const Digest& id) const;
  // The environment if it is there; else why what is there is of no use, if anything is.
  struct Standing {
    std::optional<Environment> usable;
    std::string complaint;
  };
  Result<Standing> Examine(const Interpreter& interpreter, const Digest& id);
  // The same, with a lease on what is usable.
  Result<Standing> ExamineLeased(const Interpreter& interpreter, const Digest& id);
  // REQUIRES: the environment's lock.
  Result<Environment> Build(const EnvironmentSpec& spec, const Digest& id,
                            const std::string& complaint);

  Parts parts_;
};

}  // namespace flowstone::install
