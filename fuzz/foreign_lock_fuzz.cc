// The locks of other tools: what is taken over is a lock that can be written.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/lock/lock_writer.h"
#include "flowstone/project/foreign_lock.h"

namespace project = flowstone::project;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  const project::ForeignDocument document = {.text = text, .file = "some.lock"};
  for (const auto& read :
       {&project::ReadUvLock, &project::ReadPoetryLock, &project::ReadPipfileLock}) {
    if (const auto lock = read(document)) {
      flowstone::fuzz::Require(!flowstone::lock::WriteLock(lock->lock).empty(),
                               "what is taken over can be written");
    }
  }
  return 0;
}
