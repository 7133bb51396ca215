#include "flowstone/resolve/wheel_environments.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"
#include "flowstone/pypi/marker.h"

namespace flowstone::resolve {
namespace {

using pypi::MarkerAlgebra;
using pypi::MarkerDiagram;

MarkerDiagram ReadMarker(const std::string& text, MarkerAlgebra& algebra) {
  const Result<pypi::Marker> marker = pypi::Marker::Parse(text);
  FLOWSTONE_CHECK(marker.has_value());
  return algebra.Of(*marker);
}

MarkerDiagram MachinesOn(const std::string& sys_platform, const std::vector<std::string>& machines,
                         MarkerAlgebra& algebra) {
  MarkerDiagram any = machines.empty() ? MarkerAlgebra::Always() : MarkerAlgebra::Never();
  for (const std::string& machine : machines) {
    any = algebra.Or(any, ReadMarker("platform_machine == \"" + machine + "\"", algebra));
  }
  return algebra.And(ReadMarker("sys_platform == \"" + sys_platform + "\"", algebra), any);
}

// The architectures of a macOS tag that stands for several.
std::vector<std::string> MacMachines(const std::string& architecture) {
  if (architecture == "universal2") {
    return {"arm64", "x86_64"};
  }
  if (architecture == "universal") {
    return {"i386", "ppc", "ppc64", "x86_64"};
  }
  if (architecture == "intel" || architecture == "fat64" || architecture == "fat32" ||
      architecture == "fat") {
    return {"i386", "ppc", "ppc64", "x86_64"};
  }
  return {architecture};
}

// What follows the first `count` underscores: "x86_64" of "manylinux_2_17_x86_64".
std::optional<std::string> AfterUnderscores(std::string_view text, int count) {
  std::size_t start = 0;
  for (int i = 0; i < count; ++i) {
    start = text.find('_', start);
    if (start == std::string_view::npos) {
      return std::nullopt;
    }
    ++start;
  }
  return std::string(text.substr(start));
}

struct PlatformPattern {
  std::string_view prefix;
  int underscores;  // before the architecture
  std::string_view sys_platform;
};

constexpr std::array<PlatformPattern, 9> kPatterns = {{
    // Longer prefixes before those they start with.
    {"manylinux_", 3, "linux"},
    {"manylinux1_", 1, "linux"},
    {"manylinux2010_", 1, "linux"},
    {"manylinux2014_", 1, "linux"},
    {"musllinux_", 3, "linux"},
    {"linux_", 1, "linux"},
    {"macosx_", 3, "darwin"},
    {"ios_", 3, "ios"},
    {"android_", 2, "android"},
}};

MarkerDiagram OfPlatform(const std::string& platform, MarkerAlgebra& algebra) {
  if (platform == "win32") {
    return MachinesOn("win32", {"x86"}, algebra);
  }
  if (platform == "win_amd64") {
    return MachinesOn("win32", {"AMD64"}, algebra);
  }
  if (platform == "win_arm64") {
    return MachinesOn("win32", {"ARM64"}, algebra);
  }
  for (const PlatformPattern& pattern : kPatterns) {
    if (!platform.starts_with(pattern.prefix)) {
      continue;
    }
    const std::string sys_platform(pattern.sys_platform);
    const std::optional<std::string> machine = AfterUnderscores(platform, pattern.underscores);
    if (!machine || sys_platform == "ios" || sys_platform == "android") {
      return MachinesOn(sys_platform, {}, algebra);
    }
    return MachinesOn(
        sys_platform,
        sys_platform == "darwin" ? MacMachines(*machine) : std::vector<std::string>{*machine},
        algebra);
  }
  return MarkerAlgebra::Always();
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, IsAsciiDigit);
}

// "py3", "cp312" with "cp312" or "abi3": which Python versions and implementations.
MarkerDiagram OfInterpreter(const std::string& python, const std::string& abi,
                            MarkerAlgebra& algebra) {
  const std::string kind = python.substr(0, 2);
  const std::string_view digits =
      std::string_view(python).substr(std::min<std::size_t>(2, python.size()));
  if ((kind != "py" && kind != "cp" && kind != "pp") || !IsNumber(digits)) {
    return MarkerAlgebra::Always();
  }
  MarkerDiagram implementation = MarkerAlgebra::Always();
  if (kind != "py") {
    const std::string name = kind == "cp" ? "cpython" : "pypy";
    implementation = ReadMarker("implementation_name == \"" + name + "\"", algebra);
  }
  const std::string major(1, digits[0]);
  const MarkerDiagram same_major = ReadMarker("python_version == \"" + major + ".*\"", algebra);
  if (digits.size() == 1) {
    return algebra.And(implementation, same_major);
  }
  const std::string minor = major + "." + std::string(digits.substr(1));
  const bool is_floor = kind == "py" || abi == "abi3";
  const MarkerDiagram versions =
      is_floor ? algebra.And(same_major, ReadMarker("python_version >= \"" + minor + "\"", algebra))
               : ReadMarker("python_version == \"" + minor + "\"", algebra);
  return algebra.And(implementation, versions);
}

}  // namespace

MarkerDiagram EnvironmentsOn(const OperatingSystem& system, MarkerAlgebra& algebra) {
  return MachinesOn(std::string(system.sys_platform), {}, algebra);
}

MarkerDiagram EnvironmentsOf(const pypi::TagSet& tags, MarkerAlgebra& algebra) {
  MarkerDiagram interpreters = MarkerAlgebra::Never();
  for (const std::string& python : tags.pythons) {
    for (const std::string& abi : tags.abis) {
      interpreters = algebra.Or(interpreters, OfInterpreter(python, abi, algebra));
    }
  }
  MarkerDiagram platforms = MarkerAlgebra::Never();
  for (const std::string& platform : tags.platforms) {
    platforms = algebra.Or(platforms, OfPlatform(platform, algebra));
  }
  return algebra.And(interpreters, platforms);
}

std::optional<MarkerDiagram> WheelEnvironments::OfTags(std::string_view tag_set) {
  const auto [entry, is_new] = known_.try_emplace(std::string(tag_set));
  if (is_new) {
    if (const Result<pypi::TagSet> tags = pypi::TagSet::Parse(tag_set)) {
      entry->second = EnvironmentsOf(*tags, algebra_);
    }
  }
  return entry->second;
}

MarkerDiagram WheelEnvironments::Of(std::string_view filename) {
  constexpr std::string_view suffix = ".whl";
  constexpr int tag_parts = 3;
  std::size_t start = filename.size();
  for (int i = 0; i < tag_parts && start != std::string_view::npos; ++i) {
    start = start == 0 ? std::string_view::npos : filename.rfind('-', start - 1);
  }
  if (start == std::string_view::npos || !filename.ends_with(suffix)) {
    return MarkerAlgebra::Always();
  }
  return OfTags(filename.substr(start + 1, filename.size() - suffix.size() - start - 1))
      .value_or(MarkerAlgebra::Always());
}

}  // namespace flowstone::resolve
