#include "flowstone/install/link_mode.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace flowstone::install {
namespace {

// In the order of LinkMode.
constexpr std::array<std::string_view, 4> kLinkModeNames = {"symlink", "hardlink", "clone", "copy"};
constexpr std::string_view kOverlayName = "overlay";

Error NoSuchMode(const std::string& name, std::string hint) {
  return {.code = ErrorCode::kInvalid,
          .message = "there is no link mode \"" + name + "\"",
          .hints = {std::move(hint)}};
}

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
  return NoSuchMode(name, "link modes are symlink, hardlink, clone and copy");
}

Result<LinkWish> ParseLinkWish(const std::string& name) {
  if (name == kOverlayName) {
    return LinkWish{.mode = std::nullopt, .layer = Layer::kPrivate};
  }
  if (const std::optional<LinkMode> mode = LinkModeOf(name)) {
    return LinkWish{.mode = mode, .layer = Layer::kShared};
  }
  return NoSuchMode(name, "link modes are symlink, hardlink, clone, copy and overlay");
}

Error NoLayerError(Error refusal) {
  return std::move(refusal)
      .WithContext("while making the private layer of --link-mode overlay")
      .WithHint("--link-mode copy keeps what programs write out of the shared packages, too");
}

}  // namespace flowstone::install
