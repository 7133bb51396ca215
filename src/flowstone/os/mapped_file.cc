#include "flowstone/os/mapped_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::os {
namespace {

void Unmap(const char* data, std::size_t size) {
  if (data != nullptr) {
    // munmap(2) wants a mutable pointer and changes nothing.
    ::munmap(const_cast<char*>(data), size);
  }
}

}  // namespace

Result<MappedFile> MappedFile::MapPath(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return ErrnoError(errno, "open '" + path + "'");
  }
  return MapFd(fd.get(), path);
}

Result<MappedFile> MappedFile::MapFd(int fd, const std::string& name) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) {
    return ErrnoError(errno, "stat '" + name + "'");
  }
  if (!S_ISREG(status.st_mode)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "cannot map '" + name + "': it is not a regular file"};
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) {  // which mmap(2) refuses
    return MappedFile(nullptr, 0);
  }
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) {
    return ErrnoError(errno, "map '" + name + "'");
  }
  return MappedFile(static_cast<const char*>(data), size);
}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    Unmap(data_, size_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

MappedFile::~MappedFile() {
  Unmap(data_, size_);
}

}  // namespace flowstone::os
