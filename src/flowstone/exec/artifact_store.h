// ArtifactStore: where the local executor keeps the bytes of artifacts. DatastoreArtifacts is the
// real one, over store::Datastore; MemoryArtifactStore (exec/testing/) is the fake. Thread-safe:
// the executor's storage threads call it.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"

namespace flowstone::exec {

class ArtifactStore {
 public:
  virtual ~ArtifactStore() = default;
  // Durable when it returns; the digest of `content` names it. Storing twice is no error.
  virtual Result<Digest> Put(std::string_view content) = 0;
  // The verified content. kNotFound when it is missing, kCorrupt when it is damaged.
  virtual Result<std::string> Get(const Digest& sha256) = 0;
};

}  // namespace flowstone::exec
