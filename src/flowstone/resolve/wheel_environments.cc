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

// What the systems call one architecture: `platform_machine` is the word of the system, and markers
// have all of them (as uv reads them).
struct Architecture {
  std::array<std::string_view, 3> machines;
};
constexpr Architecture kArm64 = {{"aarch64", "arm64", "ARM64"}};
constexpr Architecture kX8664 = {{"x86_64", "amd64", "AMD64"}};
constexpr Architecture kX86 = {{"i686", "i386", "x86"}};

// Whatever the machine is when there are no `machines`.
template <class Machines>
MarkerDiagram MachinesOn(std::string_view sys_platform, const Machines& machines,
                         MarkerAlgebra& algebra) {
  MarkerDiagram any =
      std::ranges::empty(machines) ? MarkerAlgebra::Always() : MarkerAlgebra::Never();
  for (const std::string_view machine : machines) {
    any = algebra.Or(any,
                     ReadMarker("platform_machine == \"" + std::string(machine) + "\"", algebra));
  }
  return algebra.And(ReadMarker("sys_platform == \"" + std::string(sys_platform) + "\"", algebra),
                     any);
}

// The last part of a platform tag: "x86_64", "universal2", "arm64_v8a", "x86_64_iphonesimulator".
MarkerDiagram ArchitectureOn(std::string_view sys_platform, std::string_view name,
                             MarkerAlgebra& algebra) {
  if (name == "aarch64" || name.starts_with("arm64")) {
    return MachinesOn(sys_platform, kArm64.machines, algebra);
  }
  if (name.starts_with("x86_64")) {
    return MachinesOn(sys_platform, kX8664.machines, algebra);
  }
  if (std::ranges::find(kX86.machines, name) != kX86.machines.end()) {
    return MachinesOn(sys_platform, kX86.machines, algebra);
  }
  // Names for several architectures of macOS, and those of Android that no machine has.
  const bool has_machine = sys_platform == "linux" || sys_platform == "darwin";
  const bool is_several = name.starts_with("universal") || name.starts_with("fat") ||
                          (name == "intel" && sys_platform == "darwin");
  return has_machine && !is_several
             ? MachinesOn(sys_platform, std::array<std::string_view, 1>{name}, algebra)
             : MachinesOn(sys_platform, std::array<std::string_view, 0>(), algebra);
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
    return MachinesOn("win32", kX86.machines, algebra);
  }
  if (platform == "win_amd64") {
    // Windows on ARM runs them.
    return algebra.Or(MachinesOn("win32", kX8664.machines, algebra),
                      MachinesOn("win32", kArm64.machines, algebra));
  }
  if (platform == "win_arm64") {
    return MachinesOn("win32", kArm64.machines, algebra);
  }
  for (const PlatformPattern& pattern : kPatterns) {
    if (!platform.starts_with(pattern.prefix)) {
      continue;
    }
    return ArchitectureOn(pattern.sys_platform,
                          AfterUnderscores(platform, pattern.underscores).value_or(""), algebra);
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
  return MachinesOn(system.sys_platform, std::array<std::string_view, 0>(), algebra);
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
