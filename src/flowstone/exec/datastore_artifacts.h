// DatastoreArtifacts: the ArtifactStore over a store::Datastore. What the datastore keeps
// uncompressed on this machine is opened in place, so that tasks map it without a copy.
#pragma once

#include "flowstone/exec/artifact_store.h"
#include "flowstone/store/datastore.h"

namespace flowstone::exec {

class DatastoreArtifacts final : public ArtifactStore {
 public:
  explicit DatastoreArtifacts(store::Datastore& datastore) : datastore_(datastore) {}
  Result<Digest> Put(std::string_view content) override;
  Result<OpenedArtifact> Open(const Digest& sha256) override;

 private:
  store::Datastore& datastore_;
};

}  // namespace flowstone::exec
