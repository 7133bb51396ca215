#include "flowstone/project/uv_metadata_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"

namespace flowstone::project {
namespace {

constexpr std::array<std::string_view, 6> kStatedKeys = {
    "name", "version", "requires-dist", "requires-python", "provides-extra", "provides-extras"};

Result<pypi::StatedMetadata> ReadStatement(const lock::TomlTable& table) {
  for (const std::string& key : table.Keys()) {
    if (std::ranges::find(kStatedKeys, key) == kStatedKeys.end()) {
      return table.Wrong(key, "there is no such key");
    }
  }
  FLOWSTONE_LET(std::optional<pypi::Name> name,
                table.Parsed<pypi::Name>("name", pypi::Name::Parse));
  if (!name) {
    return table.Wrong("", "has no name");
  }
  pypi::StatedMetadata stated{.name = *std::move(name)};
  FLOWSTONE_LET(stated.version, table.Parsed<pypi::Version>("version", [](std::string_view text) {
    return pypi::Version::Parse(text);
  }));
  FLOWSTONE_LET(stated.requires_dist,
                table.ParsedList<pypi::Requirement>("requires-dist", [](std::string_view text) {
                  return pypi::Requirement::Parse(text);
                }));
  FLOWSTONE_LET(auto python,
                table.Parsed<pypi::SpecifierSet>("requires-python", [](std::string_view text) {
                  return pypi::SpecifierSet::Parse(text);
                }));
  stated.requires_python = std::move(python).value_or(pypi::SpecifierSet());
  for (const std::string_view key : {"provides-extra", "provides-extras"}) {
    FLOWSTONE_LET(std::vector<pypi::ExtraName> extras,
                  table.ParsedList<pypi::ExtraName>(key, pypi::ExtraName::Parse));
    std::ranges::move(extras, std::back_inserter(stated.provides_extra));
  }
  return stated;
}

}  // namespace

Result<std::vector<pypi::StatedMetadata>> ReadStatedMetadata(const lock::TomlTable& uv) {
  std::vector<pypi::StatedMetadata> all;
  FLOWSTONE_LET(const std::vector<lock::TomlTable> tables, uv.Tables("dependency-metadata"));
  all.reserve(tables.size());
  for (const lock::TomlTable& table : tables) {
    FLOWSTONE_LET(pypi::StatedMetadata stated, ReadStatement(table));
    all.push_back(std::move(stated));
  }
  return all;
}

}  // namespace flowstone::project
