// ArtifactStore: where the local executor keeps the bytes of artifacts. DatastoreArtifacts is the
// real one, over store::Datastore; MemoryArtifactStore (exec/testing/) is the fake. Thread-safe:
// the executor's storage threads call it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::exec {

// Verified content: bytes [offset, offset + size) of `file`, or `bytes` when there is no file.
struct OpenedArtifact {
  os::UniqueFd file = {};
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string bytes = {};
};

class ArtifactStore {
 public:
  virtual ~ArtifactStore() = default;
  // Durable when it returns; the digest of `content` names it. Storing twice is no error.
  virtual Result<Digest> Put(std::string_view content) = 0;
  // kNotFound when it is missing, kCorrupt when it is damaged.
  virtual Result<OpenedArtifact> Open(const Digest& sha256) = 0;
};

}  // namespace flowstone::exec
