#include "flowstone/project/dependency_groups.h"

#include <algorithm>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::project {

Status DependencyGroups::Add(const std::string& written_name, std::vector<Item> items,
                             const SourceLine& source) {
  const auto [at, added] = groups_.try_emplace(pypi::NormalizeName(written_name));
  if (!added) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = source.ToString() + ": the dependency groups '" +
                            at->second.written_name + "' and '" + written_name +
                            "' have the same name"};
  }
  at->second = {.written_name = written_name, .items = std::move(items)};
  return Ok();
}

std::vector<std::string> DependencyGroups::Names() const {
  std::vector<std::string> names;
  names.reserve(groups_.size());
  for (const auto& [name, group] : groups_) {
    names.push_back(name);
  }
  return names;
}

Result<std::vector<WrittenRequirement>> DependencyGroups::Expand(
    const pypi::GroupName& name) const {
  if (!Has(name)) {
    Error error{.code = ErrorCode::kNotFound,
                .message = "there is no dependency group '" + name.ToString() + "'"};
    const auto nearest = NearestSpelling(name.ToString(), Names());
    if (nearest) {
      error.hints.push_back("did you mean '" + *nearest + "'?");
    } else if (!groups_.empty()) {
      error.hints.push_back("there are: " + JoinText(Names(), ", "));
    }
    return error;
  }
  std::vector<WrittenRequirement> requirements;
  std::vector<std::string> open;
  FLOWSTONE_TRY(ExpandInto(name.ToString(), open, requirements));
  return requirements;
}

Status DependencyGroups::ExpandInto(const std::string& name, std::vector<std::string>& open,
                                    std::vector<WrittenRequirement>& requirements) const {
  open.push_back(name);
  for (const Item& item : groups_.at(name).items) {
    if (const auto* wrong = std::get_if<Wrong>(&item)) {
      return wrong->error;
    }
    if (const auto* requirement = std::get_if<WrittenRequirement>(&item)) {
      requirements.push_back(*requirement);
      continue;
    }
    const Include& include = std::get<Include>(item);
    const std::string included = pypi::NormalizeName(include.group);
    if (!groups_.contains(included)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = include.source.ToString() + ": the included dependency group '" +
                              include.group + "' does not exist"};
    }
    if (std::ranges::find(open, included) != open.end()) {
      open.push_back(included);
      return Error{.code = ErrorCode::kInvalid,
                   .message = include.source.ToString() +
                              ": dependency groups include each other: " + JoinText(open, " -> ")};
    }
    FLOWSTONE_TRY(ExpandInto(included, open, requirements));
  }
  open.pop_back();
  return Ok();
}

}  // namespace flowstone::project
