#include "flowstone/os/memory_filesystem.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <semaphore>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/errno_error.h"
#include "flowstone/os/path.h"

namespace flowstone::os {
namespace {

constexpr std::uint32_t kUmask = 022;
constexpr int kMostLinksFollowed = 40;  // as Linux
constexpr std::int64_t kTickNs = 1'000'000'000;
constexpr std::size_t kLongestName = 255;

constexpr std::uint32_t kMayRead = 0400;
constexpr std::uint32_t kMayWrite = 0200;
constexpr std::uint32_t kMaySearch = 0100;

struct Inode {
  std::uint64_t number = 0;
  FileType type = FileType::kFile;
  std::uint32_t mode = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t link_count = 1;
  std::string content;                                     // of a file; target of a link
  std::map<std::string, std::shared_ptr<Inode>> children;  // of a directory
  std::binary_semaphore lock{1};                           // LockFile's
};
using InodePtr = std::shared_ptr<Inode>;

struct Step {
  std::string name;
  InodePtr inode;
};

// Where a path leads.
struct Location {
  std::vector<Step> trail;  // the root and the directories down to the parent
  std::string name;         // the last component; empty when the path ends at trail.back()
  InodePtr inode;           // what is there; null when nothing is

  Inode& parent() const { return *trail.back().inode; }
};

enum class LastLink : std::uint8_t { kFollow, kKeep };

Error Failure(int number, std::string_view verb, const std::string& path) {
  return ErrnoError(number, std::string(verb) + " '" + path + "'");
}

// Why an entry may not be made at `location`; 0 when it may.
int CreationError(const Location& location) {
  if (location.inode != nullptr || location.name.empty()) {
    return EEXIST;
  }
  return (location.parent().mode & kMayWrite) == 0 ? EACCES : 0;
}

std::deque<std::string> ComponentsOf(const std::string& path) {
  std::deque<std::string> components;
  for (const std::string_view component : SplitText(path, '/')) {
    if (!component.empty() && component != ".") {
      components.emplace_back(component);
    }
  }
  if (path.ends_with('/') || path.ends_with("/.")) {
    components.emplace_back(".");  // what is before must be a directory
  }
  return components;
}

}  // namespace

// The state, and the walk that all operations start with. Its mutex is held by the operation.
class MemoryFileSystem::Tree {
 public:
  Tree() : root_(NewInode(FileType::kDirectory, 0755)) {}

  std::mutex& mutex() { return mutex_; }

  // An errno number when the path cannot be walked to its last component.
  struct Walked {
    int error = 0;
    Location location = {};
  };
  Walked Walk(const std::string& path, LastLink last_link);
  // What is at the path; `verb` is for the error.
  Result<InodePtr> Lookup(const std::string& path, LastLink last_link, std::string_view verb);
  // A regular file for reading.
  Result<InodePtr> OpenForReading(const std::string& path);

  // A regular file for writing, made when it is missing.
  Result<InodePtr> OpenForAppending(const std::string& path, std::uint32_t mode);

  // Creates the missing entry that `location` names.
  InodePtr Create(Location& location, FileType type, std::uint32_t mode);
  void Attach(const Location& location, const InodePtr& inode);
  void Detach(const Location& location);

  std::int64_t Tick() { return now_ns_ += kTickNs; }

  std::uint64_t available_bytes = std::uint64_t{1} << 40U;

 private:
  InodePtr NewInode(FileType type, std::uint32_t mode) {
    auto inode = std::make_shared<Inode>();
    inode->number = ++last_inode_;
    inode->type = type;
    inode->mode = mode;
    inode->modified_ns = Tick();
    inode->link_count = type == FileType::kDirectory ? 2 : 1;
    return inode;
  }

