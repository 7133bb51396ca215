#include "flowstone/index/status_error.h"

#include "flowstone/base/text.h"

namespace flowstone::index {
namespace {

Error RefusedAccess(const net::Response& response, const std::string& subject) {
  Error error{.code = ErrorCode::kDenied, .message = subject + "; "};
  if (response.logins.empty()) {
    error.message += "no credentials for it were found";
    error.hints = {
        "give credentials in the URL of the index, in ~/.netrc, or in "
        "FLOWSTONE_INDEX_<NAME>_USERNAME and _PASSWORD of a named index"};
    return error;
  }
  error.message += "tried " + JoinText(response.logins, ", then ");
  error.hints = {response.status == 401 ? "check these credentials: they may have expired"
                                        : "check that they may read this index"};
  return error;
}

}  // namespace

Error ErrorOfStatus(const net::Response& response, const net::Url& url) {
  const int status = response.status;
  const std::string shown = url.Redacted();
  const std::string with_status = " (status " + std::to_string(status) + ")";
  if (status == 401 || status == 403) {
    return RefusedAccess(response, shown + " refused access" + with_status);
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
