#include "flowstone/os/clone_file.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::os {
namespace {

// Which of these it is depends on the file system that refuses.
bool IsUnsupported(int number) {
  return number == EOPNOTSUPP || number == ENOTTY || number == ENOSYS || number == EINVAL ||
         number == EPERM || number == EXDEV;
}

}  // namespace

Status CloneFile(const std::string& existing, const std::string& path, std::uint32_t mode) {
  const UniqueFd from(::open(existing.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) {
    return ErrnoError(errno, "open '" + existing + "'");
  }
  const UniqueFd to(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_EXCL, mode));
  if (!to) {
    return ErrnoError(errno, "create '" + path + "'");
  }
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) {
    return Ok();
  }
  const int number = errno;
  static_cast<void>(::unlink(path.c_str()));
  Error error = ErrnoError(number, "clone '" + existing + "' to '" + path + "'");
  if (IsUnsupported(number)) {
    error.code = ErrorCode::kInvalid;
  }
  return error;
}

}  // namespace flowstone::os
