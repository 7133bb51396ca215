// How pages of indexes and of links are asked for, and asked for again.
#pragma once

#include <cstdint>
#include <optional>

#include "flowstone/index/freshness.h"
#include "flowstone/index/package_index.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"

namespace flowstone::index {

inline constexpr std::uint64_t kLargestPage = 256ULL << 20U;  // bytes

// `known`: of the copy that is at hand. The body comes as it is on the wire: net::DecodeContent.
net::Request PageRequest(const net::Url& url, const std::optional<Freshness>& known,
                         FetchMode mode);

// Whether a copy may be used without asking.
bool MayBeUsed(const Freshness& freshness, FetchMode mode, std::int64_t now_ns);

// How long a copy may be used that was found unchanged; nothing when it is not to be kept.
std::optional<Freshness> Renewed(const Freshness& before, const net::Headers& unchanged,
                                 std::int64_t now_ns);

}  // namespace flowstone::index
