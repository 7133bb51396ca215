// tar archives, compressed or not: no member leaves its directory.
#include "fuzz_target.h"
#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/archive/byte_source.h"
#include "flowstone/archive/gzip.h"
#include "flowstone/archive/tar_reader.h"

using flowstone::fuzz::Require;

namespace {

void ReadArchive(std::string_view bytes) {
  flowstone::archive::MemoryByteSource source(bytes);
  flowstone::archive::SourceStream stream(source);
  flowstone::archive::TarReader tar(stream, {.max_members = 1000, .max_total_bytes = 1U << 20U});
  while (true) {
    const auto member = tar.Next();
    if (!member || !*member) {
      return;
    }
    const std::string& path = (*member)->path;
    Require(path.empty() || path.front() != '/', "a member has a relative name");
    Require(("/" + path + "/").find("/../") == std::string::npos, "no member leaves");
    if ((*member)->type == flowstone::archive::TarMemberType::kFile && !tar.ReadData()) {
      return;
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = flowstone::fuzz::TextOf(data, size);
  ReadArchive(bytes);
  if (const auto inflated = flowstone::archive::GzipDecompress(bytes, 1U << 20U)) {
    ReadArchive(*inflated);
  }
  return 0;
}
