#include "flowstone/store/code_record.h"

#include <nlohmann/json.hpp>

#include "flowstone/store/object_key.h"

namespace flowstone::store {
namespace {

constexpr int kVersion = 1;

Error NoCodeRecord(const std::string& reason) {
  return Error{.code = ErrorCode::kCorrupt,
               .message = "the record of a code package cannot be read: " + reason};
}

}  // namespace

std::string CodeRecord::ToJson() const {
  nlohmann::json ids = nlohmann::json::array();
  for (const Digest& pack : packs) {
    ids.push_back(pack.ToString());
  }
  nlohmann::json record;
  record["version"] = kVersion;
  record["packs"] = std::move(ids);
  return record.dump() + "\n";
}

Result<CodeRecord> CodeRecord::Parse(std::string_view json) {
  const nlohmann::json value = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object() || value.value("version", nlohmann::json()) != kVersion) {
    return NoCodeRecord("it is no JSON object of version 1");
  }
  const nlohmann::json ids = value.value("packs", nlohmann::json());
  if (!ids.is_array()) {
    return NoCodeRecord("'packs' is no list");
  }
  CodeRecord record;
  for (const nlohmann::json& id : ids) {
    if (!id.is_string()) {
      return NoCodeRecord("the id of a pack is no text");
    }
    const Result<Digest> pack = Digest::Parse(id.get<std::string>());
    if (!pack) {
      return NoCodeRecord(pack.error().message);
    }
    record.packs.push_back(*pack);
  }
  return record;
}

std::string CodeRecordKey(const Digest& package) {
  return ContentKey("code", package);
}

}  // namespace flowstone::store
