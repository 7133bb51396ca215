#include "flowstone/flow/json_object.h"

#include <nlohmann/json.hpp>

#include <limits>

#include "flowstone/base/check.h"

namespace flowstone::flow {
namespace {

using Json = nlohmann::ordered_json;

std::string IndexedPath(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

}  // namespace

JsonObject::JsonObject(const Json* json, std::string path) : value_(json), path_(std::move(path)) {
  FLOWSTONE_CHECK(value_ != nullptr && value_->is_object());
}

const Json* JsonObject::Find(std::string_view key) const {
  const auto found = value_->find(key);
  return found == value_->end() ? nullptr : &*found;
}

std::string JsonObject::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

Error JsonObject::Wrong(std::string_view key, std::string_view complaint) const {
  return Error{.code = ErrorCode::kInvalid, .message = PathOf(key) + ": " + std::string(complaint)};
}

bool JsonObject::Has(std::string_view key) const {
  return Find(key) != nullptr;
}

bool JsonObject::IsNull(std::string_view key) const {
  const Json* value = Find(key);
  return value == nullptr || value->is_null();
}

Result<std::string> JsonObject::Text(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || !value->is_string()) {
    return Wrong(key, "expected a string");
  }
  return value->get<std::string>();
}

Result<std::int64_t> JsonObject::Integer(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || !value->is_number_integer()) {
    return Wrong(key, "expected an integer");
  }
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value->is_number_unsigned() && value->get<std::uint64_t>() > largest) {
    return Wrong(key, "the integer is too large");
  }
  return value->get<std::int64_t>();
}

Result<std::uint64_t> JsonObject::Unsigned(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || !value->is_number_unsigned()) {
    return Wrong(key, "expected an integer that is not negative");
  }
  return value->get<std::uint64_t>();
}

Result<bool> JsonObject::Boolean(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || !value->is_boolean()) {
    return Wrong(key, "expected true or false");
  }
  return value->get<bool>();
}

Result<JsonObject> JsonObject::Object(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || !value->is_object()) {
    return Wrong(key, "expected an object");
  }
  return JsonObject(value, PathOf(key));
}

Result<std::vector<JsonObject>> JsonObject::Objects(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || !value->is_array()) {
    return Wrong(key, "expected a list of objects");
  }
  const std::string path = PathOf(key);
  std::vector<JsonObject> objects;
  objects.reserve(value->size());
  for (const Json& element : *value) {
    if (!element.is_object()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = IndexedPath(path, objects.size()) + ": expected an object"};
    }
    objects.emplace_back(&element, IndexedPath(path, objects.size()));
  }
  return objects;
}

Result<std::vector<std::string>> JsonObject::Texts(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || !value->is_array()) {
    return Wrong(key, "expected a list of strings");
  }
  std::vector<std::string> texts;
  texts.reserve(value->size());
  for (const Json& element : *value) {
    if (!element.is_string()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = IndexedPath(PathOf(key), texts.size()) + ": expected a string"};
    }
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

Result<std::vector<std::pair<std::string, std::string>>> JsonObject::TextMembers(
    std::string_view key) const {
  FLOWSTONE_LET(const JsonObject object, Object(key));
  std::vector<std::pair<std::string, std::string>> members;
  for (const auto& [name, value] : object.value_->items()) {
    if (!value.is_string()) {
      return object.Wrong(name, "expected a string");
    }
    members.emplace_back(name, value.get<std::string>());
  }
  return members;
}

Result<std::vector<std::pair<std::string, JsonObject>>> JsonObject::ObjectMembers(
    std::string_view key) const {
  FLOWSTONE_LET(const JsonObject object, Object(key));
  std::vector<std::pair<std::string, JsonObject>> members;
  for (const auto& [name, value] : object.value_->items()) {
    if (!value.is_object()) {
      return object.Wrong(name, "expected an object");
    }
    members.emplace_back(name, JsonObject(&value, object.PathOf(name)));
  }
  return members;
}

std::string JsonObject::Raw(std::string_view key) const {
  const Json* value = Find(key);
  return value == nullptr ? "null" : value->dump();
}

Result<std::optional<std::string>> JsonObject::OptionalText(std::string_view key) const {
  if (IsNull(key)) {
    return std::optional<std::string>();
  }
  FLOWSTONE_LET(std::string text, Text(key));
  return std::optional<std::string>(std::move(text));
}

Result<std::optional<std::int64_t>> JsonObject::OptionalInteger(std::string_view key) const {
  if (IsNull(key)) {
    return std::optional<std::int64_t>();
  }
  FLOWSTONE_LET(const std::int64_t number, Integer(key));
  return std::optional<std::int64_t>(number);
}

Result<std::optional<JsonObject>> JsonObject::OptionalObject(std::string_view key) const {
  if (IsNull(key)) {
    return std::optional<JsonObject>();
  }
  FLOWSTONE_LET(JsonObject object, Object(key));
  return std::optional<JsonObject>(std::move(object));
}

JsonDocument::JsonDocument(std::unique_ptr<Json> value) : value_(std::move(value)) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

Result<JsonDocument> JsonDocument::Parse(std::string_view text, std::string_view what) {
  try {
    auto value = std::make_unique<Json>(Json::parse(text));
    if (!value->is_object()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = std::string(what) + ": expected a JSON object"};
    }
    return JsonDocument(std::move(value));
  } catch (const Json::exception& failure) {
    // Foreign: the parser reports syntax, encoding and number range this way.
    return Error{.code = ErrorCode::kInvalid,
                 .message = std::string(what) + ": no valid JSON: " + failure.what()};
  }
}

std::string JsonDocument::ToString() const {
  return value_->dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

JsonObject JsonDocument::root() const {
  return {value_.get(), ""};
}

}  // namespace flowstone::flow
