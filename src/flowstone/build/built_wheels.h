// BuiltWheels: the cache of what was built, keyed by all that decides what a build gives. An entry
// appears completely, by one rename, or not at all.
//
//   <home>/v1/build/system/<aa>/<source>    the [build-system] of a source
//   <home>/v1/build/metadata/<aa>/<key>     METADATA
//   <home>/v1/build/wheel/<aa>/<key>/       the wheel, and record.json about it
//   <home>/v1/build/log/                    what failed builds printed
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/build/build_system.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::build {

struct BuiltWheel {
  std::string path = {};
  std::string file_name = {};
  Digest digest = {};
  std::uint64_t size = 0;
};

class BuiltWheels {
 public:
  // Borrows `filesystem`.
  BuiltWheels(os::FileSystem& filesystem, const install::CacheLayout& layout)
      : filesystem_(filesystem), layout_(layout), root_(layout.root() + "/build") {}

  Result<std::optional<BuildSystem>> FindSystem(const Digest& source);
  Status KeepSystem(const Digest& source, const BuildSystem& system);

  Result<std::optional<std::string>> FindMetadata(const Digest& key);
  Status KeepMetadata(const Digest& key, const std::string& text);

  // An entry whose file is not the one that was built counts as absent.
  Result<std::optional<BuiltWheel>> FindWheel(const Digest& key);
  // Moves the wheel at `path` into the cache; the one that is there already wins.
  Result<BuiltWheel> KeepWheel(const Digest& key, const std::string& path);

  // Where the log of a build goes; its directory exists then.
  Result<std::string> LogFile(const std::string& title, const Digest& key);

 private:
  std::string Entry(const char* family, const Digest& key) const;
  Status WriteEntry(const std::string& path, const std::string& text);

  os::FileSystem& filesystem_;
  const install::CacheLayout& layout_;
  std::string root_;
};

}  // namespace flowstone::build
