#include "flowstone/os/named_file.h"

#include <memory>
#include <utility>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::os {
namespace {

constexpr std::uint32_t kNewFileMode = 0644;
constexpr int kMaxLinks = 40;  // as Linux has it

Error IsDirectory(const std::string& path) {
  return {.code = ErrorCode::kInvalid, .message = "'" + path + "' is a directory"};
}

// The file that a chain of symbolic links leads to, whether or not it is there.
Result<std::string> EndOfLinks(FileSystem& fs, std::string path) {
  for (int links = 0; links < kMaxLinks; ++links) {
    const Result<FileInfo> info = fs.Lstat(path);
    if (!info || info->type != FileType::kSymlink) {
      return path;
    }
    FLOWSTONE_LET(const std::string target, fs.ReadSymlink(path));
    path = AbsolutePath(DirName(path), target);
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = "'" + path + "' is a symbolic link that leads back to itself"};
}

Status WriteInto(FileSystem& fs, const std::string& path, std::string_view bytes) {
  FLOWSTONE_LET(const std::unique_ptr<OutputFile> output,
                fs.OpenOutput(path, Existing::kReplace, kNewFileMode));
  FLOWSTONE_TRY(output->Write(bytes));
  return output->Close();
}

}  // namespace

Result<std::optional<std::string>> ReadNamedFile(FileSystem& fs, const std::string& path) {
  const Result<FileInfo> info = fs.Stat(path);
  if (!info) {
    return info.error().code == ErrorCode::kNotFound
               ? Result<std::optional<std::string>>(std::nullopt)
               : info.error();
  }
  if (info->type == FileType::kDirectory) {
    return IsDirectory(path);
  }
  if (info->type != FileType::kFile) {
    return std::optional<std::string>();
  }
  FLOWSTONE_LET(std::string text, fs.ReadFile(path));
  return std::optional(std::move(text));
}

Status WriteNamedFile(FileSystem& fs, const std::string& path, std::string_view bytes) {
  const Result<FileInfo> info = fs.Stat(path);
  if (!info && info.error().code != ErrorCode::kNotFound) {
    return info.error();
  }
  if (info && info->type == FileType::kDirectory) {
    return IsDirectory(path);
  }
  if (info && info->type != FileType::kFile) {
    return WriteInto(fs, path, bytes);  // links to pipes have no end that can be named
  }
  FLOWSTONE_LET(const std::string end, EndOfLinks(fs, path));
  const std::string directory = DirName(end);
  if (!info && !fs.Stat(directory)) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "there is no directory '" + directory + "'"};
  }
  return ReplaceFile(fs, end, bytes, info ? info->mode : kNewFileMode);
}

}  // namespace flowstone::os