  std::mutex mutex_;
  std::uint64_t last_inode_ = 0;
  std::int64_t now_ns_ = 1'767'225'600 * kTickNs;  // 2026-01-01
  InodePtr root_;
};

MemoryFileSystem::Tree::Walked MemoryFileSystem::Tree::Walk(const std::string& path,
                                                            LastLink last_link) {
  if (path.empty()) {
    return {.error = ENOENT};
  }
  std::deque<std::string> pending = ComponentsOf(path);
  Location location{.trail = {{.name = "", .inode = root_}}, .name = "", .inode = nullptr};
  int links_followed = 0;
  while (!pending.empty()) {
    const std::string name = std::move(pending.front());
    pending.pop_front();
    Inode& directory = location.parent();
    if (directory.type != FileType::kDirectory) {
      return {.error = ENOTDIR};
    }
    if ((directory.mode & kMaySearch) == 0) {
      return {.error = EACCES};
    }
    if (name.size() > kLongestName) {
      return {.error = ENAMETOOLONG};
    }
    if (name == ".") {
      continue;
    }
    if (name == "..") {
      if (location.trail.size() > 1) {
        location.trail.pop_back();
      }
      continue;
    }
    // "name/." that is not there yet may be made by mkdir, so its "." does not count as more.
    const bool is_last = pending.empty() || (pending.size() == 1 && pending.front() == ".");
    const auto child = directory.children.find(name);
    if (child == directory.children.end()) {
      if (!is_last) {
        return {.error = ENOENT};
      }
      location.name = name;
      return {.location = std::move(location)};
    }
    const InodePtr& inode = child->second;
    if (inode->type == FileType::kSymlink && (!pending.empty() || last_link == LastLink::kFollow)) {
      if (++links_followed > kMostLinksFollowed) {
        return {.error = ELOOP};
      }
      if (IsAbsolutePath(inode->content)) {
        location.trail.resize(1);
      }
      const std::deque<std::string> target = ComponentsOf(inode->content);
      pending.insert(pending.begin(), target.begin(), target.end());
    } else if (pending.empty()) {
      location.name = name;
      location.inode = inode;
      return {.location = std::move(location)};
    } else {
      location.trail.push_back({.name = name, .inode = inode});
    }
  }
  // The path ended in "/", "." or "..": it names the directory at the end of the trail.
  const Step last = location.trail.back();
  if (last.inode->type != FileType::kDirectory) {
    return {.error = ENOTDIR};
  }
  if (location.trail.size() > 1) {
    location.trail.pop_back();
    location.name = last.name;
  }
  location.inode = last.inode;
  return {.location = std::move(location)};
}

Result<InodePtr> MemoryFileSystem::Tree::Lookup(const std::string& path, LastLink last_link,
                                                std::string_view verb) {
  Walked walked = Walk(path, last_link);
  if (walked.error == 0 && walked.location.inode != nullptr) {
    return walked.location.inode;
  }
  Error error = Failure(walked.error == 0 ? ENOENT : walked.error, verb, path);
  if (walked.error == ENOTDIR) {
    error.code = ErrorCode::kNotFound;  // below something that is no directory, nothing is
  }
  return error;
}

Result<InodePtr> MemoryFileSystem::Tree::OpenForReading(const std::string& path) {
  FLOWSTONE_LET(const InodePtr inode, Lookup(path, LastLink::kFollow, "open"));
  if (inode->type == FileType::kDirectory) {
    return Failure(EISDIR, "read", path);
  }
  if ((inode->mode & kMayRead) == 0) {
    return Failure(EACCES, "open", path);
  }
  return inode;
}

InodePtr MemoryFileSystem::Tree::Create(Location& location, FileType type, std::uint32_t mode) {
  location.inode = NewInode(type, mode);
  Attach(location, location.inode);
  return location.inode;
}

void MemoryFileSystem::Tree::Attach(const Location& location, const InodePtr& inode) {
  location.parent().children[location.name] = inode;
  location.parent().link_count += inode->type == FileType::kDirectory ? 1 : 0;
  location.parent().modified_ns = Tick();
}

Result<InodePtr> MemoryFileSystem::Tree::OpenForAppending(const std::string& path,
                                                          std::uint32_t mode) {
  auto [error, location] = Walk(path, LastLink::kFollow);
  if (error == 0 && location.inode == nullptr) {
    error = CreationError(location);
  } else if (error == 0 && location.inode->type == FileType::kDirectory) {
    error = EISDIR;
  } else if (error == 0 && (location.inode->mode & kMayWrite) == 0) {
    error = EACCES;
  }
  if (error != 0) {
    return Failure(error, "create", path);
  }
  return location.inode != nullptr ? location.inode
                                   : Create(location, FileType::kFile, mode & ~kUmask);
}

void MemoryFileSystem::Tree::Detach(const Location& location) {
  location.parent().children.erase(location.name);
  location.parent().link_count -= location.inode->type == FileType::kDirectory ? 1 : 0;
  location.parent().modified_ns = Tick();
}

namespace {

FileInfo InfoOf(const Inode& inode) {
  return FileInfo{.type = inode.type,
                  .size = inode.content.size(),
                  .allocated = inode.content.size(),
                  .mode = inode.mode,
                  .modified_ns = inode.modified_ns,
                  .device = 1,
                  .inode = inode.number,
                  .link_count = inode.link_count};
}

// Why the entry at `location` may not be taken out of its directory; 0 when it may.
int RemovalError(const Location& location) {
  if (location.inode == nullptr) {
    return ENOENT;
  }
  if (location.name.empty()) {
    return EBUSY;
  }
  return (location.parent().mode & kMayWrite) == 0 ? EACCES : 0;
}

int RenameError(const Location& from, const Location& to) {
  if (const int error = RemovalError(from); error != 0) {
    return error;
  }
  if (to.name.empty()) {
    return EBUSY;
  }
  if ((to.parent().mode & kMayWrite) == 0) {
    return EACCES;
  }
  const bool into_itself = std::any_of(to.trail.begin(), to.trail.end(),
                                       [&](const Step& step) { return step.inode == from.inode; });
  if (into_itself) {
    return EINVAL;
  }
  const bool moves_directory = from.inode->type == FileType::kDirectory;
  if (to.inode == nullptr) {
    return 0;
  }
  if (moves_directory && to.inode->type != FileType::kDirectory) {
    return ENOTDIR;
  }
  if (!moves_directory && to.inode->type == FileType::kDirectory) {
    return EISDIR;
  }
  return to.inode->children.empty() ? 0 : ENOTEMPTY;
}

class MemoryInputFile final : public InputFile {
 public:
  MemoryInputFile(std::shared_ptr<std::mutex> mutex, InodePtr inode)
      : mutex_(std::move(mutex)), inode_(std::move(inode)) {}

