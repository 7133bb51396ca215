// LinkMode: how the files of an unpacked wheel come to be in an environment. The names are uv's,
// and mean what they mean there. Layer: where a program writes that writes beside them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::install {

enum class LinkMode : std::uint8_t {
  kSymlink,   // whole directories where one package has them alone, else files: symbolic links
  kHardlink,  // every file is the archive's own, read-only
  kClone,     // every file shares its blocks with the archive's until it is written
  kCopy,      // every file is a copy
};

enum class Layer : std::uint8_t {
  kShared,   // where the packages are
  kPrivate,  // in a layer of its own, which vanishes with it (os/private_layer.h)
};

// What --link-mode asks for. "overlay" is a private layer over an environment as it comes without
// the option.
struct LinkWish {
  std::optional<LinkMode> mode = {};  // none: what suits the file system
  Layer layer = Layer::kShared;
};

// "symlink", "hardlink", "clone", "copy".
std::string_view LinkModeName(LinkMode mode);
std::optional<LinkMode> LinkModeOf(std::string_view name);
// kInvalid names the modes there are.
Result<LinkMode> ParseLinkMode(const std::string& name);
Result<LinkWish> ParseLinkWish(const std::string& name);

// That there is no private layer, with what to do instead.
Error NoLayerError(Error refusal);

}  // namespace flowstone::install
