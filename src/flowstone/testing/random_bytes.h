// Bytes that do not compress, the same in every run of a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace flowstone::testing {

inline std::string RandomBytes(std::size_t size, std::uint32_t seed = 1) {
  std::mt19937 generator(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(static_cast<unsigned char>(generator()));
  }
  return bytes;
}

}  // namespace flowstone::testing