  Result<std::uint64_t> Size() override {
    const std::lock_guard lock(*mutex_);
    return std::uint64_t{inode_->content.size()};
  }

  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override {
    const std::lock_guard lock(*mutex_);
    if (offset >= inode_->content.size()) {
      return std::string();
    }
    return inode_->content.substr(static_cast<std::size_t>(offset), length);
  }

 private:
  std::shared_ptr<std::mutex> mutex_;
  InodePtr inode_;
};

}  // namespace

class MemoryFileView final : public FileView {
 public:
  explicit MemoryFileView(std::string content) : content_(std::move(content)) {}
  std::string_view bytes() const override { return content_; }

 private:
  std::string content_;
};

class MemoryHeldLock final : public HeldLock {
 public:
  explicit MemoryHeldLock(InodePtr inode) : inode_(std::move(inode)) { inode_->lock.acquire(); }
  ~MemoryHeldLock() override { inode_->lock.release(); }
  MemoryHeldLock(const MemoryHeldLock&) = delete;
  MemoryHeldLock& operator=(const MemoryHeldLock&) = delete;

 private:
  InodePtr inode_;
};

// An open file of the tree, which it keeps alive.
class MemoryFileSystem::Output final : public OutputFile {
 public:
  enum class Position : std::uint8_t { kOwn, kEnd };

  Output(std::shared_ptr<Tree> tree, InodePtr inode, std::string path,
         Position position = Position::kOwn)
      : tree_(std::move(tree)),
        inode_(std::move(inode)),
        path_(std::move(path)),
        position_(position) {}

  Status Write(std::string_view bytes) override {
    const std::lock_guard lock(tree_->mutex());
    if (inode_ == nullptr) {
      return Failure(EBADF, "write to", path_);
    }
    // At this file's own offset, as another writer may have truncated or grown the file.
    std::string& content = inode_->content;
    offset_ = position_ == Position::kEnd ? content.size() : offset_;
    content.resize(std::max(content.size(), offset_ + bytes.size()));
    content.replace(offset_, bytes.size(), bytes);
    offset_ += bytes.size();
    inode_->modified_ns = tree_->Tick();
    return Ok();
  }

  Status Sync() override { return Ok(); }

  Status Close() override {
    inode_.reset();
    return Ok();
  }

 private:
  std::shared_ptr<Tree> tree_;
  InodePtr inode_;  // null when closed
  std::string path_;
  Position position_;
  std::size_t offset_ = 0;
};

MemoryFileSystem::MemoryFileSystem() : tree_(std::make_shared<Tree>()) {}
MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::string> MemoryFileSystem::ReadFile(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->OpenForReading(path));
  return inode->content;
}

