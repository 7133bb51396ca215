#include "flowstone/pypi/target.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace flowstone::pypi {
namespace {

struct OperatingSystem {
  std::string_view prefix;  // of sysconfig.get_platform()
  std::string_view os_name;
  std::string_view sys_platform;
  std::string_view platform_system;
};

constexpr std::array<OperatingSystem, 3> kSystems = {{
    {"linux", "posix", "linux", "Linux"},
    {"macosx", "posix", "darwin", "Darwin"},
    {"win", "nt", "win32", "Windows"},
}};

// platform.python_implementation() for sys.implementation.name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kImplementations = {
    {{"cpython", "CPython"}, {"pypy", "PyPy"}, {"graalpy", "GraalVM"}}};

std::string_view ImplementationTitle(std::string_view name) {
  const auto* found =
      std::find_if(kImplementations.begin(), kImplementations.end(),
                   [&](const auto& implementation) { return implementation.first == name; });
  return found == kImplementations.end() ? name : found->second;
}

// platform.machine(): the last part of "linux-x86_64" and "macosx-14.0-arm64", in the system's
// spelling.
std::optional<std::string> MachineOf(std::string_view platform) {
  if (platform == "win32") {
    return "x86";
  }
  // Architectures contain underscores, so only the separators before them count.
  const std::size_t separators = platform.starts_with("macosx") ? 3 : 1;
  std::string normalised(platform);
  std::replace(normalised.begin(), normalised.end(), '-', '_');
  std::replace(normalised.begin(), normalised.end(), '.', '_');
  std::size_t start = 0;
  for (std::size_t i = 0; i < separators; ++i) {
    start = normalised.find('_', start);
    if (start == std::string::npos) {
      return std::nullopt;
    }
    ++start;
  }
  std::string machine = normalised.substr(start);
  if (platform.starts_with("win")) {
    std::transform(machine.begin(), machine.end(), machine.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
  }
  return machine;
}

}  // namespace

Result<Target> Target::Of(const InterpreterFacts& facts, const Version& python_full_version) {
  const auto* system =
      std::find_if(kSystems.begin(), kSystems.end(), [&](const OperatingSystem& candidate) {
        return facts.platform.starts_with(candidate.prefix);
      });
  const std::optional<std::string> machine = MachineOf(facts.platform);
  if (system == kSystems.end() || !machine || machine->empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + facts.platform + "' is not a platform of an interpreter"};
  }
  const std::string python_version =
      std::to_string(facts.version_major) + "." + std::to_string(facts.version_minor);
  const std::string version = python_full_version.ToString();
  const bool agrees =
      python_full_version.release(0) == static_cast<std::uint64_t>(facts.version_major) &&
      python_full_version.release(1) == static_cast<std::uint64_t>(facts.version_minor);
  if (!agrees) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "python " + version + " is no version of python " + python_version};
  }
  FLOWSTONE_LET(TagList tags, CompatibleTags(facts));
  return Target{
      .markers = {.implementation_name = facts.implementation,
                  .implementation_version = facts.implementation == "cpython" ? version : "",
                  .os_name = std::string(system->os_name),
                  .platform_machine = *machine,
                  .platform_python_implementation =
                      std::string(ImplementationTitle(facts.implementation)),
                  .platform_system = std::string(system->platform_system),
                  .python_full_version = version,
                  .python_version = python_version,
                  .sys_platform = std::string(system->sys_platform)},
      .tags = std::move(tags),
      .python_full_version = python_full_version};
}

}  // namespace flowstone::pypi
