// BytecodeUse: which packages of an environment come with their bytecode (compiled_archives.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::install {

enum class BytecodeUse : std::uint8_t {
  kWhereThere,    // those that were compiled before
  kInBackground,  // the same, and the others are compiled for later environments
  kCompile,       // all
};

// "none", "background", "eager", as --bytecode has them; kInvalid names these.
Result<BytecodeUse> ParseBytecodeUse(std::string_view name);

}  // namespace flowstone::install
