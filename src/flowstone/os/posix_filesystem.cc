#include "flowstone/os/posix_filesystem.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <string_view>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/mapped_file.h"
#include "flowstone/os/path.h"

namespace flowstone::os {
namespace {

// Linux transfers no more than this in one call; larger requests are split.
constexpr std::size_t kLargestTransfer = std::size_t{1} << 30U;

Error Failure(std::string_view verb, const std::string& path) {
  return ErrnoError(errno, std::string(verb) + " '" + path + "'");
}

// For calls that ask for what is at `path`: below something that is no directory, nothing is.
Error LookupFailure(std::string_view verb, const std::string& path) {
  const int number = errno;
  Error error = Failure(verb, path);
  if (number == ENOTDIR) {
    error.code = ErrorCode::kNotFound;
  }
  return error;
}

template <class Call>
auto Retry(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) {
    result = call();
  }
  return result;
}

FileType TypeOfMode(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return FileType::kFile;
    case S_IFDIR:
      return FileType::kDirectory;
    case S_IFLNK:
      return FileType::kSymlink;
    default:
      return FileType::kOther;
  }
}

constexpr std::uint64_t kStatBlock = 512;  // stat(2) counts in these, whatever the disk has

FileInfo InfoOf(const struct stat& status) {
  return FileInfo{
      .type = TypeOfMode(status.st_mode),
      .size = static_cast<std::uint64_t>(status.st_size),
      .allocated = static_cast<std::uint64_t>(status.st_blocks) * kStatBlock,
      .mode = static_cast<std::uint32_t>(status.st_mode) & 07777U,
      .modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec,
      .device = status.st_dev,
      .inode = status.st_ino,
      .link_count = status.st_nlink};
}

class PosixInputFile final : public InputFile {
 public:
  PosixInputFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<std::uint64_t> Size() override {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) {
      return Failure("stat", path_);
    }
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override {
    FLOWSTONE_LET(const std::uint64_t size, Size());
    // What is there now bounds the buffer, so that a wild length costs nothing.
    const std::uint64_t available = offset < size ? size - offset : 0;
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(length, available)), '\0');
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t count = Retry([&] {
        return ::pread(fd_.get(), bytes.data() + filled,
                       std::min(bytes.size() - filled, kLargestTransfer),
                       static_cast<off_t>(offset + filled));
      });
      if (count < 0) {
        return Failure("read", path_);
      }
      if (count == 0) {
        break;
      }
      filled += static_cast<std::size_t>(count);
    }
    bytes.resize(filled);
    return bytes;
  }

 private:
  UniqueFd fd_;
  std::string path_;
};

class PosixOutputFile final : public OutputFile {
 public:
  PosixOutputFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Status Write(std::string_view bytes) override { return WriteAll(fd_.get(), bytes, path_); }

  Status Sync() override {
    if (Retry([&] { return ::fdatasync(fd_.get()); }) != 0) {
      return Failure("sync", path_);
    }
    return Ok();
  }

  Status Close() override {
    // Network file systems report delayed write errors here. EINTR has closed the descriptor.
    if (fd_ && ::close(fd_.Release()) != 0 && errno != EINTR) {
      return Failure("close", path_);
    }
    return Ok();
  }

 private:
  UniqueFd fd_;
  std::string path_;
};

class PosixFileView final : public FileView {
 public:
  explicit PosixFileView(MappedFile mapped) : mapped_(std::move(mapped)) {}
  std::string_view bytes() const override { return mapped_.bytes(); }

 private:
  MappedFile mapped_;
};

class PosixHeldLock final : public HeldLock {
 public:
  explicit PosixHeldLock(FileLock lock) : lock_(std::move(lock)) {}

 private:
  FileLock lock_;
};

struct OpenedFile {
  UniqueFd fd;
  std::size_t size = 0;
};

// Opens a file for reading; a directory, which open(2) would let pass, is refused.
Result<OpenedFile> OpenForReading(const std::string& path) {
  UniqueFd fd(Retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!fd) {
    return LookupFailure("open", path);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) {
    return Failure("stat", path);
  }
  if (S_ISDIR(status.st_mode)) {
    return ErrnoError(EISDIR, "read '" + path + "'");
  }
  return OpenedFile{.fd = std::move(fd), .size = static_cast<std::size_t>(status.st_size)};
}