Result<std::unique_ptr<InputFile>> MemoryFileSystem::OpenInput(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(InodePtr inode, tree_->OpenForReading(path));
  const std::shared_ptr<std::mutex> mutex(tree_, &tree_->mutex());
  return std::unique_ptr<InputFile>(std::make_unique<MemoryInputFile>(mutex, std::move(inode)));
}

Result<std::unique_ptr<OutputFile>> MemoryFileSystem::OpenOutput(const std::string& path,
                                                                 Existing existing,
                                                                 std::uint32_t mode) {
  const std::lock_guard lock(tree_->mutex());
  const LastLink last_link = existing == Existing::kReplace ? LastLink::kFollow : LastLink::kKeep;
  auto [error, location] = tree_->Walk(path, last_link);
  if (error != 0) {
    return Failure(error, "create", path);
  }
  if (location.inode == nullptr) {
    if (const int refusal = CreationError(location); refusal != 0) {
      return Failure(refusal, "create", path);
    }
    tree_->Create(location, FileType::kFile, mode & ~kUmask);
  } else if (existing == Existing::kRefuse) {
    return Failure(EEXIST, "create", path);
  } else if (location.inode->type == FileType::kDirectory) {
    return Failure(EISDIR, "create", path);
  } else if ((location.inode->mode & kMayWrite) == 0) {
    return Failure(EACCES, "create", path);
  } else {
    location.inode->content.clear();
    location.inode->modified_ns = tree_->Tick();
  }
  return std::unique_ptr<OutputFile>(std::make_unique<Output>(tree_, location.inode, path));
}

Result<std::unique_ptr<OutputFile>> MemoryFileSystem::OpenAppend(const std::string& path,
                                                                 std::uint32_t mode) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->OpenForAppending(path, mode));
  return std::unique_ptr<OutputFile>(
      std::make_unique<Output>(tree_, inode, path, Output::Position::kEnd));
}

Result<std::shared_ptr<const FileView>> MemoryFileSystem::MapFile(const std::string& path) {
  FLOWSTONE_LET(std::string content, ReadFile(path));
  return std::shared_ptr<const FileView>(std::make_shared<MemoryFileView>(std::move(content)));
}

Result<std::unique_ptr<HeldLock>> MemoryFileSystem::LockFile(const std::string& path) {
  InodePtr inode;
  {
    const std::lock_guard lock(tree_->mutex());
    FLOWSTONE_LET(inode, tree_->OpenForAppending(path, 0666));
  }
  return std::unique_ptr<HeldLock>(std::make_unique<MemoryHeldLock>(std::move(inode)));
}

Result<FileInfo> MemoryFileSystem::Stat(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->Lookup(path, LastLink::kFollow, "stat"));
  return InfoOf(*inode);
}

Result<FileInfo> MemoryFileSystem::Lstat(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->Lookup(path, LastLink::kKeep, "stat"));
  return InfoOf(*inode);
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::ListDirectory(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->Lookup(path, LastLink::kFollow, "list"));
  if (inode->type != FileType::kDirectory) {
    return Failure(ENOTDIR, "list", path);
  }
  if ((inode->mode & kMayRead) == 0) {
    return Failure(EACCES, "list", path);
  }
  std::vector<DirectoryEntry> entries;  // the map is sorted already
  for (const auto& [name, child] : inode->children) {
    entries.push_back({.name = name, .type = child->type});
  }
  return entries;
}

Status MemoryFileSystem::MakeDirectory(const std::string& path, std::uint32_t mode) {
  const std::lock_guard lock(tree_->mutex());
  auto [error, location] = tree_->Walk(path, LastLink::kKeep);
  const int refusal = error != 0 ? error : CreationError(location);
  if (refusal != 0) {
    return Failure(refusal, "make directory", path);
  }
  tree_->Create(location, FileType::kDirectory, mode & ~kUmask);
  return Ok();
}

Status MemoryFileSystem::MakeSymlink(const std::string& target, const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  auto [error, location] = tree_->Walk(path, LastLink::kKeep);
  int refusal = error != 0 ? error : CreationError(location);
  if (target.empty()) {
    refusal = ENOENT;
  }
  if (refusal != 0) {
    return Failure(refusal, "make symbolic link", path);
  }
  tree_->Create(location, FileType::kSymlink, 0777)->content = target;
  return Ok();
}

