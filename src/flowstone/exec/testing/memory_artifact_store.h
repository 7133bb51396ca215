// MemoryArtifactStore: the fake ArtifactStore. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "flowstone/exec/artifact_store.h"

namespace flowstone::exec::testing {

class MemoryArtifactStore final : public ArtifactStore {
 public:
  Result<Digest> Put(std::string_view content) override {
    const std::lock_guard lock(mutex_);
    if (put_failure_) {
      return *put_failure_;
    }
    const Digest digest = Digest::Of(content);
    contents_.emplace(digest, content);
    return digest;
  }

  Result<OpenedArtifact> Open(const Digest& sha256) override {
    const std::lock_guard lock(mutex_);
    const auto found = contents_.find(sha256);
    if (found == contents_.end()) {
      return Error{.code = ErrorCode::kNotFound, .message = "no blob " + sha256.ToString()};
    }
    OpenedArtifact artifact;
    artifact.size = found->second.size();
    artifact.bytes = found->second;
    return artifact;
  }

  void FailPuts(Error failure) {
    const std::lock_guard lock(mutex_);
    put_failure_ = std::move(failure);
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return contents_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<Digest, std::string> contents_;  // guarded by mutex_
  std::optional<Error> put_failure_;        // guarded by mutex_
};

}  // namespace flowstone::exec::testing
