// EnvironmentBuilder: turns an EnvironmentSpec into a directory `<home>/v1/env/<id>/` that is used
// as a venv, or says at once that it is there.
//
// The directory is built beside its place and published by one rename, `flowstone-environment.json`
// written last: kill -9 leaves the old state or the new. Of several processes that want one
// environment, one builds and the others wait. It is isolated: `bin/python -I` sees the standard
// library and the environment's own site-packages. It is shared by everyone who asks for the same
// id: nobody installs into it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/environment_spec.h"
#include "flowstone/install/wheel_fetcher.h"
#include "flowstone/os/filesystem.h"

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
  std::string message = {};                // why it was rebuilt; else empty
  std::vector<std::string> warnings = {};  // about its wheels; only when it was built
};

class EnvironmentBuilder {
 public:
  // Borrows everything; it outlives the builder.
  struct Parts {
    os::FileSystem& filesystem;
    CacheLayout layout;
    ArchiveProvider& archives;
    ProgressSink& progress;
  };
  explicit EnvironmentBuilder(Parts parts) : parts_(std::move(parts)) {}

  // Reads one file and stats one other when the environment is there; `archives` is asked only when
  // it is not. kIo with numbers when the disk is too small, with nothing left behind.
  Result<Environment> Ensure(const EnvironmentSpec& spec);

  // The environment when it is there and usable; has no side effects.
  Result<std::optional<Environment>> Find(const EnvironmentSpec& spec);

 private:
  // REQUIRES: the environment's lock. `reason`: why what is there is of no use, if anything is.
  Result<Environment> Build(const EnvironmentSpec& spec, const Digest& id,
                            const std::string& reason);

  Parts parts_;
};

}  // namespace flowstone::install
