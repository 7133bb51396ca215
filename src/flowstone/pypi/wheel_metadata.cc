#include "flowstone/pypi/wheel_metadata.h"

#include <charconv>
#include <optional>
#include <system_error>

#include "flowstone/base/text.h"
#include "flowstone/pypi/header_fields.h"

namespace flowstone::pypi {
namespace {

std::optional<int> ParseNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

Result<WheelMetadata> WheelMetadata::Parse(std::string_view text) {
  const HeaderFields headers = HeaderFields::Parse(text);
  const std::string_view version = headers.Find("wheel-version").value_or("");
  const std::vector<std::string_view> parts = SplitText(version, '.');
  const std::optional<int> major = ParseNumber(parts[0]);
  const std::optional<int> minor = parts.size() == 2 ? ParseNumber(parts[1]) : std::nullopt;
  if (!major || !minor) {
    return Error{
        .code = ErrorCode::kInvalid,
        .message = "the WHEEL file has no valid Wheel-Version: '" + std::string(version) + "'"};
  }
  if (*major > kSupportedMajor) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the wheel has format version " + std::string(version) +
                            ", newer than this program knows"};
  }
  WheelMetadata metadata{.version_major = *major, .version_minor = *minor};
  if (headers.Find("root-is-purelib") == "true") {
    metadata.root = WheelRoot::kPurelib;
  }
  metadata.generator = headers.Find("generator").value_or("");
  metadata.build = headers.Find("build").value_or("");
  for (const std::string_view tag : headers.FindAll("tag")) {
    FLOWSTONE_LET(TagSet set, Annotate(TagSet::Parse(tag), "in the field 'Tag'"));
    metadata.tags.push_back(std::move(set));
  }
  return metadata;
}

std::string WheelMetadata::ToString() const {
  std::string text = "Wheel-Version: " + std::to_string(version_major) + "." +
                     std::to_string(version_minor) + "\n";
  if (!generator.empty()) {
    text += "Generator: " + generator + "\n";
  }
  text += "Root-Is-Purelib: ";
  text += root == WheelRoot::kPurelib ? "true\n" : "false\n";
  for (const TagSet& set : tags) {
    text += "Tag: " + set.ToString() + "\n";
  }
  if (!build.empty()) {
    text += "Build: " + build + "\n";
  }
  return text;
}

}  // namespace flowstone::pypi
