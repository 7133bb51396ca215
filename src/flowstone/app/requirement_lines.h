// Requirements from a file of lines: one PEP 508 requirement a line, comments after "#", blank
// lines. Options (-r, -c, --hash, …) are refused by name rather than ignored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::app {

// kInvalid names `file_name` and the line.
Result<std::vector<pypi::Requirement>> ParseRequirementLines(std::string_view text,
                                                             const std::string& file_name);

}  // namespace flowstone::app
