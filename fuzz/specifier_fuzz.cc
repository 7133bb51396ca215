// Specifier sets (PEP 440), strict and lenient, and the sets of versions that they mean.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"

using flowstone::fuzz::Require;
using flowstone::pypi::SpecifierSet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  const std::size_t middle = text.find('\n');
  const std::string_view constraints = text.substr(0, middle);
  const auto strict = SpecifierSet::Parse(constraints);
  const auto lenient = flowstone::pypi::ParseSpecifiersLeniently(constraints);
  if (!strict) {
    if (lenient) {
      Require(!lenient->repairs.empty() || lenient->value.empty(), "a repair has a name");
      flowstone::fuzz::RequireRoundTrip(lenient->value, lenient->value.ToString(),
                                        &SpecifierSet::Parse);
    }
    return 0;
  }
  flowstone::fuzz::RequireRoundTrip(*strict, strict->ToString(), &SpecifierSet::Parse);
  Require(lenient.has_value() && lenient->value == *strict && lenient->repairs.empty(),
          "lenient parsing changes nothing that strict parsing accepts");
  const auto version = flowstone::pypi::Version::Parse(
      middle == text.npos ? std::string_view("1.0") : text.substr(middle + 1));
  if (version) {
    bool all = true;
    for (const flowstone::pypi::Specifier& specifier : strict->specifiers()) {
      all = all && specifier.Contains(*version);
    }
    Require(all == strict->Contains(*version), "a set contains what its members contain");
  }
  return 0;
}
