#include "flowstone/project/uv_conflict_reader.h"

#include <string_view>
#include <utility>

namespace flowstone::project {
namespace {

using lock::TomlTable;

constexpr std::string_view kConflicts = "conflicts";

Result<ProjectPart> ReadPart(const TomlTable& table) {
  ProjectPart part;
  FLOWSTONE_LET(part.project, table.Parsed<pypi::Name>("package", pypi::Name::Parse));
  FLOWSTONE_LET(part.extra, table.Parsed<pypi::ExtraName>("extra", pypi::ExtraName::Parse));
  FLOWSTONE_LET(part.group, table.Parsed<pypi::GroupName>("group", pypi::GroupName::Parse));
  if (part.extra && part.group) {
    return table.Wrong("", "only one of extra and group can be given");
  }
  if (!part.project && !part.extra && !part.group) {
    return table.Wrong("", "an extra, a group or a package must be given");
  }
  return part;
}

}  // namespace

Result<std::vector<ConflictingParts>> ReadUvConflicts(const TomlTable& uv) {
  std::vector<ConflictingParts> conflicts;
  if (!uv.Has(kConflicts)) {
    return conflicts;
  }
  const Error no_lists = uv.Wrong(kConflicts, "must be a list of lists of tables");
  const toml::array* const sets = uv.node().get(kConflicts)->as_array();
  if (sets == nullptr) {
    return no_lists;
  }
  for (const toml::node& set : *sets) {
    const toml::array* const items = set.as_array();
    if (items == nullptr) {
      return no_lists;
    }
    ConflictingParts parts;
    for (const toml::node& item : *items) {
      if (!item.is_table()) {
        return no_lists;
      }
      FLOWSTONE_LET(ProjectPart part, ReadPart(TomlTable(*item.as_table(), "tool.uv.conflicts")));
      parts.push_back(std::move(part));
    }
    if (parts.size() < 2) {
      return uv.Wrong(kConflicts, "a conflict needs two members at least");
    }
    conflicts.push_back(std::move(parts));
  }
  return conflicts;
}

}  // namespace flowstone::project
