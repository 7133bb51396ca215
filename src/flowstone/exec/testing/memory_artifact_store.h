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
    ++opened_;
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
  // How often something was asked for.
  std::size_t opened() const {
    const std::lock_guard lock(mutex_);
    return opened_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<Digest, std::string> contents_;  // guarded by mutex_
  std::optional<Error> put_failure_;        // guarded by mutex_
  std::size_t opened_ = 0;                  // guarded by mutex_
};

}  // namespace flowstone::exec::testing
