// Moving the content of artifacts between a task's channel and the ArtifactStore. Both directions
// do the slow work (hash, compress, read) and so run on the storage threads.
#pragma once

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/exec/artifact_store.h"
#include "flowstone/exec/content_cache.h"
#include "flowstone/exec/frame.h"
#include "flowstone/exec/task_messages.h"

namespace flowstone::exec {

// Stores what the task sent. A sealed memfd is mapped; any other file could shrink under the
// mapping and is copied.
Result<Digest> StoreArtifact(ArtifactStore& store, const ArtifactMessage& artifact);

// The answer to `get`: the content, as payload or as a descriptor, or why there is none.
OutgoingFrame AnswerGet(ArtifactStore& store, ContentCache& cache, const Digest& sha256);

}  // namespace flowstone::exec
