#include "flowstone/net/content_encoding.h"

#include <string>
#include <utility>

#include "flowstone/archive/gzip.h"
#include "flowstone/base/text.h"

namespace flowstone::net {

Status DecodeContent(Response& response, const Url& url, std::uint64_t limit) {
  const std::string encoding = AsciiLower(response.headers.Get("Content-Encoding").value_or(""));
  if (response.body.empty() || encoding.empty() || encoding == "identity") {
    return Ok();
  }
  if (encoding != "gzip" && encoding != "x-gzip") {
    return Error{
        .code = ErrorCode::kCorrupt,
        .message = "the response has the encoding '" + encoding + "', which was not asked for"};
  }
  Result<std::string> decoded = archive::GzipDecompress(response.body, limit);
  if (!decoded) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "cannot fetch " + url.Redacted() +
                            ": the response was compressed and is damaged, or cut off (" +
                            decoded.error().message + ")"};
  }
  response.body = *std::move(decoded);
  return Ok();
}

}  // namespace flowstone::net
