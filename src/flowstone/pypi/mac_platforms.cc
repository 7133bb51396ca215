#include "flowstone/pypi/mac_platforms.h"

namespace flowstone::pypi {
namespace {

// The last minor version of macOS 10, as newer systems count it.
constexpr int kLastMinorOf10 = 16;
// The first one with Intel processors, hence with universal binaries.
constexpr int kFirstIntelMinorOf10 = 4;

// The kinds of binaries that a processor runs on this version, best first.
std::vector<std::string_view> BinaryFormats(MacVersion version, std::string_view architecture) {
  constexpr MacVersion first_intel{10, kFirstIntelMinorOf10};
  constexpr MacVersion last_ppc64{10, 5};
  constexpr MacVersion last_ppc{10, 6};
  if (architecture == "x86_64") {
    return version < first_intel
               ? std::vector<std::string_view>{}
               : std::vector<std::string_view>{"x86_64", "intel",      "fat64",
                                               "fat3",   "universal2", "universal"};
  }
  if (architecture == "i386") {
    return version < first_intel
               ? std::vector<std::string_view>{}
               : std::vector<std::string_view>{"i386", "intel", "fat3", "fat", "universal"};
  }
  if (architecture == "ppc64") {
    return version < first_intel || version > last_ppc64
               ? std::vector<std::string_view>{}
               : std::vector<std::string_view>{"ppc64", "fat64", "universal"};
  }
  if (architecture == "ppc") {
    return version > last_ppc ? std::vector<std::string_view>{}
                              : std::vector<std::string_view>{"ppc", "fat3", "fat", "universal"};
  }
  if (architecture == "arm64") {
    return {"arm64", "universal2"};
  }
  return {architecture};
}

void AppendFormats(std::vector<std::string>& platforms, MacVersion version,
                   const std::vector<std::string_view>& formats) {
  for (const std::string_view format : formats) {
    platforms.push_back("macosx_" + std::to_string(version.major) + "_" +
                        std::to_string(version.minor) + "_" + std::string(format));
  }
}

}  // namespace

std::vector<std::string> MacPlatforms(MacVersion version, std::string_view architecture) {
  std::vector<std::string> platforms;
  if (version.major == 10) {
    for (int minor = version.minor; minor >= 0; --minor) {
      const MacVersion older{10, minor};
      AppendFormats(platforms, older, BinaryFormats(older, architecture));
    }
    return platforms;
  }
  for (int major = version.major; major > 10; --major) {
    const MacVersion older{major, 0};
    AppendFormats(platforms, older, BinaryFormats(older, architecture));
  }
  if (version.major <= 10) {
    return platforms;
  }
  // Binaries of macOS 10 run on Intel; elsewhere only a universal one can hold code for both.
  for (int minor = kLastMinorOf10; minor >= kFirstIntelMinorOf10; --minor) {
    const MacVersion older{10, minor};
    AppendFormats(platforms, older,
                  architecture == "x86_64" ? BinaryFormats(older, architecture)
                                           : std::vector<std::string_view>{"universal2"});
  }
  return platforms;
}

}  // namespace flowstone::pypi
