#include "flowstone/install/link_mode.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace flowstone::install {
namespace {

// In the order of LinkMode.
constexpr std::array<std::string_view, 4> kLinkModeNames = {"symlink", "hardlink", "clone", "copy"};

}  // namespace

std::string_view LinkModeName(LinkMode mode) {
  return kLinkModeNames.at(static_cast<std::size_t>(mode));
}

std::optional<LinkMode> LinkModeOf(std::string_view name) {
  const auto* const found = std::ranges::find(kLinkModeNames, name);
  if (found == kLinkModeNames.end()) {
    return std::nullopt;
  }
  return static_cast<LinkMode>(found - kLinkModeNames.begin());
}

Result<LinkMode> ParseLinkMode(const std::string& name) {
  if (const std::optional<LinkMode> mode = LinkModeOf(name)) {
    return *mode;
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = "there is no link mode \"" + name + "\"",
               .hints = {"link modes are symlink, hardlink, clone and copy"}};
}

}  // namespace flowstone::install
