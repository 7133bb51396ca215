#include "flowstone/index/knowledge.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/index/knowledge_log.h"
#include "flowstone/os/file_operations.h"

namespace flowstone::index {
namespace {

// So much is gathered before it is written without being asked for.
constexpr std::size_t kGathered = std::size_t{1} << 20U;  // bytes
// Smaller logs are left as they are.
constexpr std::size_t kWorthCompacting = std::size_t{4} << 20U;  // bytes

// So much may lie behind what the hash index covers: readers walk over it when they open the log.
constexpr std::size_t kWorthIndexing = std::size_t{64} << 10U;  // bytes

constexpr std::uint32_t kLogMode = 0600;
constexpr std::uint32_t kDirectoryMode = 0700;

// Zeros where the system does not tell.
BootId BootOf(os::FileSystem& files) {
  BootId boot{};
  if (const Result<std::string> text = files.ReadFile("/proc/sys/kernel/random/boot_id")) {
    std::copy_n(Digest::Of(*text).bytes().begin(), boot.size(), boot.begin());
  }
  return boot;
}

}  // namespace

KnowledgeKey KnowledgeKey::Of(RecordKind kind, std::string_view text) {
  return Of(kind, Digest::Of(text));
}

KnowledgeKey KnowledgeKey::Of(RecordKind kind, const Digest& digest) {
  KnowledgeKey key{.kind = kind};
  std::copy_n(digest.bytes().begin(), key.id.size(), key.id.begin());
  return key;
}

std::size_t KnowledgeKeyHash::operator()(const KnowledgeKey& key) const noexcept {
  std::uint64_t head = 0;
  std::memcpy(&head, key.id.data(), sizeof(head));
  return static_cast<std::size_t>(head + static_cast<std::uint32_t>(key.kind));
}

// The log as it was at one moment, and how to find records in it.
class Knowledge::Snapshot {
 public:
  // Of whatever can be read; without records when there is no log of this version.
  static std::shared_ptr<const Snapshot> Take(os::FileSystem& files, const std::string& log_path,
                                              const std::string& index_path) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->boot_ = BootOf(files);
    Result<std::shared_ptr<const os::FileView>> log = files.MapFile(log_path);
    if (!log) {
      return snapshot;
    }
    const std::optional<std::uint64_t> generation = LogGeneration((*log)->bytes());
    if (!generation) {
      return snapshot;
    }
    snapshot->generation_ = *generation;
    snapshot->log_ = *std::move(log);
    if (Result<std::shared_ptr<const os::FileView>> index = files.MapFile(index_path)) {
      if (const auto table = IndexTable::Open((*index)->bytes(), *generation);
          table && table->covered() <= snapshot->bytes().size()) {
        snapshot->table_ = *table;
        snapshot->index_ = *std::move(index);
      }
    }
    WalkRecords(snapshot->bytes(), snapshot->table_.covered(),
                [&snapshot](std::size_t offset, const LogRecord& record) {
                  snapshot->tail_[record.key] = offset;
                });
    return snapshot;
  }

  // Up to where the hash index knows the log.
  std::size_t covered() const { return table_.covered(); }
  bool has_log() const { return log_ != nullptr; }
  const BootId& boot() const { return boot_; }
  // Whether payloads that the hash index covers are known to be right.
  bool is_verified() const { return table_.IsOf(boot_); }
  std::uint64_t generation() const { return generation_; }
  std::string_view bytes() const { return log_ == nullptr ? std::string_view() : log_->bytes(); }

  // Whether readers would save much with another hash index: they walk over what it does not
  // cover, and compare checksums when it is of an earlier run of the system.
  bool NeedsIndex() const {
    const bool is_old = boot_ != BootId{} && !is_verified() && covered() > kLogHeaderSize;
    return has_log() && (is_old || bytes().size() - covered() > kWorthIndexing);
  }

  std::optional<LogRecord> Find(const KnowledgeKey& key) const {
    if (const auto found = tail_.find(key); found != tail_.end()) {
      return ReadRecord(bytes(), found->second, PayloadCheck::kTrusted);  // walked over
    }
    return table_.Find(bytes(), key,
                       is_verified() ? PayloadCheck::kTrusted : PayloadCheck::kChecksum);
  }
  // Of records whose payload is right.
  RecordPlaces Places() const {
    RecordPlaces places = table_.Places(bytes());
    if (!is_verified()) {
      std::erase_if(places,
                    [this](const auto& place) { return !ReadRecord(bytes(), place.second); });
    }
    for (const auto& [key, offset] : tail_) {
      places[key] = offset;
    }
    return places;
  }

 private:
  std::shared_ptr<const os::FileView> log_;    // null: there is none
  std::shared_ptr<const os::FileView> index_;  // what table_ is in
  std::uint64_t generation_ = 0;
  BootId boot_{};
  IndexTable table_;
  RecordPlaces tail_;  // behind what the index covers
};

Knowledge::Knowledge(os::FileSystem& files, std::string directory)
    : files_(files), directory_(std::move(directory)) {}

Knowledge::~Knowledge() {
  // What cannot be written is found out again.
  (void)Flush();
}

std::shared_ptr<const Knowledge::Snapshot> Knowledge::KeptSnapshot() {
  if (snapshot_ == nullptr) {
    snapshot_ = Snapshot::Take(files_, LogPath(), IndexPath());
  }
  return snapshot_;
}

