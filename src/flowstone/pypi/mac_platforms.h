// MacPlatforms: the platform tags that a macOS system accepts, best first.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone::pypi {

struct MacVersion {
  int major = 0;
  int minor = 0;

  friend auto operator<=>(const MacVersion&, const MacVersion&) = default;
};

// `architecture` as the kernel names it: "arm64", "x86_64", "i386", "ppc64", "ppc".
std::vector<std::string> MacPlatforms(MacVersion version, std::string_view architecture);

}  // namespace flowstone::pypi
