// Versions (PEP 440): printing, parsing and order.
#include "fuzz_target.h"
#include <string_view>

#include "flowstone/pypi/version.h"

using flowstone::fuzz::Require;
using flowstone::pypi::Version;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  const std::size_t middle = text.find('\n');
  const auto first = Version::Parse(text.substr(0, middle));
  if (!first) {
    return 0;
  }
  flowstone::fuzz::RequireRoundTrip(*first, first->ToString(), &Version::Parse);
  Require(Version::Parse(first->ToString())->ToString() == first->ToString(),
          "the normal form is its own normal form");
  Require(first->BaseRelease().WithoutLocal() == first->BaseRelease(), "a release has no local");
  if (middle == text.npos) {
    return 0;
  }
  if (const auto second = Version::Parse(text.substr(middle + 1))) {
    Require((*first < *second) + (*second < *first) + (*first == *second) == 1,
            "two versions have one order");
    Require((first->ToString() == second->ToString()) <= (*first == *second),
            "versions that print alike are equal");
  }
  return 0;
}
