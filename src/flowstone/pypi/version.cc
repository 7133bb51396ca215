#include "flowstone/pypi/version.h"

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"
#include "flowstone/pypi/version_key.h"
#include "flowstone/pypi/version_parts.h"

namespace flowstone::pypi {
namespace {

// The parts of a text that was parsed before.
VersionParts PartsOf(const std::string& text) {
  const std::optional<VersionParts> parts = ScanVersion(text);
  FLOWSTONE_CHECK(parts.has_value());
  return *parts;
}

}  // namespace

Version::Version() : text_("0") {
  static const std::string key = VersionKey(VersionParts{.release = "0"});
  key_ = key;
}

Result<Version> Version::Parse(std::string_view text) {
  const std::string_view trimmed = TrimText(text);
  if (trimmed.size() > kMaxSize) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "a version of " + std::to_string(trimmed.size()) +
                            " characters is too long: '" + std::string(trimmed.substr(0, 40)) +
                            "…'"};
  }
  const std::optional<VersionParts> parts = ScanVersion(trimmed);
  if (!parts) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(text) + "' is not a version"};
  }
  return Of(trimmed, *parts);
}

Version Version::Of(std::string_view text, const VersionParts& parts) {
  Version version;
  version.text_ = text;
  version.key_ = VersionKey(parts);
  version.has_pre_ = parts.pre != PreRelease::kNone;
  version.has_post_ = parts.post.has_value();
  version.has_dev_ = parts.dev.has_value();
  version.has_local_ = !parts.local.empty();
  return version;
}

std::string Version::ToString() const {
  return WriteVersion(PartsOf(text_));
}

std::uint64_t Version::epoch() const {
  return SaturatingNumber(PartsOf(text_).epoch);
}

std::uint64_t Version::release(std::size_t i) const {
  const VersionParts parts = PartsOf(text_);
  const std::vector<std::string_view> components = SplitText(parts.release, '.');
  return i < components.size() ? SaturatingNumber(components[i]) : 0;
}

std::size_t Version::release_size() const {
  const VersionParts parts = PartsOf(text_);
  return SplitText(parts.release, '.').size();
}

std::string Version::local() const {
  return has_local_ ? LocalText(PartsOf(text_).local) : "";
}

Version Version::WithoutLocal() const {
  if (!has_local_) {
    return *this;
  }
  return *Parse(std::string_view(text_).substr(0, text_.find('+')));
}

Version Version::BaseRelease() const {
  if (!has_pre_ && !has_post_ && !has_dev_ && !has_local_) {
    return *this;
  }
  const VersionParts parts = PartsOf(text_);
  return *Parse(WriteVersion(VersionParts{.epoch = parts.epoch, .release = parts.release}));
}

}  // namespace flowstone::pypi
