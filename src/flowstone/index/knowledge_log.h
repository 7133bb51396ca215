// The bytes of the log and of the hash index of Knowledge (docs/formats/index-cache.md): building
// them, walking over them, probing. Pure. Internal to Knowledge and its tests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "flowstone/index/knowledge.h"

namespace flowstone::index {

// What a log starts with. The generation tells an index of the log from one of its predecessors.
std::string LogHeader(std::uint64_t generation);
// Nothing when the bytes are not those of a log of this version.
std::optional<std::uint64_t> LogGeneration(std::string_view log);
constexpr std::size_t kLogHeaderSize = 16;
// Records start at multiples of this.
constexpr std::size_t kRecordAlignment = 8;

struct LogRecord {
  KnowledgeKey key;
  std::string_view bytes;
  std::uint32_t checksum = 0;
  std::size_t next = 0;  // offset behind the record
};

std::uint32_t ChecksumOf(std::string_view bytes);
void AppendRecord(std::string& log, const KnowledgeKey& key, std::string_view bytes,
                  std::uint32_t checksum);
// Whether the payload of a record is compared with its checksum.
enum class PayloadCheck : std::uint8_t { kChecksum, kTrusted };
// The record at that offset, when all of it is there and its checksums are right.
std::optional<LogRecord> ReadRecord(std::string_view log, std::size_t offset,
                                    PayloadCheck check = PayloadCheck::kChecksum);
// How much of the log the record at that offset takes, by its header; 0 when there is none.
std::size_t RecordSize(std::string_view log, std::size_t offset);
// The records from that offset on, in order; what is none is passed over.
void WalkRecords(std::string_view log, std::size_t offset,
                 const std::function<void(std::size_t offset, const LogRecord&)>& visit);

// Offsets of the records that count, by key.
using RecordPlaces = std::unordered_map<KnowledgeKey, std::size_t, KnowledgeKeyHash>;

// Tells one run of the operating system from all others; zeros: not known, and equal to nothing.
using BootId = std::array<std::uint8_t, 16>;

// A hash index: open addressing, at most half full. `boot`: the payloads of all `places` were right
// in that run of the system.
std::string BuildIndex(std::uint64_t generation, std::size_t covered, const RecordPlaces& places,
                       const BootId& boot);

class IndexTable {
 public:
  // An index without entries.
  IndexTable() = default;
  // Nothing when the bytes are damaged or of another log.
  static std::optional<IndexTable> Open(std::string_view bytes, std::uint64_t generation);

  // The records up to this offset of the log are in the index.
  std::size_t covered() const { return covered_; }
  // Whether the payloads were right in this run of the system. Then they still are: only a power
  // cut or another end of the system loses what was written.
  bool IsOf(const BootId& boot) const { return boot != BootId{} && boot == boot_; }
  std::optional<LogRecord> Find(std::string_view log, const KnowledgeKey& key,
                                PayloadCheck check) const;
  // All entries whose record can be read.
  RecordPlaces Places(std::string_view log) const;

 private:
  std::string_view slots_;
  std::size_t covered_ = kLogHeaderSize;
  BootId boot_{};
};

}  // namespace flowstone::index
