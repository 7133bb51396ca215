#include "flowstone/app/lock_files.h"

#include <algorithm>
#include <utility>

#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/os/path.h"
#include "flowstone/project/foreign_lock.h"

namespace flowstone::app {
namespace {

constexpr const char* kCommonName = "pylock.toml";

bool IsForAnotherFlow(const lock::Lock& lock, const std::string& flow) {
  return lock.tool && !lock.tool->flow.empty() && lock.tool->flow != flow;
}

bool WasWrittenForAFlow(const lock::Lock& lock) {
  return lock.tool && !lock.tool->flow.empty();
}

// A lock of uv, Poetry or Pipenv, with the pyproject.toml beside it.
Result<project::ForeignLock> ReadForeign(os::FileSystem& filesystem, project::LockFormat format,
                                         const LockFile& file) {
  project::ForeignDocument document{.text = file.text, .file = file.name};
  Result<std::string> pyproject =
      filesystem.ReadFile(os::JoinPath(os::DirName(file.path), "pyproject.toml"));
  if (pyproject) {
    document.pyproject = *std::move(pyproject);
  }
  FLOWSTONE_LET(project::ForeignLock foreign, project::ReadForeignLock(format, document));
  if (!foreign.by_hash.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the lock file " + file.name + " names files by their hashes alone",
                 .hints = {"`flowstone lock -r " + file.name +
                           " -o pylock.toml` looks them up; name that lock instead"}};
  }
  return foreign;
}

}  // namespace

Result<LockFile> ReadLockFile(os::FileSystem& filesystem, const std::string& path) {
  LockFile file{.name = os::BaseName(path), .path = path, .text = {}, .lock = {}};
  const std::string while_reading = "while reading the lock file " + file.name;
  FLOWSTONE_LET(file.text, Annotate(filesystem.ReadFile(path), while_reading));
  const auto format = project::LockFormatOf(file.name, file.text);
  if (!format || *format == project::LockFormat::kPylock) {
    FLOWSTONE_LET(file.lock, Annotate(lock::ParseLock(file.text), while_reading));
    return file;
  }
  FLOWSTONE_LET(project::ForeignLock foreign, ReadForeign(filesystem, *format, file));
  file.lock = std::move(foreign.lock);
  file.warnings = std::move(foreign.warnings);
  file.text = lock::WriteLock(file.lock);
  return file;
}

Result<FlowLockFiles> FlowLockFiles::Read(os::FileSystem& filesystem, const std::string& directory,
                                          const std::string& flow) {
  FlowLockFiles files;
  files.flow_ = flow;
  FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries, filesystem.ListDirectory(directory));
  for (const os::DirectoryEntry& entry : entries) {
    if (entry.type == os::FileType::kDirectory || !lock::IsLockFileName(entry.name)) {
      continue;
    }
    FLOWSTONE_LET(LockFile file, ReadLockFile(filesystem, os::JoinPath(directory, entry.name)));
    if (!IsForAnotherFlow(file.lock, flow)) {
      files.files_.push_back(std::move(file));
    }
  }
  std::ranges::sort(files.files_, {}, &LockFile::name);
  return files;
}

std::vector<FlowLockFiles::Match> FlowLockFiles::For(const std::string& step) const {
  std::vector<Match> claiming;
  std::vector<Match> possible;
  for (const LockFile& file : files_) {
    if (WasWrittenForAFlow(file.lock)) {
      const bool names_step =
          std::ranges::find(file.lock.tool->steps, step) != file.lock.tool->steps.end();
      if (names_step) {
        claiming.push_back({&file, Claim::kStep});
      } else {
        possible.push_back({&file, Claim::kMaybe});
      }
    } else if (file.name == LockFileName(step, 2)) {
      claiming.insert(claiming.begin(), {&file, Claim::kStep});
    } else if (file.name == kCommonName) {
      claiming.push_back({&file, Claim::kStep});
    }
  }
  // One that answers is enough; of several the first that claims the step is judged.
  claiming.insert(claiming.end(), possible.begin(), possible.end());
  return claiming;
}

std::vector<const LockFile*> FlowLockFiles::WrittenForFlow() const {
  std::vector<const LockFile*> written;
  for (const LockFile& file : files_) {
    if (WasWrittenForAFlow(file.lock)) {
      written.push_back(&file);
    }
  }
  return written;
}

std::string LockFileName(const std::string& step, std::size_t environments) {
  return environments == 1 ? kCommonName : "pylock." + step + ".toml";
}

}  // namespace flowstone::app
