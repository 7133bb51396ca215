#include "flowstone/app/requirement_lines.h"

#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::app {
namespace {

// Without a comment: "#" at the start of the line or after white space, as pip has it.
std::string_view WithoutComment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || IsAsciiSpace(line[i - 1]))) {
      return TrimText(line.substr(0, i));
    }
  }
  return TrimText(line);
}

}  // namespace

Result<std::vector<pypi::Requirement>> ParseRequirementLines(std::string_view text,
                                                             const std::string& file_name) {
  std::vector<pypi::Requirement> requirements;
  std::size_t number = 0;
  for (const std::string_view raw : SplitLines(text)) {
    ++number;
    const std::string_view line = WithoutComment(raw);
    if (line.empty()) {
      continue;
    }
    const std::string where = file_name + " line " + std::to_string(number);
    if (line.starts_with('-')) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = where + ": the option '" +
                              std::string(line.substr(0, line.find(' '))) +
                              "' is not supported in requirement files",
                   .hints = {"give it on the command line, or list the requirements themselves"}};
    }
    FLOWSTONE_LET(pypi::Requirement requirement,
                  Annotate(pypi::Requirement::Parse(line), "in " + where));
    requirements.push_back(std::move(requirement));
  }
  return requirements;
}

}  // namespace flowstone::app