std::optional<Knowledge::Record> Knowledge::Find(const KnowledgeKey& key) {
  std::shared_ptr<const Snapshot> snapshot;
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = remembered_.find(key); known != remembered_.end()) {
      return known->second;
    }
    snapshot = KeptSnapshot();
  }
  const std::optional<LogRecord> record = snapshot->Find(key);
  if (!record) {
    return std::nullopt;
  }
  return Record{.bytes = record->bytes, .owner = std::move(snapshot), .checksum = record->checksum};
}

void Knowledge::ForEach(RecordKind kind, const std::function<void(const Record&)>& visit) {
  std::shared_ptr<const Snapshot> snapshot;
  std::unordered_map<KnowledgeKey, Record, KnowledgeKeyHash> remembered;
  {
    const std::lock_guard lock(mutex_);
    snapshot = KeptSnapshot();
    remembered = remembered_;
  }
  for (const auto& [key, record] : remembered) {
    if (key.kind == kind) {
      visit(record);
    }
  }
  for (const auto& [key, offset] : snapshot->Places()) {
    const bool is_wanted = key.kind == kind && !remembered.contains(key);
    const std::optional<LogRecord> record =
        is_wanted ? ReadRecord(snapshot->bytes(), offset, PayloadCheck::kTrusted) : std::nullopt;
    if (record) {
      visit({.bytes = record->bytes, .owner = snapshot, .checksum = record->checksum});
    }
  }
}

Knowledge::Record Knowledge::Remember(const KnowledgeKey& key, std::string bytes) {
  const auto owner = std::make_shared<const std::string>(std::move(bytes));
  Record record{.bytes = *owner, .owner = owner, .checksum = ChecksumOf(*owner)};
  const std::lock_guard lock(mutex_);
  AppendRecord(pending_, key, record.bytes, record.checksum);
  remembered_.insert_or_assign(key, record);
  if (pending_.size() > kGathered) {
    // What cannot be written is found out again.
    (void)Append(IndexUpdate::kLater);
  }
  return record;
}

Status Knowledge::Flush() {
  const std::lock_guard lock(mutex_);
  const bool is_outdated = is_index_behind_ || (snapshot_ != nullptr && snapshot_->NeedsIndex());
  if (pending_.empty() && !is_outdated) {
    return Ok();
  }
  return Append(IndexUpdate::kNow);
}

Status Knowledge::Append(IndexUpdate update) {
  std::string records = std::exchange(pending_, {});
  FLOWSTONE_TRY(os::MakeDirectories(files_, directory_, kDirectoryMode));
  FLOWSTONE_LET(const auto lock, files_.LockFile(directory_ + "/lock"));
  std::shared_ptr<const Snapshot> now = Snapshot::Take(files_, LogPath(), IndexPath());
  if (!now->has_log()) {
    // An index of what was there before must not be taken for one of the new log.
    if (Status removed = files_.RemoveFile(IndexPath());
        !removed && removed.error().code != ErrorCode::kNotFound) {
      return removed;
    }
    records.insert(0, LogHeader(1));
    FLOWSTONE_TRY(os::ReplaceFile(files_, LogPath(), records, kLogMode));
  } else if (!records.empty()) {
    // Behind a record that was torn off there may be an odd number of bytes.
    const std::size_t odd = now->bytes().size() % kRecordAlignment;
    records.insert(0, (kRecordAlignment - odd) % kRecordAlignment, '\0');
    FLOWSTONE_LET(const auto log, files_.OpenAppend(LogPath(), kLogMode));
    FLOWSTONE_TRY(log->Write(records));
    FLOWSTONE_TRY(log->Close());
  }
  is_index_behind_ = true;
  if (update == IndexUpdate::kLater) {
    return Ok();
  }
  now = Snapshot::Take(files_, LogPath(), IndexPath());
  if (now->NeedsIndex()) {
    FLOWSTONE_TRY(Compact(*now));
  }
  is_index_behind_ = false;
  return Ok();
}

// Writes the index; the log as well, without what is outdated, when that is most of it.
Status Knowledge::Compact(const Snapshot& snapshot) {
  RecordPlaces places = snapshot.Places();
  std::size_t live_size = kLogHeaderSize;
  for (const auto& [key, offset] : places) {
    live_size += RecordSize(snapshot.bytes(), offset);
  }
  std::uint64_t generation = snapshot.generation();
  std::size_t covered = snapshot.bytes().size();
  if (covered > kWorthCompacting && live_size < covered / 2) {
    ++generation;
    std::string log = LogHeader(generation);
    log.reserve(live_size);
    RecordPlaces moved;
    WalkRecords(snapshot.bytes(), kLogHeaderSize, [&](std::size_t offset, const LogRecord& record) {
      const auto place = places.find(record.key);
      if (place != places.end() && place->second == offset) {
        moved.emplace(record.key, log.size());
        AppendRecord(log, record.key, record.bytes, record.checksum);
      }
    });
    FLOWSTONE_TRY(os::ReplaceFile(files_, LogPath(), log, kLogMode));
    places = std::move(moved);
    covered = log.size();
  }
  return os::ReplaceFile(files_, IndexPath(),
                         BuildIndex(generation, covered, places, snapshot.boot()), kLogMode);
}

}  // namespace flowstone::index
