#include "flowstone/install/python_unpack.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/archive/gzip.h"
#include "flowstone/archive/tar_reader.h"
#include "flowstone/archive/zstd.h"
#include "flowstone/base/text.h"
#include "flowstone/install/disk_space.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// The largest so far holds 1.3 GB, most of it object files.
constexpr std::uint64_t kLargestTree = std::uint64_t{4} << 30U;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::string_view kFullSuffix = ".tar.zst";
constexpr std::string_view kBuiltFor = "/install";
constexpr std::string_view kManagedNotice =
    "[externally-managed]\n"
    "Error=This Python was installed by Flowstone and is shared by environments.\n"
    " Make an environment instead: flowstone lock, flowstone sync.\n";

// Writes the members of a tar file that lie below one of its directories.
class TreeWriter {
 public:
  TreeWriter(os::FileSystem& filesystem, std::string prefix, std::string directory)
      : filesystem_(filesystem), prefix_(std::move(prefix)), directory_(std::move(directory)) {}

  Status Write(archive::ByteStream& stream) {
    archive::TarReader reader(stream, {.max_total_bytes = kLargestTree});
    while (true) {
      FLOWSTONE_LET(const std::optional<archive::TarMember> member, reader.Next());
      if (!member) {
        return Ok();
      }
      if (member->path.starts_with(prefix_)) {
        FLOWSTONE_TRY(WriteMember(reader, *member));
      }
    }
  }

 private:
  std::string PlaceOf(const std::string& member) const {
    return directory_ + "/" + member.substr(prefix_.size());
  }

  Status WriteMember(archive::TarReader& reader, const archive::TarMember& member) {
    const std::string path = PlaceOf(member.path);
    if (member.type == archive::TarMemberType::kDirectory) {
      return MakeDirectory(path);
    }
    FLOWSTONE_TRY(MakeDirectory(std::string(os::DirName(path))));
    switch (member.type) {
      case archive::TarMemberType::kSymlink:
        return filesystem_.MakeSymlink(member.link_target, path);
      case archive::TarMemberType::kHardLink:
        if (!member.link_target.starts_with(prefix_)) {
          return Error{
              .code = ErrorCode::kCorrupt,
              .message = "archive member '" + member.path + "' is a link to what is not installed"};
        }
        return filesystem_.MakeHardLink(PlaceOf(member.link_target), path);
      default:
        break;
    }
    FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                  filesystem_.OpenOutput(path, os::Existing::kRefuse, member.mode));
    FLOWSTONE_TRY(
        reader.ReadPieces([&file](std::string_view piece) { return file->Write(piece); }));
    FLOWSTONE_TRY(file->Close());
    // Bytecode that comes with the sources names their times.
    return filesystem_.SetModifiedTime(path, member.mtime * kNsPerSecond);
  }

  Status MakeDirectory(const std::string& path) {
    return made_.insert(path).second ? os::MakeDirectories(filesystem_, path, 0755) : Ok();
  }

  os::FileSystem& filesystem_;
  const std::string prefix_;
  const std::string directory_;
  std::set<std::string> made_;
};

// Whether a path may end, or begin, beside this character.
bool IsBesidePath(char c) {
  return std::string_view("'\" \t\n:=,;").find(c) != std::string_view::npos;
}

// `line` with every path below /install below `place` instead.
std::string WithPlace(std::string_view line, std::string_view place) {
  std::string moved;
  while (true) {
    const std::size_t at = line.find(kBuiltFor);
    if (at == std::string_view::npos) {
      return moved.append(line);
    }
    const std::string_view before = line.substr(0, at);
    const std::string_view behind = line.substr(at + kBuiltFor.size());
    const bool begins = before.empty() || IsBesidePath(before.back()) || before.ends_with("-L") ||
                        before.ends_with("-I");
    const bool ends = behind.empty() || behind.front() == '/' || IsBesidePath(behind.front());
    moved.append(before).append(begins && ends ? place : kBuiltFor);
    line = behind;
  }
}

// The tool that every machine with a compiler has instead of the publisher's; empty to keep it.
std::string_view UsualTool(std::string_view tool) {
  struct Replacement {
    std::string_view name;
    std::string_view usual;
  };
  constexpr std::array<Replacement, 6> replacements = {{{"clang", "cc"},
                                                        {"gcc", "cc"},
                                                        {"clang++", "c++"},
                                                        {"g++", "c++"},
                                                        {"llvm-ar", "ar"},
                                                        {"llvm-ranlib", "ranlib"}}};
  const std::string name = std::string(os::BaseName(std::string(tool)));
  const auto* found = std::ranges::find(replacements, name, &Replacement::name);
  return found == replacements.end() ? std::string_view() : found->usual;
}

