// DirectoryObjectStore: objects as files below one directory, a key being the relative path.
//
// An object is written to a file of its own below "~tmp" ("~" is in no key) and then linked, or for
// Replace renamed, to its name, so that a process killed anywhere leaves the old state or the new
// one and at worst a file in "~tmp". Any number of threads and processes may put the same key: one
// stores, the others find it there. Folders are made when the first object needs them. Files are
// not synced: after a power cut the digests of the content tell what was lost.
#pragma once

#include <cstdint>
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
  Result<PutOutcome> PutFileIfAbsent(const std::string& key, const std::string& path,
                                     FileHandover handover) override;
  Status Replace(const std::string& key, std::string_view bytes) override;
  Result<std::vector<std::string>> List(const std::string& prefix) override;
  Result<std::vector<std::string>> ListChildren(const std::string& prefix) override;
  Status Remove(const std::string& key) override;

 private:
  std::string PathOf(const std::string& key) const;
  // A path in "~tmp" where nothing is yet; the folder exists.
  Result<std::string> NameTemporary();
  // The path of a new file with the content, ready to be given its name.
  Result<std::string> WriteTemporary(std::span<const std::string_view> pieces);
  // Gives the file at `temporary` the name of `key` unless it is taken. `temporary` is gone after a
  // success.
  Result<PutOutcome> Publish(const std::string& temporary, const std::string& key);
  // Publish, and no `temporary` after a failure either.
  Result<PutOutcome> PublishOrDiscard(const std::string& temporary, const std::string& key);

  os::FileSystem& files_;
  std::string directory_;
};

}  // namespace flowstone::store
