// The fuzz targets of a build without libFuzzer. CMake writes their list: one source file takes in
// all of them, so that headers are read once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace flowstone::fuzz {

struct ReplayTarget {
  std::string_view name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

std::span<const ReplayTarget> ReplayTargets();

}  // namespace flowstone::fuzz