FileType TypeOfEntry(const dirent& entry, int directory_fd) {
  switch (entry.d_type) {
    case DT_REG:
      return FileType::kFile;
    case DT_DIR:
      return FileType::kDirectory;
    case DT_LNK:
      return FileType::kSymlink;
    case DT_UNKNOWN: {  // the file system does not say: ask
      struct stat status {};
      const int failed = ::fstatat(directory_fd, &entry.d_name[0], &status, AT_SYMLINK_NOFOLLOW);
      return failed == 0 ? TypeOfMode(status.st_mode) : FileType::kOther;
    }
    default:
      return FileType::kOther;
  }
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

Result<std::string> PosixFileSystem::ReadFile(const std::string& path) {
  FLOWSTONE_LET(const OpenedFile file, OpenForReading(path));
  // One byte more than the size, so that the read that brings all shows that it is all: a file has
  // no more when it gives less than was asked for. /proc and pipes say 0 and are read on.
  std::string bytes(file.size + 1, '\0');
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) {
      bytes.resize(std::max<std::size_t>(bytes.size() * 2, 4096));
    }
    const ssize_t count = Retry([&] {
      return ::read(file.fd.get(), bytes.data() + filled,
                    std::min(bytes.size() - filled, kLargestTransfer));
    });
    if (count < 0) {
      return Failure("read", path);
    }
    filled += static_cast<std::size_t>(count);
    if (count == 0 || (file.size > 0 && filled == file.size)) {
      bytes.resize(filled);
      return bytes;
    }
  }
}

Result<std::unique_ptr<InputFile>> PosixFileSystem::OpenInput(const std::string& path) {
  FLOWSTONE_LET(OpenedFile file, OpenForReading(path));
  return std::unique_ptr<InputFile>(std::make_unique<PosixInputFile>(std::move(file.fd), path));
}

Result<std::unique_ptr<OutputFile>> PosixFileSystem::OpenOutput(const std::string& path,
                                                                Existing existing,
                                                                std::uint32_t mode) {
  const int how = existing == Existing::kReplace ? O_TRUNC : O_EXCL;
  UniqueFd fd(
      Retry([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, mode); }));
  if (!fd) {
    return Failure("create", path);
  }
  return std::unique_ptr<OutputFile>(std::make_unique<PosixOutputFile>(std::move(fd), path));
}

Result<std::unique_ptr<OutputFile>> PosixFileSystem::OpenAppend(const std::string& path,
                                                                std::uint32_t mode) {
  UniqueFd fd(
      Retry([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, mode); }));
  if (!fd) {
    return Failure("create", path);
  }
  return std::unique_ptr<OutputFile>(std::make_unique<PosixOutputFile>(std::move(fd), path));
}

Result<std::shared_ptr<const FileView>> PosixFileSystem::MapFile(const std::string& path) {
  FLOWSTONE_LET(MappedFile mapped, MappedFile::MapPath(path));
  return std::shared_ptr<const FileView>(std::make_shared<PosixFileView>(std::move(mapped)));
}

Result<std::unique_ptr<HeldLock>> PosixFileSystem::LockFile(const std::string& path) {
  FLOWSTONE_LET(FileLock lock, FileLock::Acquire(path, LockMode::kExclusive, LockWait::kWait));
  return std::unique_ptr<HeldLock>(std::make_unique<PosixHeldLock>(std::move(lock)));
}

Result<FileInfo> PosixFileSystem::Stat(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return LookupFailure("stat", path);
  }
  return InfoOf(status);
}

Result<FileInfo> PosixFileSystem::Lstat(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return LookupFailure("stat", path);
  }
  return InfoOf(status);
}

