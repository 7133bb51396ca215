#include "flowstone/lock/conflict_reader.h"

#include <string>
#include <utility>

namespace flowstone::lock {
namespace {

Result<LockChoice> ReadChoice(const TomlTable& table) {
  LockChoice choice;
  FLOWSTONE_LET(choice.extra, table.Parsed<pypi::ExtraName>("extra", pypi::ExtraName::Parse));
  FLOWSTONE_LET(choice.group, table.Parsed<pypi::GroupName>("group", pypi::GroupName::Parse));
  if (table.Has("package")) {
    return table.Wrong("package", "a lock has extras and groups only");
  }
  if (choice.extra.has_value() == choice.group.has_value()) {
    return table.Wrong("", "exactly one of extra and group must be given");
  }
  return choice;
}

Result<ConflictingChoices> ReadConflict(const TomlTable& table, std::string_view key,
                                        const toml::array& items) {
  ConflictingChoices choices;
  for (const toml::node& item : items) {
    if (!item.is_table()) {
      return table.Wrong(key, "must be a list of lists of tables");
    }
    FLOWSTONE_LET(LockChoice choice, ReadChoice(TomlTable(*item.as_table(), std::string(key))));
    choices.push_back(std::move(choice));
  }
  if (choices.size() < 2) {
    return table.Wrong(key, "a conflict needs two members at least");
  }
  return choices;
}

}  // namespace

Result<std::vector<ConflictingChoices>> ReadConflicts(const TomlTable& table,
                                                      std::string_view key) {
  std::vector<ConflictingChoices> conflicts;
  const toml::node* node = table.node().get(key);
  if (node == nullptr) {
    return conflicts;
  }
  const toml::array* sets = node->as_array();
  if (sets == nullptr) {
    return table.Wrong(key, "must be a list of lists of tables");
  }
  for (const toml::node& set : *sets) {
    const toml::array* items = set.as_array();
    if (items == nullptr) {
      return table.Wrong(key, "must be a list of lists of tables");
    }
    FLOWSTONE_LET(ConflictingChoices choices, ReadConflict(table, key, *items));
    conflicts.push_back(std::move(choices));
  }
  return conflicts;
}

}  // namespace flowstone::lock
