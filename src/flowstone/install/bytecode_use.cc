#include "flowstone/install/bytecode_use.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace flowstone::install {
namespace {

// In the order of BytecodeUse.
constexpr std::array<std::string_view, 3> kBytecodeUseNames = {"none", "background", "eager"};

}  // namespace

Result<BytecodeUse> ParseBytecodeUse(std::string_view name) {
  const auto* const found = std::ranges::find(kBytecodeUseNames, name);
  if (found == kBytecodeUseNames.end()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "bytecode cannot be made \"" + std::string(name) + "\"",
                 .hints = {"it is made in the background, eager or none"}};
  }
  return static_cast<BytecodeUse>(found - kBytecodeUseNames.begin());
}

}  // namespace flowstone::install
