#include "flowstone/pypi/wheel_name.h"

#include <algorithm>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/pypi/version_parts.h"

namespace flowstone::pypi {
namespace {

Error InvalidWheelName(std::string_view filename, std::string_view reason) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "'" + std::string(filename) +
                          "' is not a wheel file name: " + std::string(reason)};
}

bool IsPlainFileName(std::string_view filename) {
  return std::none_of(filename.begin(), filename.end(), [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
  });
}

}  // namespace

Result<BuildTag> BuildTag::Parse(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) {
    return Error{
        .code = ErrorCode::kInvalid,
        .message = "the build tag '" + std::string(text) + "' does not start with a digit"};
  }
  return BuildTag{.number = std::string(StripZeros(text.substr(0, digits))),
                  .suffix = std::string(text.substr(digits))};
}

std::strong_ordering operator<=>(const BuildTag& a, const BuildTag& b) {
  // Without leading zeros, the longer number is the larger one; the absent one has no digits.
  if (const auto order = a.number.size() <=> b.number.size(); std::is_neq(order)) {
    return order;
  }
  if (const auto order = a.number <=> b.number; std::is_neq(order)) {
    return order;
  }
  return a.suffix <=> b.suffix;
}

Result<WheelName> WheelName::Parse(std::string_view filename) {
  constexpr std::string_view extension = ".whl";
  if (!filename.ends_with(extension)) {
    return InvalidWheelName(filename, "it does not end with '.whl'");
  }
  if (!IsPlainFileName(filename)) {
    return InvalidWheelName(filename, "it contains a path separator or a control character");
  }
  const std::string_view stem = filename.substr(0, filename.size() - extension.size());
  const std::vector<std::string_view> parts = SplitText(stem, '-');
  if (parts.size() != 5 && parts.size() != 6) {
    return InvalidWheelName(filename, "it needs five or six parts separated by '-'");
  }
  if (parts[0].find("__") != std::string_view::npos) {
    return InvalidWheelName(filename, "the project name contains '__'");
  }
  const std::string frame = "while reading the file name '" + std::string(filename) + "'";
  WheelName wheel;
  FLOWSTONE_LET(wheel.name, Annotate(Name::Parse(parts[0]), frame));
  FLOWSTONE_LET(wheel.version, Annotate(Version::Parse(parts[1]), frame));
  if (parts.size() == 6) {
    FLOWSTONE_LET(wheel.build, Annotate(BuildTag::Parse(parts[2]), frame));
  }
  const std::string_view tags =
      stem.substr(static_cast<std::size_t>(parts[parts.size() - 3].data() - stem.data()));
  FLOWSTONE_LET(wheel.tags, Annotate(TagSet::Parse(tags), frame));
  return wheel;
}

}  // namespace flowstone::pypi
