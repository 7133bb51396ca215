#include "flowstone/net/transport.h"

#include <algorithm>
#include <future>

#include "flowstone/base/text.h"

namespace flowstone::net {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && AsciiLower(a) == AsciiLower(b);
}

}  // namespace

void Headers::Add(std::string name, std::string value) {
  entries_.emplace_back(std::move(name), std::move(value));
}

void Headers::Set(std::string name, std::string value) {
  std::erase_if(entries_, [&](const auto& entry) { return SameName(entry.first, name); });
  Add(std::move(name), std::move(value));
}

std::optional<std::string> Headers::Get(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return SameName(entry.first, name); });
  if (found == entries_.end()) {
    return std::nullopt;
  }
  return found->second;
}

Result<Response> Fetch(Transport& transport, Request request) {
  std::promise<Result<Response>> promise;
  auto future = promise.get_future();
  transport.Start(std::move(request),
                  [&](Result<Response> result) { promise.set_value(std::move(result)); });
  return future.get();
}

}  // namespace flowstone::net