Result<std::vector<DirectoryEntry>> PosixFileSystem::ListDirectory(const std::string& path) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (directory == nullptr) {
    return Failure("list", path);
  }
  std::vector<DirectoryEntry> entries;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) {
      break;
    }
    const std::string_view name(&entry->d_name[0]);
    if (name != "." && name != "..") {
      entries.push_back(
          {.name = std::string(name), .type = TypeOfEntry(*entry, ::dirfd(directory.get()))});
    }
  }
  if (errno != 0) {
    return Failure("list", path);
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

Status PosixFileSystem::MakeDirectory(const std::string& path, std::uint32_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) {
    return Failure("make directory", path);
  }
  return Ok();
}

Status PosixFileSystem::MakeSymlink(const std::string& target, const std::string& path) {
  if (::symlink(target.c_str(), path.c_str()) != 0) {
    return Failure("make symbolic link", path);
  }
  return Ok();
}

Result<std::string> PosixFileSystem::ReadSymlink(const std::string& path) {
  std::string target(256, '\0');
  while (true) {
    const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
    if (length < 0) {
      return Failure("read symbolic link", path);
    }
    const auto used = static_cast<std::size_t>(length);
    if (used < target.size()) {
      target.resize(used);
      return target;
    }
    target.resize(target.size() * 2);  // filled to the brim: it may have been cut
  }
}

Status PosixFileSystem::MakeHardLink(const std::string& existing, const std::string& path) {
  if (::link(existing.c_str(), path.c_str()) != 0) {
    return ErrnoError(errno, "link '" + path + "' to '" + existing + "'");
  }
  return Ok();
}

// The kernel walks each path once, not once for each file: a third of the time of a link.
std::size_t PosixFileSystem::MakeHardLinks(const std::string& from,
                                           std::span<const std::string> names,
                                           const std::string& to) {
  constexpr int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const UniqueFd source(::open(from.c_str(), flags));
  const UniqueFd target(::open(to.c_str(), flags));
  if (!source || !target) {
    return 0;
  }
  const auto refused = std::ranges::find_if(names, [&](const std::string& name) {
    return ::linkat(source.get(), name.c_str(), target.get(), name.c_str(), 0) != 0;
  });
  return static_cast<std::size_t>(refused - names.begin());
}

Status PosixFileSystem::Rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    const int number = errno;
    Error error = ErrnoError(number, "rename '" + from + "' to '" + to + "'");
    if (number == EISDIR) {  // a file onto a directory, which may or may not be empty
      error.code = ErrorCode::kConflict;
    }
    return error;
  }
  return Ok();
}

Status PosixFileSystem::RemoveFile(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    return Failure("remove", path);
  }
  return Ok();
}

Status PosixFileSystem::RemoveDirectory(const std::string& path) {
  if (::rmdir(path.c_str()) != 0) {
    return Failure("remove directory", path);
  }
  return Ok();
}

Status PosixFileSystem::SetMode(const std::string& path, std::uint32_t mode) {
  if (::chmod(path.c_str(), mode) != 0) {
    return Failure("change the mode of", path);
  }
  return Ok();
}

Status PosixFileSystem::SetModifiedTime(const std::string& path, std::int64_t modified_ns) {
  std::int64_t seconds = modified_ns / 1'000'000'000;
  std::int64_t nanoseconds = modified_ns % 1'000'000'000;
  if (nanoseconds < 0) {  // before 1970: the fraction still counts upwards
    nanoseconds += 1'000'000'000;
    --seconds;
  }
  std::array<timespec, 2> times{};
  times[0].tv_nsec = UTIME_OMIT;  // access time
  times[1].tv_sec = seconds;
  times[1].tv_nsec = nanoseconds;
  if (::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) != 0) {
    return Failure("set the time of", path);
  }
  return Ok();
}

Result<std::string> PosixFileSystem::RealPath(const std::string& path) {
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> real(::realpath(path.c_str(), nullptr));
  if (real == nullptr) {
    return Failure("resolve", path);
  }
  return std::string(real.get());
}

Result<std::uint64_t> PosixFileSystem::AvailableBytes(const std::string& path) {
  struct statvfs status {};
  if (Retry([&] { return ::statvfs(path.c_str(), &status); }) != 0) {
    return Failure("ask for the free space of", path);
  }
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

}  // namespace flowstone::os
