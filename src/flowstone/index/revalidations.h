// Revalidations: stale pages that are in use while their indexes are asked whether they changed.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

// Thread-safe.
class Revalidations {
 public:
  enum class Finding { kUnchanged, kChanged };

  void Begin() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  // Of a page of that project.
  void End(const pypi::Name& name, Result<Finding> finding) {
    const std::lock_guard lock(mutex_);
    if (!finding) {
      failures_.emplace(name, std::move(finding.error()));
    } else if (*finding == Finding::kChanged) {
      changed_.insert(name);
    }
    --under_way_;
    ended_.notify_all();
  }

  // Waits for all that are under way. The projects that changed since the last call, or the failure
  // of the first project by name: which one is heard of first does not matter.
  Result<std::set<pypi::Name>> WaitForAll() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return under_way_ == 0; });
    if (!failures_.empty()) {
      return Error(failures_.begin()->second);
    }
    return std::exchange(changed_, {});
  }

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  std::size_t under_way_ = 0;
  std::set<pypi::Name> changed_;
  std::map<pypi::Name, Error> failures_;
};

}  // namespace flowstone::index
