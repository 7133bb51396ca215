#include "flowstone/os/memory_file.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/environment.h"
#include "flowstone/os/errno_error.h"
#include "flowstone/os/path.h"

namespace flowstone::os {
namespace {

// For kernels and sandboxes without memfd_create(2).
Result<UniqueFd> UnlinkedFile() {
  const std::string directory = Environment::FromProcess().GetNonEmpty("TMPDIR").value_or("/tmp");
  std::string path = JoinPath(directory, "flowstone-XXXXXX");
  UniqueFd fd(::mkostemp(path.data(), O_CLOEXEC));
  if (!fd) {
    return ErrnoError(errno, "create a temporary file in '" + directory + "'");
  }
  ::unlink(path.c_str());
  return fd;
}

}  // namespace

Result<MemoryFile> MemoryFile::Create(std::string name) {
  UniqueFd fd(::memfd_create(name.c_str(), MFD_CLOEXEC));
  if (!fd) {
    if (errno != ENOSYS && errno != EPERM && errno != EACCES) {
      return ErrnoError(errno, "create memory file '" + name + "'");
    }
    FLOWSTONE_LET(fd, UnlinkedFile());
  }
  return MemoryFile(std::move(fd), std::move(name));
}

Result<std::uint64_t> MemoryFile::Size() const {
  struct stat status {};
  if (::fstat(fd_.get(), &status) != 0) {
    return ErrnoError(errno, "stat '" + name_ + "'");
  }
  return static_cast<std::uint64_t>(status.st_size);
}

Status MemoryFile::Append(std::string_view bytes) {
  if (::lseek(fd_.get(), 0, SEEK_END) < 0) {
    return ErrnoError(errno, "seek in '" + name_ + "'");
  }
  return WriteAll(fd_.get(), bytes, name_);
}

Result<MappedFile> MemoryFile::Map() const {
  return MappedFile::MapFd(fd_.get(), name_);
}

}  // namespace flowstone::os
