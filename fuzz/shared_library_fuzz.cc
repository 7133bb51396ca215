// The search path of shared libraries, which are whatever a wheel brings.
#include "fuzz_target.h"
#include <string>
#include <vector>

#include "flowstone/install/library_search_path.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string> path =
      flowstone::install::LibrarySearchPath(flowstone::fuzz::TextOf(data, size));
  for (const std::string& entry : path) {
    flowstone::fuzz::Require(!entry.empty(), "an entry of a search path has a text");
  }
  const bool climbs_from_top =
      flowstone::install::ClimbsOut(path, "", [](const std::string&) { return true; });
  const bool climbs_to_nowhere =
      flowstone::install::ClimbsOut(path, "site/a", [](const std::string&) { return false; });
  flowstone::fuzz::Require(!climbs_from_top || climbs_to_nowhere,
                           "what climbs out of everything climbs out of a directory");
  return 0;
}
