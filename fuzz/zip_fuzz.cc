// ZIP archives: no member leaves its directory, and what is read has the size that was promised.
#include "fuzz_target.h"
#include <cstdint>
#include <string>

#include "flowstone/archive/byte_source.h"
#include "flowstone/archive/zip_reader.h"

using flowstone::archive::ZipReader;
using flowstone::fuzz::Require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flowstone::archive::MemoryByteSource source(flowstone::fuzz::TextOf(data, size));
  const flowstone::archive::ZipLimits limits = {.max_members = 1000,
                                                .max_total_bytes = std::uint64_t{1} << 20U,
                                                .ratio_free_bytes = std::uint64_t{1} << 16U};
  const auto zip = ZipReader::Open(source, limits);
  if (!zip) {
    return 0;
  }
  for (const flowstone::archive::ZipMember& member : zip->members()) {
    Require(!member.name.empty() && member.name.front() != '/', "a member has a relative name");
    Require(("/" + member.name + "/").find("/../") == std::string::npos, "no member leaves");
    if (const auto bytes = zip->Read(member)) {
      Require(bytes->size() == member.size, "a member has its size");
    }
  }
  return 0;
}
