#include "flowstone/index/freshness.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "flowstone/base/text.h"
#include "flowstone/net/http_date.h"

namespace flowstone::index {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;
constexpr std::int64_t kLongestLifetime = 365LL * 24 * 3600;
// For an index that says nothing at all.
constexpr std::int64_t kUnstatedLifetime = 600;

std::optional<std::int64_t> ParseSeconds(std::string_view text) {
  text = TrimText(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text = text.substr(1, text.size() - 2);
  }
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size() || !IsAsciiDigit(text.front())) {
    return std::nullopt;
  }
  // RFC 9111 §1.2.2: a number too large means "very long".
  return failure == std::errc() ? value : kLongestLifetime;
}

struct CacheControl {
  bool no_store = false;
  bool no_cache = false;
  std::optional<std::int64_t> max_age;
};

CacheControl ParseCacheControl(const net::Headers& headers) {
  CacheControl control;
  for (const auto& [name, value] : headers.entries()) {
    if (AsciiLower(name) != "cache-control") {
      continue;
    }
    for (const std::string_view part : SplitText(value, ',')) {
      const std::size_t equals = std::min(part.find('='), part.size());
      const std::string directive = AsciiLower(TrimText(part.substr(0, equals)));
      control.no_store = control.no_store || directive == "no-store";
      control.no_cache = control.no_cache || directive == "no-cache";
      if (directive == "max-age" && !control.max_age) {
        // A malformed value is stale (RFC 9111 §4.2.1).
        control.max_age = ParseSeconds(part.substr(std::min(equals + 1, part.size()))).value_or(0);
      }
    }
  }
  return control;
}

std::optional<std::int64_t> LifetimeByExpires(const net::Headers& headers,
                                              std::int64_t received_ns) {
  const auto expires = headers.Get("Expires");
  if (!expires) {
    return std::nullopt;
  }
  const auto end = net::ParseHttpDate(*expires);
  const auto date = net::ParseHttpDate(headers.Get("Date").value_or(""));
  return end ? *end - date.value_or(received_ns / kNsPerSecond) : 0;
}

}  // namespace

std::optional<Freshness> FreshnessOf(const net::Headers& headers, std::int64_t received_ns) {
  const CacheControl control = ParseCacheControl(headers);
  if (control.no_store) {
    return std::nullopt;
  }
  Freshness freshness{.received_ns = received_ns,
                      .etag = headers.Get("ETag").value_or(""),
                      .last_modified = headers.Get("Last-Modified").value_or("")};
  std::optional<std::int64_t> lifetime =
      control.max_age ? control.max_age : LifetimeByExpires(headers, received_ns);
  if (!lifetime) {
    const bool has_validator = !freshness.etag.empty() || !freshness.last_modified.empty();
    lifetime = has_validator ? 0 : kUnstatedLifetime;
  }
  const std::int64_t age = ParseSeconds(headers.Get("Age").value_or("0")).value_or(0);
  const std::int64_t left = control.no_cache ? 0 : *lifetime - age;
  freshness.lifetime_s = std::clamp<std::int64_t>(left, 0, kLongestLifetime);
  return freshness;
}

bool IsFresh(const Freshness& freshness, std::int64_t now_ns) {
  const std::int64_t age_ns = now_ns - freshness.received_ns;
  return age_ns >= 0 && age_ns / kNsPerSecond < freshness.lifetime_s;
}

}  // namespace flowstone::index
