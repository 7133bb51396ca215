// Requirements as people write them on a line, with the options of the line, in any encoding.
#include "fuzz_target.h"
#include <string>
#include <string_view>

#include "flowstone/project/lock_markers.h"
#include "flowstone/project/option_words.h"
#include "flowstone/project/poetry_constraint.h"
#include "flowstone/project/text_encoding.h"
#include "flowstone/project/written_requirement.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"

namespace project = flowstone::project;
using flowstone::fuzz::Require;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  static_cast<void>(project::DecodeRequirementsText(text));
  static_cast<void>(project::ParseOptionLine(text));
  if (const auto written = project::ParseWrittenRequirement(text, "/work")) {
    Require(!written->ToString().empty(), "a requirement has a text");
  }
  static_cast<void>(project::ParseEditable(text, "/work"));
  if (const auto hash = project::ParseFileHash(text)) {
    const auto again = project::ParseFileHash(hash->algorithm + ":" + hash->hex);
    Require(again && *again == *hash, "a hash is read back");
  }
  if (const auto constraint = project::PoetryConstraint::Parse(text)) {
    static_cast<void>(constraint->Contains(*flowstone::pypi::Version::Parse("3.12.4")));
    static_cast<void>(constraint->AsPythonMarker());
  }
  static_cast<void>(project::ParseMarkerOfLock(text, *flowstone::pypi::Name::Parse("demo")));
  return 0;
}
