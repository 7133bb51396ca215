// METADATA, PKG-INFO and WHEEL files.
#include "fuzz_target.h"
#include <string_view>

#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/wheel_metadata.h"

using flowstone::pypi::Requirement;
using flowstone::pypi::WheelMetadata;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  if (const auto metadata = flowstone::pypi::CoreMetadata::Parse(text)) {
    for (const auto& dependency : metadata->requires_dist) {
      flowstone::fuzz::RequireRoundTrip(dependency.requirement, dependency.requirement.ToString(),
                                        &Requirement::Parse);
    }
  }
  if (const auto wheel = WheelMetadata::Parse(text)) {
    const auto again = WheelMetadata::Parse(wheel->ToString());
    flowstone::fuzz::Require(again && again->root == wheel->root && again->tags == wheel->tags,
                             "what is printed is parsed to the same value");
  }
  return 0;
}
