// Content encodings (RFC 9110 §8.4): what a server did to a body on its way.
#pragma once

#include <cstdint>

#include "flowstone/base/result.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"

namespace flowstone::net {

// Takes the compression off the body of a response to a request that accepted gzip. kCorrupt for
// another encoding, a damaged body, or one that inflates to more than `limit` bytes; `url` is named
// then.
Status DecodeContent(Response& response, const Url& url, std::uint64_t limit);

}  // namespace flowstone::net
