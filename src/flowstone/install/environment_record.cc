#include "flowstone/install/environment_record.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace flowstone::install {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int kFormat = 1;

Error DamagedRecord(const std::string& what) {
  return {.code = ErrorCode::kCorrupt,
          .message = std::string(kEnvironmentRecordName) + " is damaged: " + what};
}

Result<Digest> DigestAt(const json& object, const char* key) {
  return Digest::Parse(object.at(key).get<std::string>());
}

// Throws json::exception when something is missing.
Result<EnvironmentRecord> ReadRecord(const json& document) {
  EnvironmentRecord record;
  FLOWSTONE_LET(record.id, DigestAt(document, "id"));
  const json& interpreter = document.at("interpreter");
  record.interpreter = interpreter.at("executable");
  FLOWSTONE_LET(record.interpreter_identity, DigestAt(interpreter, "identity"));
  record.python_version = interpreter.at("version");
  const json& stamp = interpreter.at("stamp");
  record.interpreter_stamp = {.size = stamp.at("size"),
                              .modified_ns = stamp.at("modified_ns"),
                              .device = stamp.at("device"),
                              .inode = stamp.at("inode")};
  record.site_packages = document.at("site_packages");
  // Older ones do not say it.
  FLOWSTONE_LET(record.link_mode, ParseLinkMode(document.value("link_mode", "hardlink")));
  for (const json& package : document.at("packages")) {
    FLOWSTONE_LET(const Digest wheel, DigestAt(package, "wheel"));
    record.packages.push_back({.name = package.at("name"),
                               .version = package.at("version"),
                               .wheel = wheel,
                               .bytecode = package.value("bytecode", "")});
  }
  return record;
}

}  // namespace

EnvironmentRecord EnvironmentRecord::Of(const EnvironmentSpec& spec, const Digest& id,
                                        std::string site_packages, LinkMode link_mode) {
  EnvironmentRecord record{.id = id,
                           .interpreter = spec.interpreter.executable,
                           .interpreter_stamp = spec.interpreter.stamp,
                           .interpreter_identity = spec.interpreter.identity,
                           .python_version = spec.interpreter.version.ToString(),
                           .site_packages = std::move(site_packages),
                           .link_mode = link_mode,
                           .packages = {}};
  for (const EnvironmentPackage& package : spec.packages) {
    record.packages.push_back({.name = package.wheel.name,
                               .version = package.wheel.version,
                               .wheel = package.wheel.digest});
  }
  std::ranges::sort(record.packages, {}, &RecordedPackage::name);
  return record;
}

std::string EnvironmentRecord::Serialize() const {
  ordered_json rows = ordered_json::array();
  for (const RecordedPackage& package : packages) {
    ordered_json row = {
        {"name", package.name}, {"version", package.version}, {"wheel", package.wheel.ToString()}};
    if (!package.bytecode.empty()) {
      row["bytecode"] = package.bytecode;
    }
    rows.push_back(std::move(row));
  }
  const ordered_json document = {{"format", kFormat},
                                 {"id", id.ToString()},
                                 {"interpreter",
                                  {{"executable", interpreter},
                                   {"version", python_version},
                                   {"identity", interpreter_identity.ToString()},
                                   {"stamp",
                                    {{"size", interpreter_stamp.size},
                                     {"modified_ns", interpreter_stamp.modified_ns},
                                     {"device", interpreter_stamp.device},
                                     {"inode", interpreter_stamp.inode}}}}},
                                 {"site_packages", site_packages},
                                 {"link_mode", LinkModeName(link_mode)},
                                 {"packages", std::move(rows)}};
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<EnvironmentRecord> EnvironmentRecord::Parse(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || document.value("format", json()) != kFormat) {
    return DamagedRecord("it is not JSON of format 1");
  }
  try {
    Result<EnvironmentRecord> record = ReadRecord(document);
    return record ? std::move(record) : DamagedRecord(record.error().message);
  } catch (const json::exception&) {
    return DamagedRecord("something is missing or of the wrong type");
  }
}

}  // namespace flowstone::install
