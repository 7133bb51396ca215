// The text of `--help`: usage, options and commands in two columns, folded at the terminal's width.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flowstone/cli/argument_parser.h"

namespace flowstone::cli {

// A heading and rows of (left, right), the right column aligned and folded.
std::string RenderRows(const std::string& heading,
                       const std::vector<std::pair<std::string, std::string>>& rows,
                       std::size_t width);

}  // namespace flowstone::cli
