// The names of wheels and source distributions, and tags.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/pypi/name.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/wheel_name.h"

using flowstone::fuzz::Require;
using flowstone::pypi::SdistName;
using flowstone::pypi::TagSet;
using flowstone::pypi::WheelName;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  if (const auto wheel = WheelName::Parse(text)) {
    const std::string build = wheel->build.empty() ? "" : "-" + wheel->build.ToString();
    flowstone::fuzz::RequireRoundTrip(*wheel,
                                      wheel->name.Escaped() + "-" + wheel->version.ToString() +
                                          build + "-" + wheel->tags.ToString() + ".whl",
                                      &WheelName::Parse);
  }
  if (const auto sdist = SdistName::Parse(text)) {
    const auto known = SdistName::ParseFor(sdist->name, text);
    Require(known && known->version == sdist->version, "knowing the name changes nothing");
  }
  if (const auto tags = TagSet::Parse(text)) {
    flowstone::fuzz::RequireRoundTrip(*tags, tags->ToString(), &TagSet::Parse);
    Require(!tags->Expand().empty(), "a set of tags has a tag");
  }
  return 0;
}
