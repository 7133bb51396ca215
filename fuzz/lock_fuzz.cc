// pylock.toml: what is accepted can be written, and read again as the same lock; and what is read
// as WriteLock writes it means the same to the reader of TOML.
#include "fuzz_target.h"
#include <string>

#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_writer.h"

using flowstone::lock::ParseLock;
using flowstone::lock::WriteLock;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(flowstone::fuzz::TextOf(data, size));
  const auto lock = ParseLock(text);
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
  const auto as_toml = ParseLock(written + "#\n");
  flowstone::fuzz::Require(as_toml.has_value() && *as_toml == *again, "both readers agree");
  return 0;
}
