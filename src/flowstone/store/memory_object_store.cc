#include "flowstone/store/memory_object_store.h"

#include "flowstone/store/object_key.h"

namespace flowstone::store {
namespace {

Error NoSuchMemoryObject(const std::string& key) {
  return Error{.code = ErrorCode::kNotFound, .message = "there is no object '" + key + "'"};
}

}  // namespace

Result<std::string> MemoryObjectStore::Get(const std::string& key) {
  FLOWSTONE_TRY(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) {
    return NoSuchMemoryObject(key);
  }
  return found->second;
}

Result<std::string> MemoryObjectStore::GetRange(const std::string& key, std::uint64_t offset,
                                                std::uint64_t length) {
  FLOWSTONE_LET(const std::string bytes, Get(key));
  if (offset > bytes.size() || length > bytes.size() - offset) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "object '" + key + "' ends before the range that was asked for"};
  }
  return bytes.substr(offset, length);
}

Result<std::optional<std::uint64_t>> MemoryObjectStore::Head(const std::string& key) {
  FLOWSTONE_TRY(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) {
    return std::optional<std::uint64_t>();
  }
  return std::optional<std::uint64_t>(found->second.size());
}

std::optional<std::string> MemoryObjectStore::LocalPath(const std::string& /*key*/) {
  return std::nullopt;
}

Result<PutOutcome> MemoryObjectStore::PutPiecesIfAbsent(const std::string& key,
                                                        std::span<const std::string_view> pieces) {
  FLOWSTONE_TRY(ValidateKey(key));
  std::string bytes;
  for (const std::string_view piece : pieces) {
    bytes += piece;
  }
  const std::lock_guard lock(mutex_);
  const bool stored = objects_.try_emplace(key, std::move(bytes)).second;
  return stored ? PutOutcome::kStored : PutOutcome::kAlreadyThere;
}

Result<PutOutcome> MemoryObjectStore::PutFileIfAbsent(const std::string& key,
                                                      const std::string& path,
                                                      FileHandover handover) {
  FLOWSTONE_TRY(ValidateKey(key));
  FLOWSTONE_LET(const std::string bytes, files_.ReadFile(path));
  FLOWSTONE_LET(const PutOutcome outcome, PutIfAbsent(key, bytes));
  if (handover == FileHandover::kTake) {
    FLOWSTONE_TRY(files_.RemoveFile(path));
  }
  return outcome;
}

Status MemoryObjectStore::Replace(const std::string& key, std::string_view bytes) {
  FLOWSTONE_TRY(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  objects_.insert_or_assign(key, std::string(bytes));
  return Ok();
}

Result<std::vector<std::string>> MemoryObjectStore::List(const std::string& prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> keys;
  for (auto it = objects_.lower_bound(prefix); it != objects_.end(); ++it) {
    if (!it->first.starts_with(prefix)) {
      break;
    }
    keys.push_back(it->first);
  }
  return keys;
}

Result<std::vector<std::string>> MemoryObjectStore::ListChildren(const std::string& prefix) {
  FLOWSTONE_LET(const std::vector<std::string> keys, List(prefix));
  std::vector<std::string> children;
  for (const std::string& key : keys) {
    const std::size_t slash = key.find('/', prefix.size());
    const std::size_t end = slash == std::string::npos ? key.size() : slash + 1;
    std::string child = key.substr(prefix.size(), end - prefix.size());
    // Keys below one folder are neighbours, because they share the folder's "name/".
    if (children.empty() || children.back() != child) {
      children.push_back(std::move(child));
    }
  }
  return children;
}

Status MemoryObjectStore::Remove(const std::string& key) {
  FLOWSTONE_TRY(ValidateKey(key));
  const std::lock_guard lock(mutex_);
  objects_.erase(key);
  return Ok();
}

}  // namespace flowstone::store
