#include "flowstone/project/foreign_lock.h"

#include "flowstone/base/text.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/project/toml_text.h"

namespace flowstone::project {

std::optional<LockFormat> LockFormatOf(std::string_view file_name, std::string_view text) {
  if (lock::IsLockFileName(file_name)) {
    return LockFormat::kPylock;
  }
  // Scripts have "NAME.py.lock".
  if (file_name == "uv.lock" || file_name.ends_with(".py.lock")) {
    return LockFormat::kUv;
  }
  if (file_name == "poetry.lock") {
    return LockFormat::kPoetry;
  }
  if (file_name == "Pipfile.lock") {
    return LockFormat::kPipfile;
  }
  if (TrimText(text).starts_with('{')) {
    return text.find("\"pipfile-spec\"") != std::string_view::npos
               ? std::optional(LockFormat::kPipfile)
               : std::nullopt;
  }
  if (text.find("[[package") == std::string_view::npos) {
    return std::nullopt;
  }
  const Result<toml::table> document = lock::ParseToml(text);
  if (!document) {
    return std::nullopt;
  }
  if (document->contains("lock-version") && document->contains("packages")) {
    return LockFormat::kPylock;
  }
  if (!document->contains("package")) {
    return std::nullopt;
  }
  const toml::table* metadata = document->get_as<toml::table>("metadata");
  if (metadata != nullptr && metadata->contains("content-hash")) {
    return LockFormat::kPoetry;
  }
  return document->contains("version") ? std::optional(LockFormat::kUv) : std::nullopt;
}

Result<ForeignLock> ReadForeignLock(LockFormat format, const ForeignDocument& document) {
  switch (format) {
    case LockFormat::kUv:
      return ReadUvLock(document);
    case LockFormat::kPoetry:
      return ReadPoetryLock(document);
    case LockFormat::kPipfile:
      return ReadPipfileLock(document);
    case LockFormat::kPylock:
      break;
  }
  Result<lock::Lock> parsed = lock::ParseLock(document.text);
  if (!parsed) {
    return InDocument({.file = document.file, .directory = ""}, std::move(parsed.error()));
  }
  return ForeignLock{.lock = *std::move(parsed)};
}

}  // namespace flowstone::project
