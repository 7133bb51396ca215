#include "flowstone/pypi/wheel_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "flowstone/pypi/version_parts.h"
#include "flowstone/pypi/wheel_name_parts.h"

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

Result<WheelNameParts> WheelNameParts::Of(std::string_view filename) {
  constexpr std::string_view extension = ".whl";
  constexpr std::size_t most = 6;
  if (!filename.ends_with(extension)) {
    return InvalidWheelName(filename, "it does not end with '.whl'");
  }
  if (!IsPlainFileName(filename)) {
    return InvalidWheelName(filename, "it contains a path separator or a control character");
  }
  const std::string_view stem = filename.substr(0, filename.size() - extension.size());
  std::array<std::string_view, most> parts;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin <= stem.size(); ++count) {
    const std::size_t end = std::min(stem.find('-', begin), stem.size());
    if (count < most) {
      parts[count] = stem.substr(begin, end - begin);
    }
    begin = end + 1;
  }
  if (count != most - 1 && count != most) {
    return InvalidWheelName(filename, "it needs five or six parts separated by '-'");
  }
  if (parts[0].find("__") != std::string_view::npos) {
    return InvalidWheelName(filename, "the project name contains '__'");
  }
  WheelNameParts found{.name = parts[0], .version = parts[1]};
  if (count == most) {
    found.build = parts[2];
  }
  const std::string_view python = parts[count - 3];
  found.tags = stem.substr(static_cast<std::size_t>(python.data() - stem.data()));
  return found;
}

Result<WheelName> WheelName::Parse(std::string_view filename) {
  FLOWSTONE_LET(const WheelNameParts parts, WheelNameParts::Of(filename));
  const auto within = [filename](auto part) {
    return part ? std::move(part)
                : Annotate(std::move(part),
                           "while reading the file name '" + std::string(filename) + "'");
  };
  WheelName wheel;
  FLOWSTONE_LET(wheel.name, within(Name::Parse(parts.name)));
  FLOWSTONE_LET(wheel.version, within(Version::Parse(parts.version)));
  if (parts.build) {
    FLOWSTONE_LET(wheel.build, within(BuildTag::Parse(*parts.build)));
  }
  FLOWSTONE_LET(wheel.tags, within(TagSet::Parse(parts.tags)));
  return wheel;
}

}  // namespace flowstone::pypi
