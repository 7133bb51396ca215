// HeaderFields: the "Name: value" lines that METADATA, PKG-INFO and WHEEL consist of, up to the
// first blank line. Lines that start with white space continue the field before them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone::pypi {

class HeaderFields {
 public:
  struct Field {
    std::string name;   // lower case
    std::string value;  // without surrounding white space; continuation lines joined by a space
  };

  // Never fails: lines without a colon are skipped, as mail readers do; bytes that are no UTF-8 are
  // read as Latin-1; a byte order mark is skipped.
  static HeaderFields Parse(std::string_view text);

  // The first field of that name (lower case). Duplicates of single fields exist in the wild.
  std::optional<std::string_view> Find(std::string_view name) const;
  std::vector<std::string_view> FindAll(std::string_view name) const;
  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

}  // namespace flowstone::pypi
