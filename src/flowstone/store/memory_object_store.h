// MemoryObjectStore: the fake. Behaves as DirectoryObjectStore does (one contract test for both),
// without a disk; LocalPath has nothing to offer.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "flowstone/os/filesystem.h"
#include "flowstone/store/object_store.h"

namespace flowstone::store {

class MemoryObjectStore final : public ObjectStore {
 public:
  // `files` is where PutFileIfAbsent reads from.
  explicit MemoryObjectStore(os::FileSystem& files) : files_(files) {}

  Result<std::string> Get(const std::string& key) override;
  Result<std::string> GetRange(const std::string& key, std::uint64_t offset,
                               std::uint64_t length) override;
  Result<std::optional<std::uint64_t>> Head(const std::string& key) override;
  std::optional<std::string> LocalPath(const std::string& key) override;
  Result<PutOutcome> PutPiecesIfAbsent(const std::string& key,
                                       std::span<const std::string_view> pieces) override;
  Result<PutOutcome> PutFileIfAbsent(const std::string& key, const std::string& path,
                                     FileHandover handover) override;
  Status Replace(const std::string& key, std::string_view bytes) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Result<std::vector<std::string>> ListChildren(const std::string& prefix) override;
  Status Remove(const std::string& key) override;

 private:
  os::FileSystem& files_;
  std::mutex mutex_;
  std::map<std::string, std::string> objects_;  // guarded by mutex_
};

}  // namespace flowstone::store
