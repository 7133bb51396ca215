#include "flowstone/lock/toml_table.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/error.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/lock/toml_nesting.h"

namespace flowstone::lock {

void ThrowTomlError() {
  throw toml::parse_error("a key or a value is malformed", toml::source_region());
}

Result<toml::table> ParseToml(std::string_view text) {
  if (const std::optional<std::size_t> line = LineOfLongKey(text)) {
    return Error{ErrorCode::kInvalid, "line " + std::to_string(*line) +
                                          ": not valid TOML: a key has more than " +
                                          std::to_string(kMaxKeyParts) + " parts"};
  }
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return Error{ErrorCode::kInvalid, (line == 0 ? "" : "line " + std::to_string(line) + ": ") +
                                          "not valid TOML: " + std::string(error.description())};
  }
}

std::string TomlTable::PathOf(std::string_view key) const {
  if (path_.empty() || key.empty()) {
    return path_ + std::string(key);
  }
  return path_ + "." + std::string(key);
}

std::vector<std::string> TomlTable::Keys() const {
  std::vector<std::string> keys;
  keys.reserve(table_.size());
  for (const auto& [key, value] : table_) {
    keys.emplace_back(key.str());
  }
  return keys;
}

Error TomlTable::Wrong(std::string_view key, std::string_view what) const {
  const toml::node* node = key.empty() ? nullptr : table_.get(key);
  const auto line = (node != nullptr ? node->source() : table_.source()).begin.line;
  std::string message = line == 0 ? "" : "line " + std::to_string(line) + ": ";
  const std::string path = PathOf(key);
  message += path.empty() ? "" : path + ": ";
  return Error{ErrorCode::kInvalid, message.append(what)};
}

Result<std::optional<std::string>> TomlTable::Text(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return std::optional<std::string>();
  }
  if (const toml::value<std::string>* text = node->as_string()) {
    return std::optional(text->get());
  }
  return Wrong(key, "must be a string");
}

Result<std::string> TomlTable::RequiredText(std::string_view key) const {
  FLOWSTONE_LET(std::optional<std::string> text, Text(key));
  if (!text) {
    return Wrong("", "the key " + std::string(key) + " is missing");
  }
  return *std::move(text);
}

Result<std::optional<std::uint64_t>> TomlTable::Number(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return std::optional<std::uint64_t>();
  }
  const toml::value<std::int64_t>* number = node->as_integer();
  if (number == nullptr || number->get() < 0) {
    return Wrong(key, "must be an integer of 0 or more");
  }
  return std::optional(static_cast<std::uint64_t>(number->get()));
}

Result<std::optional<bool>> TomlTable::Truth(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return std::optional<bool>();
  }
  if (const toml::value<bool>* truth = node->as_boolean()) {
    return std::optional(truth->get());
  }
  return Wrong(key, "must be true or false");
}

Result<std::optional<std::int64_t>> TomlTable::Moment(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return std::optional<std::int64_t>();
  }
  const toml::value<toml::date_time>* moment = node->as_date_time();
  if (moment == nullptr) {
    return Wrong(key, "must be a date and time");
  }
  const toml::date_time& value = moment->get();
  const std::optional<std::int64_t> microseconds =
      ToMicroseconds({.year = value.date.year,
                      .month = value.date.month,
                      .day = value.date.day,
                      .hour = value.time.hour,
                      .minute = value.time.minute,
                      .second = value.time.second,
                      .microsecond = static_cast<std::int64_t>(value.time.nanosecond) / 1000,
                      .offset_minutes = value.offset ? int{value.offset->minutes} : 0});
  if (!microseconds) {
    return Wrong(key, "there is no such date and time");
  }
  return microseconds;
}

Result<std::vector<std::string>> TomlTable::Texts(std::string_view key) const {
  std::vector<std::string> texts;
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return texts;
  }
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    return Wrong(key, "must be an array of strings");
  }
  for (const toml::node& element : *array) {
    const toml::value<std::string>* text = element.as_string();
    if (text == nullptr) {
      return Wrong(key, "must be an array of strings");
    }
    texts.push_back(text->get());
  }
  return texts;
}

Result<std::vector<std::string>> TomlTable::TextOrTexts(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr || !node->is_string()) {
    return Texts(key);
  }
  FLOWSTONE_LET(std::string text, RequiredText(key));
  return std::vector<std::string>{std::move(text)};
}

Result<std::vector<TomlTable>> TomlTable::Tables(std::string_view key) const {
  std::vector<TomlTable> tables;
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return tables;
  }
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    return Wrong(key, "must be an array of tables");
  }
  for (const toml::node& element : *array) {
    const toml::table* table = element.as_table();
    if (table == nullptr) {
      return Wrong(key, "must be an array of tables");
    }
    tables.emplace_back(*table, PathOf(key) + "[" + std::to_string(tables.size()) + "]");
  }
  return tables;
}

Result<std::optional<TomlTable>> TomlTable::Table(std::string_view key) const {
  const toml::node* node = table_.get(key);
  if (node == nullptr) {
    return std::optional<TomlTable>();
  }
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    return Wrong(key, "must be a table");
  }
  return std::optional(TomlTable(*table, PathOf(key)));
}

Result<std::vector<std::pair<std::string, std::string>>> TomlTable::AllTexts() const {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [key, node] : table_) {
    FLOWSTONE_LET(std::string text, RequiredText(key.str()));
    texts.emplace_back(key.str(), std::move(text));
  }
  return texts;
}

}  // namespace flowstone::lock
