// What a status other than success means to somebody who wanted a page or a file.
#pragma once

#include <string>

#include "flowstone/base/error.h"
#include "flowstone/net/url.h"

namespace flowstone::index {

// 401 and 403 are kDenied, 404 and 410 kNotFound, 408, 429 and 5xx kUnavailable, the rest kCorrupt.
Error ErrorOfStatus(int status, const net::Url& url);

}  // namespace flowstone::index
