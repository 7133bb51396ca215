// pylock.toml: what is accepted can be written, and read again as the same lock.
#include "fuzz_target.h"
#include <string>

#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_writer.h"

using flowstone::lock::ParseLock;
using flowstone::lock::WriteLock;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lock = ParseLock(flowstone::fuzz::TextOf(data, size));
  if (!lock) {
    return 0;
  }
  const std::string written = WriteLock(*lock);
  const auto again = ParseLock(written);
  if (!again) {
    std::fprintf(stderr, "%s\n%s", again.error().ToString().c_str(), written.c_str());
  }
  flowstone::fuzz::Require(again.has_value(), "what is written can be read");
  flowstone::fuzz::Require(WriteLock(*again) == written, "what is read is written alike");
  return 0;
}
