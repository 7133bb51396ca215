// DependencyGroups: the `[dependency-groups]` of a pyproject.toml (PEP 735): named lists of
// requirements that may include each other.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/project/written_requirement.h"
#include "flowstone/pypi/name.h"

namespace flowstone::project {

class DependencyGroups {
 public:
  // An entry that is wrong. Groups that nobody asks for may be wrong, so it is kept until then.
  struct Wrong {
    Error error;
  };
  struct Include {
    std::string group;  // as written
    SourceLine source;
  };
  using Item = std::variant<WrittenRequirement, Include, Wrong>;

  // kInvalid when a group of that name, spelt in any way, is there already.
  Status Add(const std::string& written_name, std::vector<Item> items, const SourceLine& source);

  // The names, normalised, in order.
  std::vector<std::string> Names() const;
  bool Has(const pypi::GroupName& name) const { return groups_.contains(name.ToString()); }

  // The requirements of a group, those of included groups in their places, repetitions kept.
  // kNotFound when there is no such group; kInvalid for a wrong entry, for including a group that
  // is not there and for groups that include themselves.
  Result<std::vector<WrittenRequirement>> Expand(const pypi::GroupName& name) const;

 private:
  struct Group {
    std::string written_name;
    std::vector<Item> items;
  };

  Status ExpandInto(const std::string& name, std::vector<std::string>& open,
                    std::vector<WrittenRequirement>& requirements) const;

  std::map<std::string, Group> groups_;  // by normalised name
};

}  // namespace flowstone::project
