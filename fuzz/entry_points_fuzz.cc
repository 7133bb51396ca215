// entry_points.txt: what becomes the name of a file must be fit for one.
#include "fuzz_target.h"
#include <string>

#include "flowstone/pypi/entry_points.h"

using flowstone::fuzz::Require;
using flowstone::pypi::Script;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto points = flowstone::pypi::EntryPoints::Parse(flowstone::fuzz::TextOf(data, size));
  if (!points) {
    return 0;
  }
  for (const auto* scripts : {&points->console_scripts, &points->gui_scripts}) {
    for (const Script& script : *scripts) {
      Require(script.name.find('/') == std::string::npos, "a script has no separator in its name");
      Require(script.name != "." && script.name != ".." && !script.name.empty(),
              "a script has a name of its own");
      Require(!script.target.attribute.empty(), "a script calls something");
    }
  }
  return 0;
}
