// What a status other than success means to somebody who wanted a page or a file.
#pragma once

#include <string>

#include "flowstone/base/error.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"

namespace flowstone::index {

// 401 and 403 are kDenied, and the message says which logins were tried; 404 and 410 kNotFound,
// 408, 429 and 5xx kUnavailable, the rest kCorrupt.
Error ErrorOfStatus(const net::Response& response, const net::Url& url);

}  // namespace flowstone::index
