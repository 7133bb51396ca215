// DirectoryObjectStore: objects as files below one directory, a key being the relative path.
//
// An object is written to a file of its own below "~tmp" ("~" is in no key) and then linked, or for
// Replace renamed, to its name, so that a process killed anywhere leaves the old state or the new
// one and at worst a file in "~tmp". Any number of threads and processes may put the same key: one
// stores, the others find it there. Folders are made when the first object needs them. Files are
// not synced: after a power cut the digests of the content tell what was lost.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/os/filesystem.h"
#include "flowstone/store/object_store.h"

namespace flowstone::store {

class DirectoryObjectStore final : public ObjectStore {
 public:
  // The directory need not exist: the first put makes it. `files` outlives the store.
  DirectoryObjectStore(os::FileSystem& files, std::string directory);

  const std::string& directory() const { return directory_; }

  Result<std::string> Get(const std::string& key) override;
  Result<std::string> GetRange(const std::string& key, std::uint64_t offset,
                               std::uint64_t length) override;
  Result<std::optional<std::uint64_t>> Head(const std::string& key) override;
  std::optional<std::string> LocalPath(const std::string& key) override;
  Result<PutOutcome> PutPiecesIfAbsent(const std::string& key,
                                       std::span<const std::string_view> pieces) override;
  Result<PutOutcome> PutFileIfAbsent(const std::string& key, const std::string& path) override;
  Status Replace(const std::string& key, std::string_view bytes) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Result<std::vector<std::string>> ListChildren(const std::string& prefix) override;
  Status Remove(const std::string& key) override;

 private:
  struct OpenTemporary {
    std::string path;
    std::unique_ptr<os::OutputFile> file;
  };

  std::string PathOf(const std::string& key) const;
  Result<OpenTemporary> CreateTemporary(const std::string& key);
  // The path of a complete file with the content, ready to be given its name.
  Result<std::string> WriteTemporary(const std::string& key,
                                     std::span<const std::string_view> pieces);
  // Gives the file at `temporary` the name of `key` unless it is taken; `temporary` is gone after.
  Result<PutOutcome> Publish(const std::string& temporary, const std::string& key);
  Result<PutOutcome> CopyIfAbsent(const std::string& key, const std::string& path);
  Status ListBelow(const std::string& folder, const std::string& prefix,
                   std::vector<std::string>& keys);

  os::FileSystem& files_;
  std::string directory_;
};

}  // namespace flowstone::store
