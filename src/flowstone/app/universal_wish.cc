#include "flowstone/app/universal_wish.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_diagram.h"

namespace flowstone::app {
namespace {

using pypi::MarkerAlgebra;
using pypi::MarkerDiagram;

// "All environments" are those that wheels are made for: others, such as browsers, would keep a
// package out that has no wheel for them.
constexpr std::string_view kSupportedEnvironments =
    R"(implementation_name == "cpython" and )"
    R"((sys_platform == "linux" or sys_platform == "darwin" or sys_platform == "win32"))";

// What the command line says, else what the documents say.
Result<std::vector<pypi::Marker>> MarkersOf(const std::string& option,
                                            const std::vector<std::string>& texts,
                                            const LockInputs& inputs,
                                            std::vector<pypi::Marker> project::UvTable::*field) {
  std::vector<pypi::Marker> markers;
  for (const std::string& text : texts) {
    FLOWSTONE_LET(pypi::Marker marker,
                  Annotate(pypi::Marker::Parse(text), "while reading " + option));
    markers.push_back(std::move(marker));
  }
  if (!markers.empty()) {
    return markers;
  }
  for (const HeardUvTable& heard : inputs.uv_tables) {
    const std::vector<pypi::Marker>& written = heard.table.*field;
    markers.insert(markers.end(), written.begin(), written.end());
  }
  return markers;
}

// The lock must be for something, and for what is required.
Status CheckEnvironments(const resolve::UniversalWish& wish) {
  MarkerAlgebra algebra(pypi::InterpreterPreviews::kAsReleases);
  MarkerDiagram environments = MarkerAlgebra::Never();
  for (const pypi::Marker& environment : wish.environments) {
    environments = algebra.Or(environments, algebra.Of(environment));
  }
  environments = algebra.And(environments, algebra.OfPython(wish.requires_python.ToVersionSet()));
  if (algebra.IsImpossible(environments)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message =
                     "there is no environment to lock for: none of those that are named "
                     "can have Python " +
                     wish.requires_python.ToString()};
  }
  for (const pypi::Marker& required : wish.required_environments) {
    if (algebra.AreDisjoint(environments, algebra.Of(required))) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "the required environment '" + required.ToString() +
                              "' is none that the lock is for",
                   .hints = {"add it with --environment, or leave the requirement out"}};
    }
  }
  return Ok();
}

}  // namespace

Result<resolve::UniversalWish> MakeUniversalWish(const UniversalOptions& options,
                                                 const LockInputs& inputs) {
  resolve::UniversalWish wish{.requires_python = options.requires_python};
  FLOWSTONE_LET(wish.environments, MarkersOf("--environment", options.environments, inputs,
                                             &project::UvTable::environments));
  if (wish.environments.empty()) {
    FLOWSTONE_LET(pypi::Marker supported, pypi::Marker::Parse(kSupportedEnvironments));
    wish.environments.push_back(std::move(supported));
  }
  FLOWSTONE_LET(wish.required_environments,
                MarkersOf("--required-environment", options.required_environments, inputs,
                          &project::UvTable::required_environments));
  wish.conflicts = inputs.conflicts;
  FLOWSTONE_TRY(CheckEnvironments(wish));
  return wish;
}

Status CheckNoConflicts(const LockInputs& inputs) {
  if (inputs.conflicts.empty()) {
    return Ok();
  }
  std::vector<std::string> choices;
  for (const lock::LockChoice& choice : inputs.conflicts.front()) {
    choices.push_back(choice.ToString());
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = "the project says that " + JoinText(choices, " and ") +
                          " conflict (tool.uv.conflicts)",
               .hints = {"choose one of them, or lock all of them into one file with --universal: "
                         "whoever installs it chooses"}};
}

}  // namespace flowstone::app
