// WheelArtifact: one wheel that an environment needs, as a lock names it. ArtifactSource and
// ArtifactObserver: where its bytes may come from before the network is asked, and who wants to
// keep them. The application implements both with the datastore.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"

namespace flowstone::install {

struct WheelArtifact {
  std::string name;       // of the package, normalised
  std::string version;    //
  std::string file_name;  // "numpy-2.1.0-cp311-….whl"
  std::string location;   // http(s) or file URL, or an absolute path; may be empty
  Digest digest;
  std::optional<std::uint64_t> size;     // of the file, when the lock knows it
  std::string promised_by = "the lock";  // who says digest and size, for messages
};

enum class Lookup : std::uint8_t { kFound, kAbsent };

// Thread-safe.
class ArtifactSource {
 public:
  virtual ~ArtifactSource() = default;
  // Writes the artifact's bytes to `path`, where nothing is yet; its parent exists. The caller
  // verifies them, and may remove the file. A hard link will do: it is only read.
  virtual Result<Lookup> CopyTo(const WheelArtifact& artifact, const std::string& path) = 0;
};

// Thread-safe.
class ArtifactObserver {
 public:
  virtual ~ArtifactObserver() = default;
  // Whether it wants the bytes even when the cache has the wheel unpacked already. Not asked when
  // the network is off.
  virtual bool NeedsBytes(const WheelArtifact& artifact) = 0;
  // `path` holds the verified bytes and is removed after the call. An error fails the fetch.
  virtual Status Downloaded(const WheelArtifact& artifact, const std::string& path) = 0;
};

}  // namespace flowstone::install
