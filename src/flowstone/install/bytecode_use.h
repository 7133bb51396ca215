// BytecodeUse: which packages of an environment come with their bytecode (compiled_archives.h).
#pragma once

#include <cstdint>

namespace flowstone::install {

enum class BytecodeUse : std::uint8_t {
  kWhereThere,  // those that were compiled before
  kCompile,     // all
};

}  // namespace flowstone::install
