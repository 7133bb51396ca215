#include "flowstone/bundle/package_info.h"

#include <nlohmann/json.hpp>

namespace flowstone::bundle {
namespace {

constexpr int kVersion = 1;

bool IsText(const nlohmann::json& object, const char* key) {
  return object.contains(key) && object[key].is_string();
}

}  // namespace

std::string PackageInfo::ToJson() const {
  nlohmann::json info;
  info["version"] = kVersion;
  info["flow"] = flow;
  info["script"] = script;
  info["suffixes"] = suffixes;
  info["flowstone"] = flowstone;
  return info.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

Result<PackageInfo> PackageInfo::Parse(std::string_view json) {
  const nlohmann::json info = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  const bool valid = info.is_object() && info.value("version", nlohmann::json()) == kVersion &&
                     IsText(info, "flow") && IsText(info, "script") && IsText(info, "flowstone") &&
                     info.contains("suffixes") && info["suffixes"].is_array();
  if (!valid) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "'" + std::string(kPackageInfoPath) +
                            "' is no description of a code package of version 1"};
  }
  PackageInfo result{.flow = info["flow"].get<std::string>(),
                     .script = info["script"].get<std::string>(),
                     .flowstone = info["flowstone"].get<std::string>()};
  for (const nlohmann::json& suffix : info["suffixes"]) {
    result.suffixes.push_back(suffix.is_string() ? suffix.get<std::string>() : suffix.dump());
  }
  return result;
}

}  // namespace flowstone::bundle
