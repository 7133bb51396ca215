// JsonReader accepts what a second, independent reader accepts.
#include <nlohmann/json.hpp>

#include "fuzz_target.h"
#include <string_view>

#include "flowstone/base/json_reader.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Both refuse what is nested deeper than they like, each at a depth of its own.
  constexpr std::size_t max_size = 200;
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  flowstone::JsonReader reader(text);
  reader.Skip();
  const bool is_accepted = reader.Finish();
  if (size <= max_size) {
    flowstone::fuzz::Require(is_accepted == nlohmann::json::accept(text),
                             "two readers of JSON agree");
  }
  return 0;
}
