// What the TOML documents of a project have in common: where they stand, requirements with their
// lines, errors that name file and line. Internal to this module: it shows toml++.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/toml_table.h"
#include "flowstone/project/written_requirement.h"

namespace flowstone::project {

// A document that is being read.
struct DocumentPlace {
  std::string file;       // as people know it, for messages
  std::string directory;  // absolute: relative paths start here
};

// "line 12: project.name: WHAT" becomes "pyproject.toml:12: project.name: WHAT".
Error InDocument(const DocumentPlace& place, Error error);
template <class T>
Result<T> InDocument(const DocumentPlace& place, Result<T> result) {
  return result ? std::move(result) : Result<T>(InDocument(place, std::move(result.error())));
}

std::size_t LineOf(const toml::node& node);

// One requirement of PEP 508; `node` says where it stands. The error names file and line already.
Result<WrittenRequirement> RequirementOf(const DocumentPlace& place, const toml::node& node,
                                         std::string_view text);

// The requirements in the array at `key`; none when it is absent.
Result<std::vector<WrittenRequirement>> RequirementsAt(const DocumentPlace& place,
                                                       const lock::TomlTable& table,
                                                       std::string_view key);

// A date or a time span: a text, a TOML date or moment, or `false`, which stands for none. Nothing
// when the key is absent.
Result<std::optional<std::string>> DateText(const lock::TomlTable& table, std::string_view key);

}  // namespace flowstone::project
