// Moments: of locks, of indexes, and as people name them.
#include "fuzz_target.h"
#include <cstdint>
#include <string_view>

#include "flowstone/index/page_file.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/project/cutoff.h"

using flowstone::fuzz::Require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::int64_t now_us = std::int64_t{1'790'000'000} * 1'000'000;
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  if (const auto moment = flowstone::lock::ParseTimestamp(text)) {
    Require(flowstone::lock::ParseTimestamp(flowstone::lock::FormatTimestamp(*moment)) == moment,
            "a moment is read back");
  }
  static_cast<void>(flowstone::index::ParseUploadTime(text));
  for (const auto meaning : {flowstone::project::DateMeaning::kFirstMoment,
                             flowstone::project::DateMeaning::kWholeDay}) {
    static_cast<void>(flowstone::project::ParseCutoff(text, now_us, meaning));
  }
  return 0;
}
