#include "flowstone/index/knowledge_log.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/index/packed_bytes.h"

namespace flowstone::index {
namespace {

constexpr std::uint64_t kLogMagic = 0x3157'4F4E'4B57'4C46;    // "FLWKNOW1"
constexpr std::uint64_t kIndexMagic = 0x3258'4E49'4B57'4C46;  // "FLWKINX2"
constexpr std::uint32_t kRecordMagic = 0x4443'5246;           // "FRCD"

struct RecordHeader {
  std::uint32_t magic = kRecordMagic;
  std::uint32_t kind = 0;
  std::array<std::uint8_t, 16> id{};
  std::uint32_t length = 0;    // of what follows the header, without padding
  std::uint32_t checksum = 0;  // of the same
  std::uint32_t reserved = 0;
  std::uint32_t header_checksum = 0;  // of all before
};

struct IndexHeader {
  std::uint64_t magic = kIndexMagic;
  std::uint64_t generation = 0;
  std::uint64_t covered = 0;
  std::uint64_t slot_count = 0;  // a power of two
  BootId boot{};
  std::uint32_t slots_checksum = 0;
  std::uint32_t header_checksum = 0;  // of all before
};

struct IndexSlot {
  std::uint64_t hash = 0;
  std::uint64_t offset = 0;  // 0: empty
};

template <class Header>
std::uint32_t HeaderChecksum(const Header& header) {
  return libdeflate_crc32(0, &header, sizeof(Header) - sizeof(header.header_checksum));
}

std::size_t Padded(std::size_t length) {
  return (length + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

void AppendRaw(std::string& out, const auto& value) {
  const auto raw = std::bit_cast<std::array<char, sizeof(value)>>(value);
  out.append(raw.data(), raw.size());
}

std::optional<RecordHeader> HeaderAt(std::string_view log, std::size_t offset) {
  const auto header = PackedView(log).Load<RecordHeader>(offset);
  const bool is_header =
      header.magic == kRecordMagic && header.header_checksum == HeaderChecksum(header);
  return is_header ? std::optional(header) : std::nullopt;
}

KnowledgeKey KeyOf(const RecordHeader& header) {
  return {static_cast<RecordKind>(header.kind), header.id};
}

IndexSlot SlotAt(std::string_view slots, std::size_t place) {
  return PackedView(slots).Load<IndexSlot>(place * sizeof(IndexSlot));
}

}  // namespace

std::string LogHeader(std::uint64_t generation) {
  std::string header;
  AppendRaw(header, kLogMagic);
  AppendRaw(header, generation);
  return header;
}

std::optional<std::uint64_t> LogGeneration(std::string_view log) {
  const PackedView view(log);
  if (log.size() < kLogHeaderSize || view.Load<std::uint64_t>(0) != kLogMagic) {
    return std::nullopt;
  }
  return view.Load<std::uint64_t>(sizeof(kLogMagic));
}

// The cache is the user's own, so this guards against accidents (a power cut, a bad disk), for
// which CRC-32 is enough at a tenth of the price of sha256.
std::uint32_t ChecksumOf(std::string_view bytes) {
  return libdeflate_crc32(0, bytes.data(), bytes.size());
}

void AppendRecord(std::string& log, const KnowledgeKey& key, std::string_view bytes,
                  std::uint32_t checksum) {
  RecordHeader header{.kind = static_cast<std::uint32_t>(key.kind),
                      .id = key.id,
                      .length = static_cast<std::uint32_t>(bytes.size()),
                      .checksum = checksum};
  header.header_checksum = HeaderChecksum(header);
  AppendRaw(log, header);
  log.append(bytes).append(Padded(bytes.size()) - bytes.size(), '\0');
}

std::size_t RecordSize(std::string_view log, std::size_t offset) {
  const std::optional<RecordHeader> header = HeaderAt(log, offset);
  return header ? sizeof(RecordHeader) + Padded(header->length) : 0;
}

std::optional<LogRecord> ReadRecord(std::string_view log, std::size_t offset, PayloadCheck check) {
  const std::optional<RecordHeader> header = HeaderAt(log, offset);
  if (!header) {
    return std::nullopt;
  }
  const std::size_t start = offset + sizeof(RecordHeader);
  const std::string_view bytes = PackedView(log).Bytes(start, header->length);
  const bool is_right = bytes.size() == header->length &&
                        (check == PayloadCheck::kTrusted || ChecksumOf(bytes) == header->checksum);
  if (!is_right) {
    return std::nullopt;
  }
  return LogRecord{.key = KeyOf(*header),
                   .bytes = bytes,
                   .checksum = header->checksum,
                   .next = start + Padded(header->length)};
}

void WalkRecords(std::string_view log, std::size_t offset,
                 const std::function<void(std::size_t offset, const LogRecord&)>& visit) {
  offset = Padded(offset);
  while (offset < log.size()) {
    if (const std::optional<LogRecord> record = ReadRecord(log, offset)) {
      visit(offset, *record);
      offset = record->next;
    } else {
      offset += kRecordAlignment;
    }
  }
}

std::string BuildIndex(std::uint64_t generation, std::size_t covered, const RecordPlaces& places,
                       const BootId& boot) {
  std::vector<IndexSlot> slots(std::bit_ceil(std::max<std::size_t>(places.size() * 2, 8)));
  for (const auto& [key, offset] : places) {
    const std::size_t hash = KnowledgeKeyHash()(key);
    std::size_t place = hash & (slots.size() - 1);
    while (slots[place].offset != 0) {
      place = (place + 1) & (slots.size() - 1);
    }
    slots[place] = {hash, offset};
  }
  std::string table;
  table.reserve(slots.size() * sizeof(IndexSlot));
  for (const IndexSlot& slot : slots) {
    AppendRaw(table, slot);
  }
  IndexHeader header{.generation = generation,
                     .covered = covered,
                     .slot_count = slots.size(),
                     .boot = boot,
                     .slots_checksum = ChecksumOf(table)};
  header.header_checksum = HeaderChecksum(header);
  std::string bytes;
  AppendRaw(bytes, header);
  return bytes.append(table);
}

std::optional<IndexTable> IndexTable::Open(std::string_view bytes, std::uint64_t generation) {
  const auto header = PackedView(bytes).Load<IndexHeader>(0);
  if (header.magic != kIndexMagic || header.header_checksum != HeaderChecksum(header) ||
      header.generation != generation || !std::has_single_bit(header.slot_count)) {
    return std::nullopt;
  }
  const std::string_view slots = bytes.substr(sizeof(IndexHeader));
  if (slots.size() / sizeof(IndexSlot) != header.slot_count ||
      ChecksumOf(slots) != header.slots_checksum) {
    return std::nullopt;
  }
  IndexTable table;
  table.slots_ = slots;
  table.covered_ = header.covered;
  table.boot_ = header.boot;
  return table;
}

std::optional<LogRecord> IndexTable::Find(std::string_view log, const KnowledgeKey& key,
                                          PayloadCheck check) const {
  const std::size_t count = slots_.size() / sizeof(IndexSlot);
  const std::size_t hash = KnowledgeKeyHash()(key);
  for (std::size_t step = 0; step < count; ++step) {
    const IndexSlot slot = SlotAt(slots_, (hash + step) & (count - 1));
    if (slot.offset == 0) {
      break;
    }
    if (slot.hash == hash) {
      if (std::optional<LogRecord> record = ReadRecord(log, slot.offset, check);
          record && record->key == key) {
        return record;
      }
    }
  }
  return std::nullopt;
}

RecordPlaces IndexTable::Places(std::string_view log) const {
  RecordPlaces places;
  const std::size_t count = slots_.size() / sizeof(IndexSlot);
  for (std::size_t i = 0; i < count; ++i) {
    const IndexSlot slot = SlotAt(slots_, i);
    // What the header promises is checked when the record is used.
    const auto header = slot.offset == 0 ? std::nullopt : HeaderAt(log, slot.offset);
    if (header) {
      places.emplace(KeyOf(*header), slot.offset);
    }
  }
  return places;
}

}  // namespace flowstone::index
