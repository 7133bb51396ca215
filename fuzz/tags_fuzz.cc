// Tags, and the names of platforms, which stand for tags.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/target_platform.h"
#include "flowstone/pypi/version.h"

using flowstone::fuzz::Require;
using flowstone::fuzz::RequireRoundTrip;
using flowstone::pypi::Tag;
using flowstone::pypi::TagSet;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  if (const auto tag = Tag::Parse(text)) {
    RequireRoundTrip(*tag, tag->ToString(), &Tag::Parse);
  }
  if (const auto tags = TagSet::Parse(text)) {
    RequireRoundTrip(*tags, tags->ToString(), &TagSet::Parse);
    Require(tags->Expand().size() <= TagSet::kMaxCombinations, "a set can be enumerated");
  }
  if (const auto platform = flowstone::pypi::TargetPlatform::Parse(text)) {
    const auto target = platform->With(*flowstone::pypi::Version::Parse("3.12.4"));
    Require(target && !target->tags.empty(), "a platform has tags");
  }
  return 0;
}
