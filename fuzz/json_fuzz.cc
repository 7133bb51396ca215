// JsonReader accepts what a second, independent reader accepts.
#include <nlohmann/json.hpp>

#include "fuzz_target.h"
#include <optional>
#include <string_view>

#include "flowstone/base/json_reader.h"

namespace {

// Nothing where the other reader goes by rules of its own: it takes NUL for the end, passes over a
// byte order mark, and wants numbers to fit.
std::optional<bool> IsAcceptedByOther(std::string_view text) {
  if (text.find('\0') != std::string_view::npos || text.starts_with('\xEF')) {
    return std::nullopt;
  }
  try {
    return !nlohmann::json::parse(text).is_discarded();
  } catch (const nlohmann::json::out_of_range&) {
    return std::nullopt;
  } catch (const nlohmann::json::parse_error&) {
    return false;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // What is nested deeper than we like we refuse.
  constexpr std::size_t max_size = 200;
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  flowstone::JsonReader reader(text);
  reader.Skip();
  const bool is_accepted = reader.Finish();
  if (const auto other = size <= max_size ? IsAcceptedByOther(text) : std::nullopt) {
    flowstone::fuzz::Require(is_accepted == *other, "two readers of JSON agree");
  }
  return 0;
}
