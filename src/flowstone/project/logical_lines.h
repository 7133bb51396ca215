// LogicalLines: the lines of a requirements file that mean something, as pip sees them: continued
// lines joined, comments and blank lines gone, variables filled in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/os/environment.h"

namespace flowstone::project {

struct LogicalLine {
  std::size_t number = 0;  // of its first line, from 1
  std::string text = {};   // trimmed, never empty

  friend bool operator==(const LogicalLine&, const LogicalLine&) = default;
};

// A line that ends in "\" goes on in the next, unless it is a comment. A "#" at the start of a line
// or after white space begins a comment. `${NAME}` (capital letters, digits, "_") is the value of a
// variable; one that is not set, or empty, stays as it is written.
std::vector<LogicalLine> LogicalLines(std::string_view text, const os::Environment& environment);

}  // namespace flowstone::project
