// SourceLine: where something was written, for messages and for the origins in a lock.
#pragma once

#include <compare>
#include <cstddef>
#include <string>

namespace flowstone::project {

struct SourceLine {
  std::string file = {};  // as people know it: relative to the working directory where possible
  std::size_t line = 0;   // from 1; 0: the place as a whole

  // "requirements.txt:3"
  std::string ToString() const { return line == 0 ? file : file + ":" + std::to_string(line); }

  friend auto operator<=>(const SourceLine&, const SourceLine&) = default;
};

}  // namespace flowstone::project
