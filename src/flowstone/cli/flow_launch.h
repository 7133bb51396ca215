// `flowstone flow.py ARGUMENT…`: hands over to the Python that runs the flow's file, which
// describes the flow and comes back.
#pragma once

#include <string>
#include <vector>

#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"

namespace flowstone::cli {

// Whether the first argument that is no option is a Python file.
bool IsFlowFile(const std::vector<std::string>& arguments);

// Replaces this process by `python FILE ARGUMENT…`; returns only when that fails. The Python is
// that of $VIRTUAL_ENV, else `python3` or `python` on PATH.
Status LaunchFlow(const app::Machine& machine, const std::vector<std::string>& arguments);

}  // namespace flowstone::cli
