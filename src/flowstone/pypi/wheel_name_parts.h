// WheelNameParts: the file name of a wheel taken apart, none of its parts read yet. For whoever
// reads thousands of names whose parts are mostly the same; others want WheelName.
#pragma once

#include <optional>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::pypi {

struct WheelNameParts {
  std::string_view name;
  std::string_view version;
  std::optional<std::string_view> build = {};
  std::string_view tags = {};  // "py3-none-any"

  // Views into `filename`.
  static Result<WheelNameParts> Of(std::string_view filename);
};

}  // namespace flowstone::pypi
