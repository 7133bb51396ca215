#include "flowstone/install/venv_roots.h"

#include <optional>
#include <string_view>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kNoteHeader = "flowstone-venv 1";

// A note: the header, the directory, and a line for each package: the sha256 of its wheel, and the
// cache tag of bytecode that it came with.
struct VenvNote {
  std::string directory;
  std::vector<std::string> archives;
};

std::optional<VenvNote> ReadNote(os::FileSystem& filesystem, const CacheLayout& layout,
                                 const std::string& path) {
  const Result<std::string> text = filesystem.ReadFile(path);
  if (!text) {
    return std::nullopt;
  }
  const std::vector<std::string_view> lines = SplitLines(*text);
  if (lines.size() < 2 || lines[0] != kNoteHeader) {
    return std::nullopt;
  }
  VenvNote note{.directory = std::string(lines[1]), .archives = {}};
  for (const std::string_view line : std::span(lines).subspan(2)) {
    const std::size_t space = line.find(' ');
    const Result<Digest> wheel = Digest::Parse(line.substr(0, space));
    if (wheel) {
      const bool is_compiled = space != std::string_view::npos;
      note.archives.push_back(layout.ArchiveDirectory(
          *wheel, is_compiled ? std::string(line.substr(space + 1)) : std::string()));
    }
  }
  return note;
}

// Only what is certainly gone is gone: a disk that is not mounted now, or may not be read, is not.
bool IsGone(os::FileSystem& filesystem, const std::string& directory) {
  const Result<os::FileInfo> info = filesystem.Lstat(os::JoinPath(directory, "pyvenv.cfg"));
  return !info && info.error().code == ErrorCode::kNotFound &&
         filesystem.Stat(os::DirName(directory)).has_value();
}

}  // namespace

Status NoteLinkedVenv(os::FileSystem& filesystem, const CacheLayout& layout,
                      const std::string& directory, std::span<const PlannedPackage> packages,
                      VenvLinks links) {
  const std::string path = os::JoinPath(layout.linked_venvs(), Digest::Of(directory).ToString());
  if (links == VenvLinks::kNone) {
    FLOWSTONE_LET(const bool exists, os::Exists(filesystem, path));
    if (!exists) {
      return Ok();
    }
  }
  std::string text = std::string(kNoteHeader) + "\n" + directory + "\n";
  for (const PlannedPackage& package : packages) {
    const std::string& tag = package.archive.bytecode;
    text.append(package.archive.wheel.ToString()).append(tag.empty() ? "" : " ").append(tag);
    text += '\n';
  }
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, layout.linked_venvs()));
  return os::ReplaceFile(filesystem, path, text);
}

Result<std::map<std::string, std::string>> ArchivesOfLinkedVenvs(os::FileSystem& filesystem,
                                                                 const CacheLayout& layout) {
  std::map<std::string, std::string> archives;
  const Result<std::vector<os::DirectoryEntry>> entries =
      filesystem.ListDirectory(layout.linked_venvs());
  if (!entries) {
    return entries.error().code == ErrorCode::kNotFound
               ? Result<std::map<std::string, std::string>>(archives)
               : entries.error();
  }
  for (const os::DirectoryEntry& entry : *entries) {
    const auto note = ReadNote(filesystem, layout, os::JoinPath(layout.linked_venvs(), entry.name));
    if (note && !IsGone(filesystem, note->directory)) {
      for (const std::string& archive : note->archives) {
        archives.emplace(archive, note->directory);
      }
    }
  }
  return archives;
}

std::string LinkedVenvAt(os::FileSystem& filesystem, const std::string& path) {
  const auto note = ReadNote(filesystem, CacheLayout(""), path);
  return note && !IsGone(filesystem, note->directory) ? note->directory : "";
}

}  // namespace flowstone::install