Result<std::string> MemoryFileSystem::ReadSymlink(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->Lookup(path, LastLink::kKeep, "read symbolic link"));
  if (inode->type != FileType::kSymlink) {
    return Failure(EINVAL, "read symbolic link", path);
  }
  return inode->content;
}

Status MemoryFileSystem::MakeHardLink(const std::string& existing, const std::string& path) {
  const std::string verb = "link '" + path + "' to";
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->Lookup(existing, LastLink::kKeep, verb));
  if (inode->type == FileType::kDirectory) {
    return Failure(EPERM, verb, existing);
  }
  auto [error, location] = tree_->Walk(path, LastLink::kKeep);
  const int refusal = error != 0 ? error : CreationError(location);
  if (refusal != 0) {
    return Failure(refusal, verb, existing);
  }
  tree_->Attach(location, inode);
  ++inode->link_count;
  return Ok();
}

std::size_t MemoryFileSystem::MakeHardLinks(const std::string& from,
                                            std::span<const std::string> names,
                                            const std::string& to) {
  const auto refused = std::ranges::find_if(names, [&](const std::string& name) {
    return !MakeHardLink(JoinPath(from, name), JoinPath(to, name));
  });
  return static_cast<std::size_t>(refused - names.begin());
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(tree_->mutex());
  auto [from_error, source] = tree_->Walk(from, LastLink::kKeep);
  auto [to_error, target] = tree_->Walk(to, LastLink::kKeep);
  int refusal = from_error != 0 ? from_error : to_error;
  if (refusal == 0) {
    refusal = RenameError(source, target);
  }
  if (refusal != 0) {
    Error error = Failure(refusal, "rename '" + from + "' to", to);
    if (refusal == EISDIR) {
      error.code = ErrorCode::kConflict;
    }
    return error;
  }
  if (source.inode == target.inode) {
    return Ok();  // POSIX: two names of one file both stay
  }
  if (target.inode != nullptr) {
    tree_->Detach(target);
    --target.inode->link_count;
  }
  tree_->Detach(source);
  tree_->Attach(target, source.inode);
  return Ok();
}

Status MemoryFileSystem::RemoveFile(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  auto [error, location] = tree_->Walk(path, LastLink::kKeep);
  int refusal = error != 0 ? error : RemovalError(location);
  if (refusal == 0 && location.inode->type == FileType::kDirectory) {
    refusal = EISDIR;
  }
  if (refusal != 0) {
    return Failure(refusal, "remove", path);
  }
  tree_->Detach(location);
  --location.inode->link_count;
  return Ok();
}

Status MemoryFileSystem::RemoveDirectory(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  auto [error, location] = tree_->Walk(path, LastLink::kKeep);
  int refusal = error != 0 ? error : RemovalError(location);
  if (refusal == 0 && location.inode->type != FileType::kDirectory) {
    refusal = ENOTDIR;
  } else if (refusal == 0 && !location.inode->children.empty()) {
    refusal = ENOTEMPTY;
  }
  if (refusal != 0) {
    return Failure(refusal, "remove directory", path);
  }
  tree_->Detach(location);
  return Ok();
}

Status MemoryFileSystem::SetMode(const std::string& path, std::uint32_t mode) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->Lookup(path, LastLink::kFollow, "change the mode of"));
  inode->mode = mode & 07777U;
  return Ok();
}

Status MemoryFileSystem::SetModifiedTime(const std::string& path, std::int64_t modified_ns) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->Lookup(path, LastLink::kFollow, "set the time of"));
  inode->modified_ns = modified_ns;
  return Ok();
}

Result<std::string> MemoryFileSystem::RealPath(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode, tree_->Lookup(path, LastLink::kFollow, "resolve"));
  const Location location = tree_->Walk(path, LastLink::kFollow).location;
  std::string real;
  for (const Step& step : location.trail) {
    real += real.ends_with('/') ? "" : "/";
    real += step.name;
  }
  return JoinPath(real, location.name);
}

Result<std::uint64_t> MemoryFileSystem::AvailableBytes(const std::string& path) {
  const std::lock_guard lock(tree_->mutex());
  FLOWSTONE_LET(const InodePtr inode,
                tree_->Lookup(path, LastLink::kFollow, "ask for the free space of"));
  return tree_->available_bytes;
}

void MemoryFileSystem::SetAvailableBytes(std::uint64_t bytes) {
  const std::lock_guard lock(tree_->mutex());
  tree_->available_bytes = bytes;
}

}  // namespace flowstone::os
