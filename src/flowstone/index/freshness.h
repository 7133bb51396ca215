// How long a response may be used (RFC 9111, for a private cache).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flowstone/net/transport.h"

namespace flowstone::index {

struct Freshness {
  std::int64_t received_ns = 0;  // wall clock
  std::int64_t lifetime_s = 0;   // 0: ask every time
  std::string etag = {};         // what to ask with, if anything
  std::string last_modified = {};
  friend bool operator==(const Freshness&, const Freshness&) = default;
};

// From Cache-Control, Age, Expires and Date. A response without any of them is used for ten
// minutes when it has no validator either, and revalidated every time otherwise. Nothing when it
// must not be stored.
std::optional<Freshness> FreshnessOf(const net::Headers& headers, std::int64_t received_ns);

// An entry from the future (the clock was set back) is stale.
bool IsFresh(const Freshness& freshness, std::int64_t now_ns);

}  // namespace flowstone::index
