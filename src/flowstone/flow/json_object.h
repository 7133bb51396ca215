// JsonDocument and JsonObject: reading a JSON document of known shape with every field checked. An
// error names the path of the field: "steps[2].transition.next: expected a list of strings".
// A JsonObject borrows from its document.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::flow {

class JsonObject {
 public:
  // REQUIRES: `json` is an object.
  JsonObject(const nlohmann::ordered_json* json, std::string path);

  bool Has(std::string_view key) const;
  bool IsNull(std::string_view key) const;  // absent or null

  // Required: kInvalid when the key is missing or has another type.
  Result<std::string> Text(std::string_view key) const;
  Result<std::int64_t> Integer(std::string_view key) const;
  Result<std::uint64_t> Unsigned(std::string_view key) const;
  Result<bool> Boolean(std::string_view key) const;
  Result<JsonObject> Object(std::string_view key) const;
  Result<std::vector<JsonObject>> Objects(std::string_view key) const;
  Result<std::vector<std::string>> Texts(std::string_view key) const;
  // Members of the object at `key`, which all have to be of that type, in the document's order.
  Result<std::vector<std::pair<std::string, std::string>>> TextMembers(std::string_view key) const;
  Result<std::vector<std::pair<std::string, JsonObject>>> ObjectMembers(std::string_view key) const;
  // The value as JSON text; "null" when the key is missing.
  std::string Raw(std::string_view key) const;

  // Absent and null give nothing; kInvalid for another type.
  Result<std::optional<std::string>> OptionalText(std::string_view key) const;
  Result<std::optional<std::int64_t>> OptionalInteger(std::string_view key) const;
  Result<std::optional<JsonObject>> OptionalObject(std::string_view key) const;

  // kInvalid about this key: "path.key: complaint".
  Error Wrong(std::string_view key, std::string_view complaint) const;
  const std::string& path() const { return path_; }

 private:
  const nlohmann::ordered_json* Find(std::string_view key) const;
  std::string PathOf(std::string_view key) const;

  const nlohmann::ordered_json* value_;
  std::string path_;
};

class JsonDocument {
 public:
  // kInvalid when the text is no JSON object in UTF-8; `what` names the document.
  static Result<JsonDocument> Parse(std::string_view text, std::string_view what);
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  JsonObject root() const;
  // The whole document as compact JSON text.
  std::string ToString() const;

 private:
  explicit JsonDocument(std::unique_ptr<nlohmann::ordered_json> value);
  std::unique_ptr<nlohmann::ordered_json> value_;
};

}  // namespace flowstone::flow
