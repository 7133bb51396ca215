// What a failed libcurl transfer means to a caller: an Error with a code, a sentence and a hint.
#pragma once

#include <curl/curl.h>

#include <string>

#include "flowstone/base/error.h"
#include "flowstone/net/url.h"

namespace flowstone::net {

struct CurlFailure {
  CURLcode code = CURLE_OK;
  std::string detail;     // libcurl's own words
  long os_error = 0;      // CURLINFO_OS_ERRNO
  long proxy_status = 0;  // CURLINFO_HTTP_CONNECTCODE
};

// `url` is where the transfer went, after redirects.
Error ErrorOfCurl(const CurlFailure& failure, const Url& url);

}  // namespace flowstone::net
