#include "flowstone/install/library_search_path.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "flowstone/base/text.h"

namespace flowstone::install {
namespace {

constexpr std::uint64_t kLoadSegment = 1;     // PT_LOAD
constexpr std::uint64_t kDynamicSegment = 2;  // PT_DYNAMIC
constexpr std::uint64_t kEndOfDynamic = 0;    // DT_NULL
constexpr std::uint64_t kStringTable = 5;     // DT_STRTAB
constexpr std::uint64_t kRpath = 15;          // DT_RPATH
constexpr std::uint64_t kRunpath = 29;        // DT_RUNPATH

struct Segment {
  std::uint64_t type = 0;
  std::uint64_t offset = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;  // in the file
};

// Reads the few numbers that matter, of either word size and byte order. Nothing is trusted: what
// lies outside the file reads as absent.
class ElfFile {
 public:
  explicit ElfFile(std::string_view bytes) : bytes_(bytes) {}

  bool Open() {
    if (bytes_.size() < 20 || !bytes_.starts_with("\x7f"
                                                  "ELF")) {
      return false;
    }
    is_wide_ = bytes_[4] == 2;
    is_big_endian_ = bytes_[5] == 2;
    return ReadSegments();
  }

  std::vector<std::string> SearchPath() const {
    std::optional<std::uint64_t> strings;
    std::optional<std::uint64_t> rpath;
    std::optional<std::uint64_t> runpath;
    for (const auto& [tag, value] : DynamicEntries()) {
      if (tag == kStringTable) {
        strings = OffsetOf(value);
      } else if (tag == kRpath) {
        rpath = value;
      } else if (tag == kRunpath) {
        runpath = value;
      }
    }
    std::vector<std::string> path;
    for (const std::optional<std::uint64_t> place : {rpath, runpath}) {
      for (const std::string_view entry : SplitText(TextAt(strings, place), ':')) {
        if (!entry.empty()) {
          path.emplace_back(entry);
        }
      }
    }
    return path;
  }

 private:
  struct DynamicEntry {
    std::uint64_t tag = 0;
    std::uint64_t value = 0;
  };

  std::uint64_t Word() const { return is_wide_ ? 8 : 4; }

  std::optional<std::uint64_t> Number(std::uint64_t offset, std::uint64_t width) const {
    if (offset > bytes_.size() || bytes_.size() - offset < width) {
      return std::nullopt;
    }
    std::uint64_t number = 0;
    for (std::uint64_t i = 0; i < width; ++i) {
      const std::uint64_t at = is_big_endian_ ? offset + i : offset + width - 1 - i;
      number = number << 8U | static_cast<unsigned char>(bytes_[static_cast<std::size_t>(at)]);
    }
    return number;
  }

  bool ReadSegments() {
    const auto begin = Number(is_wide_ ? 32 : 28, Word());
    const auto size = Number(is_wide_ ? 54 : 42, 2);
    const auto count = Number(is_wide_ ? 56 : 44, 2);
    if (!begin || !size || !count || *begin > bytes_.size()) {
      return false;
    }
    for (std::uint64_t i = 0; i < *count; ++i) {
      const std::uint64_t at = *begin + i * *size;
      const auto type = Number(at, 4);
      const auto offset = Number(at + (is_wide_ ? 8 : 4), Word());
      const auto address = Number(at + (is_wide_ ? 16 : 8), Word());
      const auto length = Number(at + (is_wide_ ? 32 : 16), Word());
      if (!type || !offset || !address || !length) {
        return false;
      }
      segments_.push_back({.type = *type, .offset = *offset, .address = *address, .size = *length});
    }
    return true;
  }

  std::vector<DynamicEntry> DynamicEntries() const {
    std::vector<DynamicEntry> entries;
    const auto dynamic = std::ranges::find(segments_, kDynamicSegment, &Segment::type);
    if (dynamic == segments_.end() || dynamic->offset > bytes_.size()) {
      return entries;
    }
    for (std::uint64_t done = 0; done < dynamic->size; done += 2 * Word()) {
      const auto tag = Number(dynamic->offset + done, Word());
      const auto value = Number(dynamic->offset + done + Word(), Word());
      if (!tag || !value || *tag == kEndOfDynamic) {
        break;
      }
      entries.push_back({.tag = *tag, .value = *value});
    }
    return entries;
  }

  // Where in the file that is what is loaded at `address`.
  std::optional<std::uint64_t> OffsetOf(std::uint64_t address) const {
    for (const Segment& segment : segments_) {
      if (segment.type == kLoadSegment && address >= segment.address &&
          address - segment.address < segment.size && segment.offset <= bytes_.size()) {
        return segment.offset + (address - segment.address);
      }
    }
    return std::nullopt;
  }

  // The text at `place` of a string table; empty when it is outside or does not end.
  std::string_view TextAt(std::optional<std::uint64_t> table,
                          std::optional<std::uint64_t> place) const {
    if (!table || !place || *table > bytes_.size() || *place > bytes_.size() - *table) {
      return {};
    }
    const std::string_view rest = bytes_.substr(static_cast<std::size_t>(*table + *place));
    const std::size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
  }

  std::string_view bytes_;
  bool is_wide_ = false;
  bool is_big_endian_ = false;
  std::vector<Segment> segments_;
};

// What is behind $ORIGIN or ${ORIGIN}; nothing for a path that does not start there.
std::optional<std::string_view> BehindOrigin(std::string_view entry) {
  for (const std::string_view origin : {"$ORIGIN", "${ORIGIN}"}) {
    if (entry.starts_with(origin)) {
      return entry.substr(origin.size());
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> LibrarySearchPath(std::string_view file) {
  ElfFile elf(file);
  return elf.Open() ? elf.SearchPath() : std::vector<std::string>();
}

bool ClimbsOut(const std::vector<std::string>& search_path, std::string_view directory,
               const std::function<bool(const std::string&)>& is_own_directory) {
  for (const std::string& entry : search_path) {
    const std::optional<std::string_view> rest = BehindOrigin(entry);
    if (!rest) {
      continue;
    }
    std::vector<std::string> parts;
    for (const std::string_view part : SplitText(directory, '/')) {
      parts.emplace_back(part);
    }
    bool climbs = false;
    for (const std::string_view part : SplitText(*rest, '/')) {
      if (part == "..") {
        climbs = true;
        if (parts.empty()) {
          return true;  // out of the archive
        }
        parts.pop_back();
      } else if (!part.empty() && part != ".") {
        parts.emplace_back(part);
      }
    }
    if (climbs && !is_own_directory(JoinText(parts, "/"))) {
      return true;
    }
  }
  return false;
}

}  // namespace flowstone::install
