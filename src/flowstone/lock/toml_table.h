// TomlTable: a table of a TOML document whose values are taken by type. Every error says which line
// and which key of which table is wrong. Internal to the lock module: it shows toml++.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/lock/toml_library.h"

namespace flowstone::lock {

// kInvalid: "line 12: not valid TOML: WHY".
Result<toml::table> ParseToml(std::string_view text);

class TomlTable {
 public:
  // `path` names the table in messages: "", "packages[3]", "packages[3].wheels[0]". The document
  // outlives this.
  TomlTable(const toml::table& table, std::string path) : table_(table), path_(std::move(path)) {}

  // For values that no method here takes.
  const toml::table& node() const { return table_; }
  bool Has(std::string_view key) const { return table_.contains(key); }
  Result<std::optional<std::string>> Text(std::string_view key) const;
  Result<std::string> RequiredText(std::string_view key) const;
  // Of 0 and more.
  Result<std::optional<std::uint64_t>> Number(std::string_view key) const;
  Result<std::optional<bool>> Truth(std::string_view key) const;
  // Microseconds since the Unix epoch; a moment without an offset is in UTC.
  Result<std::optional<std::int64_t>> Moment(std::string_view key) const;
  // Empty when the key is absent.
  Result<std::vector<std::string>> Texts(std::string_view key) const;
  // The same; of one text it may be written without brackets.
  Result<std::vector<std::string>> TextOrTexts(std::string_view key) const;
  Result<std::vector<TomlTable>> Tables(std::string_view key) const;
  Result<std::optional<TomlTable>> Table(std::string_view key) const;
  // In the order of their bytes.
  std::vector<std::string> Keys() const;
  // The keys of this table, each with its text. REQUIRES: all values are texts, or an error
  // results.
  Result<std::vector<std::pair<std::string, std::string>>> AllTexts() const;

  // kInvalid: "line 12: packages[3].name: WHAT"; of the table itself when `key` is empty.
  Error Wrong(std::string_view key, std::string_view what) const;

  // Parses the text at `key`, if there is one, as a T.
  template <class T, class Parse>
  Result<std::optional<T>> Parsed(std::string_view key, Parse parse) const {
    FLOWSTONE_LET(const std::optional<std::string> text, Text(key));
    if (!text) {
      return std::optional<T>();
    }
    Result<T> value = parse(*text);
    if (!value) {
      return Wrong(key, value.error().message);
    }
    return std::optional<T>(*std::move(value));
  }

  // Parses each of the texts at `key` as a T.
  template <class T, class Parse>
  Result<std::vector<T>> ParsedList(std::string_view key, Parse parse) const {
    FLOWSTONE_LET(const std::vector<std::string> texts, Texts(key));
    std::vector<T> values;
    for (const std::string& text : texts) {
      Result<T> value = parse(text);
      if (!value) {
        return Wrong(key, value.error().message);
      }
      values.push_back(*std::move(value));
    }
    return values;
  }

 private:
  std::string PathOf(std::string_view key) const;

  const toml::table& table_;
  std::string path_;
};

}  // namespace flowstone::lock
