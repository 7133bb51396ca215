#include "flowstone/app/lock_files.h"

#include <algorithm>
#include <utility>

#include "flowstone/lock/lock_reader.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

constexpr const char* kCommonName = "pylock.toml";

bool IsForAnotherFlow(const lock::Lock& lock, const std::string& flow) {
  return lock.tool && !lock.tool->flow.empty() && lock.tool->flow != flow;
}

bool WasWrittenForAFlow(const lock::Lock& lock) {
  return lock.tool && !lock.tool->flow.empty();
}

}  // namespace

Result<LockFile> ReadLockFile(os::FileSystem& filesystem, const std::string& path) {
  LockFile file{.name = os::BaseName(path), .path = path, .text = {}, .lock = {}};
  FLOWSTONE_LET(file.text,
                Annotate(filesystem.ReadFile(path), "while reading the lock file " + file.name));
  FLOWSTONE_LET(file.lock,
                Annotate(lock::ParseLock(file.text), "while reading the lock file " + file.name));
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

const LockFile* FlowLockFiles::Named(const std::string& name) const {
  const auto found = std::ranges::find(files_, name, &LockFile::name);
  return found == files_.end() ? nullptr : &*found;
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
