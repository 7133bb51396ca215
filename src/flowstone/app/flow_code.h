// The code of a flow: what to package, the package of a run, and its return.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/bundle/code_package.h"
#include "flowstone/bundle/code_scan.h"
#include "flowstone/flow/description.h"

namespace flowstone::app {

// The suffixes of a comma-separated list, without spaces around them; empty pieces are skipped.
std::vector<std::string> ParseSuffixes(std::string_view list);

// Suffixes come from the command line, METAFLOW_PACKAGE_SUFFIXES, METAFLOW_DEFAULT_PACKAGE_SUFFIXES
// and the flow itself: their union.
bundle::CodeSources CodeSourcesOf(const Machine& machine, const flow::FlowDescription& flow,
                                  const std::vector<std::string>& suffixes);

// Scans, hashes and stores the flow's code; what the flow's newest run stored is not stored again.
// Returns the id of the package. Warnings of the scan are appended to `warnings` of the result.
struct StoredCode {
  Digest id;
  std::vector<std::string> warnings;
};
Result<StoredCode> StoreFlowCode(const Machine& machine, const bundle::CodeSources& sources,
                                 store::Datastore& datastore);

}  // namespace flowstone::app
