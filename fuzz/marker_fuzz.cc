// Markers (PEP 508): what is printed is read again. marker_algebra_fuzz.cc is about their meaning.
#include "fuzz_target.h"
#include <string_view>

#include "flowstone/pypi/marker.h"

using flowstone::pypi::Marker;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (const auto marker = Marker::Parse(flowstone::fuzz::TextOf(data, size))) {
    flowstone::fuzz::RequireRoundTrip(*marker, marker->ToString(),
                                      [](std::string_view text) { return Marker::Parse(text); });
  }
  return 0;
}
