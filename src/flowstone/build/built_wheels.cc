#include "flowstone/build/built_wheels.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::build {
namespace {

constexpr const char* kRecordName = "record.json";

Result<std::optional<std::string>> ReadIfThere(os::FileSystem& filesystem,
                                               const std::string& path) {
  Result<std::string> text = filesystem.ReadFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return std::optional<std::string>();
  }
  FLOWSTONE_TRY(text);
  return std::optional(*std::move(text));
}

}  // namespace

std::string BuiltWheels::Entry(const char* family, const Digest& key) const {
  const std::string hex = key.ToString();
  return root_ + "/" + family + "/" + hex.substr(0, 2) + "/" + hex;
}

Status BuiltWheels::WriteEntry(const std::string& path, const std::string& text) {
  FLOWSTONE_TRY(os::MakeDirectories(filesystem_, os::DirName(path)));
  return os::ReplaceFile(filesystem_, path, text);
}

Result<std::optional<BuildSystem>> BuiltWheels::FindSystem(const Digest& source) {
  FLOWSTONE_LET(const auto text, ReadIfThere(filesystem_, Entry("system", source)));
  if (!text) {
    return std::optional<BuildSystem>();
  }
  Result<BuildSystem> system = BuildSystem::FromJson(*text);
  return system ? std::optional(*std::move(system)) : std::nullopt;  // damaged: read it again
}

Status BuiltWheels::KeepSystem(const Digest& source, const BuildSystem& system) {
  return WriteEntry(Entry("system", source), system.CanonicalJson());
}

Result<std::optional<std::string>> BuiltWheels::FindMetadata(const Digest& key) {
  return ReadIfThere(filesystem_, Entry("metadata", key));
}

Status BuiltWheels::KeepMetadata(const Digest& key, const std::string& text) {
  return WriteEntry(Entry("metadata", key), text);
}

Result<std::optional<BuiltWheel>> BuiltWheels::FindWheel(const Digest& key) {
  const std::string directory = Entry("wheel", key);
  FLOWSTONE_LET(const auto text, ReadIfThere(filesystem_, os::JoinPath(directory, kRecordName)));
  if (!text) {
    return std::optional<BuiltWheel>();
  }
  const auto record = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!record.is_object() || !record.contains("sha256") || !record.contains("file_name")) {
    return std::optional<BuiltWheel>();
  }
  BuiltWheel wheel{.file_name = os::BaseName(record.value("file_name", ""))};
  const Result<Digest> digest = Digest::Parse(record.value("sha256", ""));
  wheel.path = os::JoinPath(directory, wheel.file_name);
  const Result<os::FileDigest> found = os::DigestOfFile(filesystem_, wheel.path);
  if (!digest || !found || found->digest != *digest) {
    FLOWSTONE_TRY(os::RemoveTree(filesystem_, directory));
    return std::optional<BuiltWheel>();
  }
  wheel.digest = *digest;
  wheel.size = found->size;
  return std::optional(std::move(wheel));
}

Result<BuiltWheel> BuiltWheels::KeepWheel(const Digest& key, const std::string& path) {
  FLOWSTONE_LET(const os::FileDigest file, os::DigestOfFile(filesystem_, path));
  const std::string name = os::BaseName(path);
  FLOWSTONE_LET(install::StagingDirectory staging,
                install::StagingDirectory::Create(filesystem_, layout_));
  FLOWSTONE_TRY(filesystem_.Rename(path, os::JoinPath(staging.path(), name)));
  const nlohmann::json record = {{"file_name", name}, {"sha256", file.digest.ToString()}};
  FLOWSTONE_TRY(
      os::ReplaceFile(filesystem_, os::JoinPath(staging.path(), kRecordName),
                      record.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"));
  const std::string directory = Entry("wheel", key);
  FLOWSTONE_TRY(os::MakeDirectories(filesystem_, os::DirName(directory)));
  const Status published = staging.Publish(directory);
  if (!published && published.error().code != ErrorCode::kConflict) {
    return published.error();
  }
  FLOWSTONE_LET(std::optional<BuiltWheel> wheel, FindWheel(key));
  if (!wheel) {
    return Error{ErrorCode::kCorrupt, "the wheel " + name + " that was just built has changed"};
  }
  return *std::move(wheel);
}

Result<std::string> BuiltWheels::LogFile(const std::string& title, const Digest& key) {
  const std::string directory = root_ + "/log";
  FLOWSTONE_TRY(os::MakeDirectories(filesystem_, directory));
  std::string name;
  for (const char c : title) {
    name += IsAsciiAlnum(c) || c == '.' || c == '-' || c == '_' ? c : '-';
  }
  return directory + "/" + name + "-" + key.ToString().substr(0, 12) + ".log";
}

}  // namespace flowstone::build
