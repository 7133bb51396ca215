#include "flowstone/index/page_request.h"

#include <string>

#include "flowstone/index/simple_page.h"

namespace flowstone::index {

net::Request PageRequest(const net::Url& url, const std::optional<Freshness>& known,
                         FetchMode mode) {
  net::Request request{.url = url.ToString(), .body_limit = kLargestPage};
  request.headers.Set("Accept", std::string(kSimplePageAccept));
  // Said here, so that the body comes as it is: it is inflated where it is parsed.
  request.headers.Set("Accept-Encoding", "gzip");
  if (mode == FetchMode::kRefresh) {
    // Caches on the way have to ask as well.
    request.headers.Set("Cache-Control", "max-age=0");
  }
  if (known && !known->etag.empty()) {
    request.headers.Set("If-None-Match", known->etag);
  } else if (known && !known->last_modified.empty()) {
    request.headers.Set("If-Modified-Since", known->last_modified);
  }
  return request;
}

bool MayBeUsed(const Freshness& freshness, FetchMode mode, std::int64_t now_ns) {
  return mode == FetchMode::kOffline || (mode == FetchMode::kNormal && IsFresh(freshness, now_ns));
}

std::optional<Freshness> Renewed(const Freshness& before, const net::Headers& unchanged,
                                 std::int64_t now_ns) {
  std::optional<Freshness> now = FreshnessOf(unchanged, now_ns);
  if (!now) {
    return std::nullopt;
  }
  // A 304 need not repeat the validators.
  if (now->etag.empty()) {
    now->etag = before.etag;
  }
  if (now->last_modified.empty()) {
    now->last_modified = before.last_modified;
  }
  return now;
}

}  // namespace flowstone::index
