#include "flowstone/index/status_error.h"

namespace flowstone::index {

Error ErrorOfStatus(int status, const net::Url& url) {
  const std::string shown = url.Redacted();
  const std::string with_status = " (status " + std::to_string(status) + ")";
  if (status == 401 || status == 403) {
    return Error{
        .code = ErrorCode::kDenied,
        .message = shown + " refused access" + with_status,
        .hints = {status == 401 ? "give credentials in the URL of the index or in ~/.netrc"
                                : "check that the credentials for it may read this index"}};
  }
  if (status == 404 || status == 410) {
    return Error{.code = ErrorCode::kNotFound, .message = shown + " does not exist" + with_status};
  }
  if (status == 408 || status == 429 || status >= 500) {
    return Error{.code = ErrorCode::kUnavailable,
                 .message = shown + " cannot be served at the moment" + with_status,
                 .hints = {"try again later"}};
  }
  return Error{.code = ErrorCode::kCorrupt,
               .message = shown + " answered what an index does not answer" + with_status};
}

}  // namespace flowstone::index
