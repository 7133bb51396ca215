// Requirements (PEP 508), strict and lenient.
#include "fuzz_target.h"
#include <string_view>

#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/requirement.h"

using flowstone::fuzz::Require;
using flowstone::pypi::Requirement;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  const auto lenient = flowstone::pypi::ParseRequirementLeniently(text);
  if (const auto strict = Requirement::Parse(text)) {
    flowstone::fuzz::RequireRoundTrip(*strict, strict->ToString(), &Requirement::Parse);
    Require(lenient.has_value() && lenient->value == *strict && lenient->repairs.empty(),
            "lenient parsing changes nothing that strict parsing accepts");
  } else if (lenient) {
    flowstone::fuzz::RequireRoundTrip(lenient->value, lenient->value.ToString(),
                                      &Requirement::Parse);
  }
  return 0;
}
