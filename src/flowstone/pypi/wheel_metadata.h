// WheelMetadata: the WHEEL file of a wheel (PEP 427).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/tags.h"

namespace flowstone::pypi {

// Where the top level of the wheel goes.
enum class WheelRoot : std::uint8_t { kPurelib, kPlatlib };

struct WheelMetadata {
  static constexpr int kSupportedMajor = 1;

  int version_major = 1;
  int version_minor = 0;
  WheelRoot root = WheelRoot::kPlatlib;  // kPurelib when Root-Is-Purelib is exactly "true"
  std::string generator = {};
  std::string build = {};
  std::vector<TagSet> tags = {};

  // kInvalid when Wheel-Version is missing or malformed, or its major number is above
  // kSupportedMajor.
  static Result<WheelMetadata> Parse(std::string_view text);
  // The file that Parse reads.
  std::string ToString() const;
};

}  // namespace flowstone::pypi
