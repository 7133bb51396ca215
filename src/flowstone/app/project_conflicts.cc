#include "flowstone/app/project_conflicts.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::app {
namespace {

using project::ConflictingParts;
using project::ProjectPart;

Error CannotBeTogether(const ConflictingParts& parts) {
  std::vector<std::string> names;
  names.reserve(parts.size());
  for (const ProjectPart& part : parts) {
    names.push_back(part.ToString());
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = JoinText(names, " and ") +
                          " conflict (tool.uv.conflicts): one lock cannot be for both",
               .hints = {"lock them one by one, each into a file of its own with --output"}};
}

}  // namespace

Result<std::vector<lock::ConflictingChoices>> ConflictsAmong(
    const std::vector<ConflictingParts>& conflicts, const std::vector<ProjectPart>& chosen) {
  std::vector<lock::ConflictingChoices> among;
  for (const ConflictingParts& conflict : conflicts) {
    ConflictingParts taken;
    std::ranges::copy_if(conflict, std::back_inserter(taken), [&](const ProjectPart& part) {
      return std::ranges::find(chosen, part) != chosen.end();
    });
    if (taken.size() < 2) {
      continue;
    }
    lock::ConflictingChoices choices;
    for (const ProjectPart& part : taken) {
      lock::LockChoice choice{.extra = part.extra, .group = part.group};
      const bool is_whole = !part.extra && !part.group;
      if (is_whole || std::ranges::find(choices, choice) != choices.end()) {
        return CannotBeTogether(taken);
      }
      choices.push_back(std::move(choice));
    }
    among.push_back(std::move(choices));
  }
  return among;
}

}  // namespace flowstone::app