// " 'CC': 'clang -pthread'," with the usual tool. Other lines stay as they are.
std::string WithUsualTool(std::string line) {
  constexpr std::string_view between = "': '";
  const std::size_t at = line.find(between);
  if (at == std::string::npos) {
    return line;
  }
  const std::size_t begin = at + between.size();
  const std::size_t end = std::min(line.find_first_of(" '", begin), line.size());
  const std::string_view usual = UsualTool(std::string_view(line).substr(begin, end - begin));
  return usual.empty() ? line : line.replace(begin, end - begin, usual);
}

Status AdaptFile(os::FileSystem& filesystem, const std::string& path, const std::string& place) {
  FLOWSTONE_LET(const std::string text, filesystem.ReadFile(path));
  const std::string adapted = AdaptedBuildFacts(text, place);
  return adapted == text ? Ok() : os::ReplaceFile(filesystem, path, adapted);
}

// Adapts the files of a directory that `is_wanted` names. One that is missing has none.
template <class Wanted>
Status AdaptFiles(os::FileSystem& filesystem, const std::string& directory,
                  const std::string& place, Wanted is_wanted) {
  const Result<std::vector<os::DirectoryEntry>> entries = filesystem.ListDirectory(directory);
  if (!entries) {
    return entries.error().code == ErrorCode::kNotFound ? Ok() : Status(entries.error());
  }
  for (const os::DirectoryEntry& entry : *entries) {
    if (entry.type == os::FileType::kFile && is_wanted(entry.name)) {
      FLOWSTONE_TRY(AdaptFile(filesystem, os::JoinPath(directory, entry.name), place));
    }
  }
  return Ok();
}

}  // namespace

Status UnpackPythonArchive(os::FileSystem& filesystem, const std::string& archive,
                           const std::string& name, const std::string& directory) {
  FLOWSTONE_LET(const std::shared_ptr<const os::FileView> file, filesystem.MapFile(archive));
  if (name.ends_with(kFullSuffix)) {
    archive::MemoryByteSource source(file->bytes());
    archive::SourceStream compressed(source);
    archive::ZstdStream stream(compressed, kLargestTree);
    return TreeWriter(filesystem, "python/install/", directory).Write(stream);
  }
  FLOWSTONE_LET(const std::string inflated, archive::GzipDecompress(file->bytes(), kLargestTree));
  FLOWSTONE_TRY(CheckDiskSpace(filesystem, directory, inflated.size()));
  archive::MemoryByteSource source(inflated);
  archive::SourceStream stream(source);
  return TreeWriter(filesystem, "python/", directory).Write(stream);
}

std::string AdaptedBuildFacts(const std::string& text, const std::string& place) {
  std::string adapted;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t length = std::min(rest.find('\n'), rest.size() - 1) + 1;
    adapted += WithUsualTool(WithPlace(rest.substr(0, length), place));
    rest.remove_prefix(length);
  }
  return adapted;
}

Status AdaptPython(os::FileSystem& filesystem, const std::string& directory,
                   const std::string& place) {
  const std::string library = os::JoinPath(directory, "lib");
  FLOWSTONE_TRY(AdaptFiles(filesystem, os::JoinPath(library, "pkgconfig"), place,
                           [](const std::string& name) { return name.ends_with(".pc"); }));
  FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries, filesystem.ListDirectory(library));
  for (const os::DirectoryEntry& entry : entries) {
    const std::string standard = os::JoinPath(library, entry.name);
    if (entry.type != os::FileType::kDirectory || !entry.name.starts_with("python3") ||
        !filesystem.Stat(os::JoinPath(standard, "os.py"))) {
      continue;
    }
    FLOWSTONE_TRY(AdaptFiles(filesystem, standard, place, [](const std::string& name) {
      return name.starts_with("_sysconfigdata") && name.ends_with(".py");
    }));
    FLOWSTONE_TRY(
        os::ReplaceFile(filesystem, os::JoinPath(standard, "EXTERNALLY-MANAGED"), kManagedNotice));
  }
  return Ok();
}

}  // namespace flowstone::install
