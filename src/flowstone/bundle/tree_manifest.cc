#include "flowstone/bundle/tree_manifest.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <utility>

#include "flowstone/base/hex.h"
#include "flowstone/base/text.h"

namespace flowstone::bundle {
namespace {

constexpr std::string_view kFirstLine = "flowstone-tree 1";
constexpr std::string_view kFileKind = "file";
constexpr std::string_view kRegularMode = "0644";
constexpr std::string_view kExecutableMode = "0755";
constexpr std::size_t kFields = 5;
constexpr std::size_t kEscapeSize = 4;  // of "\\x0a"
constexpr char kFirstPrintable = ' ';
constexpr char kDelete = '\x7f';

bool IsPlainAscii(char c) {
  return c >= kFirstPrintable && c != kDelete && c != '\\';
}

// A path as one line of UTF-8: control characters, backslashes and, in a path that is no UTF-8,
// every byte beyond ASCII as \xNN, everything else as it is.
std::string EscapePath(std::string_view path) {
  const bool is_utf8 = IsUtf8(path);
  std::string text;
  for (const char c : path) {
    const bool beyond_ascii = (static_cast<unsigned char>(c) & 0x80U) != 0;
    if (beyond_ascii ? !is_utf8 : !IsPlainAscii(c)) {
      text += "\\x" + HexEncode(std::as_bytes(std::span(&c, 1)));
    } else {
      text += c;
    }
  }
  return text;
}

std::optional<std::string> UnescapePath(std::string_view text) {
  std::string path;
  while (!text.empty()) {
    if (text.front() != '\\') {
      path += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::optional<std::string> byte =
        text.size() >= kEscapeSize && text[1] == 'x' ? HexDecode(text.substr(2, 2)) : std::nullopt;
    if (!byte) {
      return std::nullopt;
    }
    path += *byte;
    text.remove_prefix(kEscapeSize);
  }
  return path;
}

bool IsCleanPath(std::string_view path) {
  const std::vector<std::string_view> parts = SplitText(path, '/');
  return path.find('\0') == std::string_view::npos &&
         std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
           return part.empty() || part == "." || part == "..";
         });
}

Error BadManifest(std::string_view line) {
  return Error{.code = ErrorCode::kCorrupt,
               .message = "the manifest of a code tree cannot be read: '" + EscapePath(line) +
                          "' is no line of it"};
}

// "file 0644 1234 <sha256> path", where the path may contain spaces.
std::optional<TreeEntry> ParseLine(std::string_view line) {
  std::vector<std::string_view> fields;
  while (fields.size() + 1 < kFields) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) {
      return std::nullopt;
    }
    fields.push_back(line.substr(0, space));
    line.remove_prefix(space + 1);
  }
  TreeEntry entry;
  const auto [end, problem] =
      std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), entry.size);
  const Result<Digest> sha256 = Digest::Parse(fields[3]);
  std::optional<std::string> path = UnescapePath(line);
  const bool valid = fields[0] == kFileKind &&
                     (fields[1] == kRegularMode || fields[1] == kExecutableMode) &&
                     problem == std::errc() && sha256 && path;
  if (!valid) {
    return std::nullopt;
  }
  entry.mode = fields[1] == kExecutableMode ? FileMode::kExecutable : FileMode::kRegular;
  entry.sha256 = *sha256;
  entry.path = *std::move(path);
  return entry;
}

// The first entry that is also a directory of another, if any. `entries` are sorted.
const TreeEntry* FindFileInTheWay(const TreeManifest& manifest) {
  for (const TreeEntry& entry : manifest.entries()) {
    for (std::size_t slash = entry.path.find('/'); slash != std::string::npos;
         slash = entry.path.find('/', slash + 1)) {
      const std::string_view parent = std::string_view(entry.path).substr(0, slash);
      if (const TreeEntry* file = manifest.Find(parent)) {
        return file;
      }
    }
  }
  return nullptr;
}

}  // namespace

Result<TreeManifest> TreeManifest::Of(std::vector<TreeEntry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& path = entries[i].path;
    if (!IsCleanPath(path)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "'" + EscapePath(path) + "' cannot be a path in a code package"};
    }
    if (i > 0 && entries[i - 1].path == path) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "two files of the code package are named '" + EscapePath(path) + "'"};
    }
  }
  TreeManifest manifest;
  manifest.entries_ = std::move(entries);
  if (const TreeEntry* file = FindFileInTheWay(manifest)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + EscapePath(file->path) +
                            "' would be a file and a directory of the code package"};
  }
  return manifest;
}

Result<TreeManifest> TreeManifest::Parse(std::string_view text) {
  const std::vector<std::string_view> lines = SplitText(text, '\n');
  if (lines.front() != kFirstLine) {
    return BadManifest(lines.front());
  }
  std::vector<TreeEntry> entries;
  entries.reserve(lines.size());
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    std::optional<TreeEntry> entry = ParseLine(lines[i]);
    if (!entry) {
      return BadManifest(lines[i]);
    }
    entries.push_back(*std::move(entry));
  }
  Result<TreeManifest> manifest = Of(std::move(entries));
  if (!manifest) {
    manifest.error().code = ErrorCode::kCorrupt;
    return manifest;
  }
  // One text per tree: no second spelling of a number, an escape or the order.
  if (manifest->ToString() != text) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the manifest of a code tree is not in its canonical form"};
  }
  return manifest;
}

std::string TreeManifest::ToString() const {
  std::string text(kFirstLine);
  text += '\n';
  for (const TreeEntry& entry : entries_) {
    text.append(kFileKind).append(" ");
    text.append(entry.mode == FileMode::kExecutable ? kExecutableMode : kRegularMode).append(" ");
    text.append(std::to_string(entry.size)).append(" ");
    text.append(entry.sha256.ToString()).append(" ");
    text.append(EscapePath(entry.path)).append("\n");
  }
  return text;
}

const TreeEntry* TreeManifest::Find(std::string_view path) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), path,
      [](const TreeEntry& entry, std::string_view wanted) { return entry.path < wanted; });
  return found != entries_.end() && found->path == path ? &*found : nullptr;
}

std::uint64_t TreeManifest::TotalBytes() const {
  std::uint64_t total = 0;
  for (const TreeEntry& entry : entries_) {
    total += entry.size;
  }
  return total;
}

std::vector<TreeChange> DiffTrees(const TreeManifest& from, const TreeManifest& to) {
  std::vector<TreeChange> changes;
  for (const TreeEntry& before : from.entries()) {
    const TreeEntry* after = to.Find(before.path);
    if (after == nullptr) {
      changes.push_back({ChangeKind::kRemoved, before.path});
    } else if (after->sha256 != before.sha256) {
      changes.push_back({ChangeKind::kContent, before.path});
    } else if (after->mode != before.mode) {
      changes.push_back({ChangeKind::kMode, before.path});
    }
  }
  for (const TreeEntry& after : to.entries()) {
    if (from.Find(after.path) == nullptr) {
      changes.push_back({ChangeKind::kAdded, after.path});
    }
  }
  std::sort(changes.begin(), changes.end(),
            [](const TreeChange& a, const TreeChange& b) { return a.path < b.path; });
  return changes;
}

}  // namespace flowstone::bundle
