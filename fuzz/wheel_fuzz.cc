// METADATA out of a wheel, whatever the archive is, and out of its text.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/archive/byte_source.h"
#include "flowstone/index/wheel_metadata_text.h"
#include "flowstone/pypi/name.h"

using flowstone::fuzz::Require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = flowstone::fuzz::TextOf(data, size);
  flowstone::archive::MemoryByteSource wheel(bytes);
  static_cast<void>(flowstone::index::ReadWheelMetadata(wheel, *flowstone::pypi::Name::Parse("a")));
  if (const auto fields = flowstone::index::MetadataFields(bytes)) {
    Require(fields->ends_with('\n'), "fields end with a line");
    const auto again = flowstone::index::MetadataFields(*fields);
    Require(again && *again == *fields, "fields have no description");
  }
  return 0;
}
