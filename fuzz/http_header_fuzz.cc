// What servers say in headers: ranges, dates, how long a response may be used.
#include "fuzz_target.h"
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/index/freshness.h"
#include "flowstone/net/content_range.h"
#include "flowstone/net/http_date.h"
#include "flowstone/net/redact.h"
#include "flowstone/net/transport.h"

using flowstone::fuzz::Require;

namespace {

void CheckRange(std::string_view text) {
  const auto range = flowstone::net::ParseContentRange(text);
  if (range) {
    Require(range->length > 0 && range->length <= range->total &&
                range->offset <= range->total - range->length,
            "a range lies within its total");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t now_ns = std::int64_t{1'790'000'000} * 1'000'000'000;
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  CheckRange(text);
  CheckRange(std::string("bytes ").append(text));
  static_cast<void>(flowstone::net::ParseHttpDate(text));
  const std::string redacted = flowstone::net::RedactText(text);
  Require(flowstone::net::RedactText(redacted) == redacted, "what is redacted stays as it is");
  flowstone::net::Headers headers;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      headers.Add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 1)));
    }
  }
  if (const auto freshness = flowstone::index::FreshnessOf(headers, now_ns)) {
    Require(freshness->lifetime_s >= 0, "a response lives for a while or not at all");
    static_cast<void>(flowstone::index::IsFresh(*freshness, now_ns + 1));
  }
  return 0;
}
