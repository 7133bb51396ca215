#include "flowstone/exec/datastore_artifacts.h"

#include <cerrno>
#include <fcntl.h>
#include <utility>

#include "flowstone/os/errno_error.h"

namespace flowstone::exec {

Result<Digest> DatastoreArtifacts::Put(std::string_view content) {
  FLOWSTONE_LET(const store::BlobReference blob, datastore_.PutBlob(content));
  return blob.sha256;
}

Result<OpenedArtifact> DatastoreArtifacts::Open(const Digest& sha256) {
  FLOWSTONE_LET(store::OpenedBlob blob, datastore_.OpenBlob(sha256));
  OpenedArtifact artifact;
  if (!blob.slice) {
    artifact.size = blob.bytes.size();
    artifact.bytes = std::move(blob.bytes);
    return artifact;
  }
  artifact.file = os::UniqueFd(::open(blob.slice->path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!artifact.file) {
    return os::ErrnoError(errno, "open '" + blob.slice->path + "'");
  }
  artifact.offset = blob.slice->offset;
  artifact.size = blob.slice->size;
  return artifact;
}

}  // namespace flowstone::exec
