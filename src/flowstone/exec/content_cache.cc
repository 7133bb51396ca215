#include "flowstone/exec/content_cache.h"

#include <fcntl.h>
#include <utility>

namespace flowstone::exec {
namespace {

// Nothing when this process has no descriptor left: a cache may forget.
os::UniqueFd Duplicate(const os::UniqueFd& file) {
  return os::UniqueFd(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0));
}

}  // namespace

std::optional<ContentCache::Content> ContentCache::Find(const Digest& sha256) {
  const std::lock_guard lock(mutex_);
  const auto found = by_digest_.find(sha256);
  if (found == by_digest_.end()) {
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  Content content{.file = Duplicate(found->second->file), .size = found->second->size};
  return content.file ? std::optional(std::move(content)) : std::nullopt;
}

void ContentCache::Insert(const Digest& sha256, const os::UniqueFd& file, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (size > capacity_ || by_digest_.contains(sha256)) {
    return;
  }
  os::UniqueFd kept = Duplicate(file);
  if (!kept) {
    return;
  }
  entries_.push_front({.sha256 = sha256, .file = std::move(kept), .size = size});
  by_digest_.emplace(sha256, entries_.begin());
  size_ += size;
  while (size_ > capacity_) {
    size_ -= entries_.back().size;
    by_digest_.erase(entries_.back().sha256);
    entries_.pop_back();
  }
}

}  // namespace flowstone::exec
