// Knowledge: what indexes said in earlier runs, in one file that is mapped and read in place
// (docs/formats/index-cache.md). A record is found with one probe of a hash index and no system
// call, and is never parsed.
//
// The file only grows, by records with checksums; the last record of a key counts. Readers take no
// lock: they see the file as it was when they opened it, and what this process remembered since.
// Writers append under a lock between processes. Killing one anywhere loses records, never damages
// others: what does not add up is passed over, counts as missing, and is remembered anew. When more
// than half of a large file is outdated, it is written anew beside its place and renamed.
//
// The bytes are untrusted input. Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::index {

// What a record is about. Numbers are never used again for something else.
enum class RecordKind : std::uint32_t {
  kListing = 1,
  kPagePolicy = 2,
  kMetadata = 3,
  kLinkPage = 4,
  kFileAbsence = 5
};

struct KnowledgeKey {
  RecordKind kind = RecordKind::kListing;
  std::array<std::uint8_t, 16> id{};  // half a sha256

  // Of whatever `text` names.
  static KnowledgeKey Of(RecordKind kind, std::string_view text);
  static KnowledgeKey Of(RecordKind kind, const Digest& digest);

  friend bool operator==(const KnowledgeKey&, const KnowledgeKey&) = default;
};

struct KnowledgeKeyHash {
  std::size_t operator()(const KnowledgeKey& key) const noexcept;
};

class Knowledge {
 public:
  struct Record {
    std::string_view bytes;
    std::shared_ptr<const void> owner;  // keeps the bytes alive
    std::uint32_t checksum = 0;         // of the bytes
  };

  // Nothing is read before the first Find, nothing is written before the first Flush.
  Knowledge(os::FileSystem& files, std::string directory);
  // Writes what was remembered, as far as that is possible.
  ~Knowledge();
  Knowledge(const Knowledge&) = delete;
  Knowledge& operator=(const Knowledge&) = delete;

  std::optional<Record> Find(const KnowledgeKey& key);
  // Every record of that kind that counts, in no order. Walks over all of them.
  void ForEach(RecordKind kind, const std::function<void(const Record&)>& visit);
  // Found from now on; on disk at the next Flush, which comes by itself when much has gathered.
  Record Remember(const KnowledgeKey& key, std::string bytes);
  // Appends what was remembered and brings the hash index up to date.
  Status Flush();

 private:
  class Snapshot;
  enum class IndexUpdate : std::uint8_t { kLater, kNow };

  Status Append(IndexUpdate update);  // REQUIRES: the mutex is held
  Status Compact(const Snapshot& snapshot);
  // Taken when it is first asked for. REQUIRES: mutex_ is held.
  std::shared_ptr<const Snapshot> KeptSnapshot();
  std::string LogPath() const { return directory_ + "/log"; }
  std::string IndexPath() const { return directory_ + "/index"; }

  os::FileSystem& files_;
  const std::string directory_;
  std::mutex mutex_;                          // guards what follows
  std::shared_ptr<const Snapshot> snapshot_;  // shared with the records found in it; null at first
  std::unordered_map<KnowledgeKey, Record, KnowledgeKeyHash> remembered_;
  std::string pending_;           // records for the log
  bool is_index_behind_ = false;  // something was appended without updating it
};

}  // namespace flowstone::index
