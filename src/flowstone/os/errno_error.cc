#include "flowstone/os/errno_error.h"

#include <cerrno>
#include <string>
#include <system_error>

namespace flowstone::os {
namespace {

ErrorCode CodeOf(int number) {
  switch (number) {
    case ENOENT:
    case ENXIO:
      return ErrorCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorCode::kConflict;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kDenied;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOEXEC:
    case ENOTDIR:
    case EXDEV:
      return ErrorCode::kInvalid;
    default:
      return ErrorCode::kIo;
  }
}

// As strerror(3) says it, but with a small first letter; the two that contracts name are spelled
// out here because their wording differs between C libraries.
std::string Meaning(int number) {
  switch (number) {
    case EXDEV:
      return "cross-device link";
    case EMLINK:
      return "too many links";
    default:
      break;
  }
  std::string text = std::generic_category().message(number);
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a') {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

}  // namespace

Error ErrnoError(int number, std::string_view action) {
  Error error{.code = CodeOf(number),
              .message = "cannot " + std::string(action) + ": " + Meaning(number)};
  if (number == ENOSPC || number == EDQUOT) {
    error.hints.emplace_back("free some space on that disk and try again");
  } else if (number == EMFILE) {
    error.hints.emplace_back("raise the limit of open files (ulimit -n)");
  }
  return error;
}

}  // namespace flowstone::os
