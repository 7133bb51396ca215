#include "flowstone/pypi/compatible_tags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/pypi/mac_platforms.h"

namespace flowstone::pypi {
namespace {

// PEP 600: manylinux is defined for these, 2_5 being the oldest on x86 and 2_17 elsewhere.
constexpr std::array<std::string_view, 9> kManylinuxArchitectures = {
    "x86_64", "i686", "aarch64", "armv7l", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64"};
constexpr int kOldestGlibcMinorX86 = 5;
constexpr int kOldestGlibcMinor = 17;

// The names that PEP 513, 571 and 599 gave to glibc versions before PEP 600.
constexpr std::array<std::pair<int, std::string_view>, 3> kLegacyManylinux = {
    {{17, "manylinux2014_"}, {12, "manylinux2010_"}, {5, "manylinux1_"}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kShortNames = {
    {{"python", "py"}, {"cpython", "cp"}, {"pypy", "pp"}, {"ironpython", "ip"}, {"jython", "jy"}}};

// The first minor version of Python 3 with a stable ABI (PEP 384).
constexpr int kFirstStableAbiMinor = 2;

std::string VersionDigits(int major, int minor) {
  return std::to_string(major) + std::to_string(minor);
}

std::string_view ShortName(std::string_view implementation) {
  const auto* found = std::find_if(kShortNames.begin(), kShortNames.end(), [&](const auto& entry) {
    return entry.first == implementation;
  });
  return found == kShortNames.end() ? implementation : found->second;
}

void AppendManylinux(std::vector<std::string>& platforms, const InterpreterFacts& facts,
                     const std::string& architecture) {
  const bool is_x86 = architecture == "x86_64" || architecture == "i686";
  const int oldest = is_x86 ? kOldestGlibcMinorX86 : kOldestGlibcMinor;
  for (int minor = facts.libc_minor; minor >= oldest; --minor) {
    platforms.push_back("manylinux_2_" + std::to_string(minor) + "_" + architecture);
    for (const auto& [legacy_minor, prefix] : kLegacyManylinux) {
      if (minor == legacy_minor) {
        platforms.push_back(std::string(prefix) + architecture);
      }
    }
  }
}

void AppendMusllinux(std::vector<std::string>& platforms, const InterpreterFacts& facts,
                     const std::string& architecture) {
  for (int minor = facts.libc_minor; minor >= 0; --minor) {
    platforms.push_back("musllinux_" + std::to_string(facts.libc_major) + "_" +
                        std::to_string(minor) + "_" + architecture);
  }
}

// The architectures that an interpreter runs code for, its own first.
std::vector<std::string> LinuxArchitectures(std::string architecture, int pointer_bits) {
  if (pointer_bits == 32) {  // a 32-bit interpreter on a 64-bit kernel
    if (architecture == "x86_64") {
      architecture = "i686";
    } else if (architecture == "aarch64") {
      architecture = "armv8l";
    }
  }
  if (architecture == "armv8l") {
    return {"armv8l", "armv7l"};
  }
  return {std::move(architecture)};
}

std::vector<std::string> LinuxPlatforms(const InterpreterFacts& facts, std::string architecture) {
  const std::vector<std::string> architectures =
      LinuxArchitectures(std::move(architecture), facts.pointer_bits);
  std::vector<std::string> platforms;
  std::transform(architectures.begin(), architectures.end(), std::back_inserter(platforms),
                 [](const std::string& name) { return "linux_" + name; });
  const bool has_manylinux =
      facts.libc == Libc::kGlibc && facts.libc_major == 2 &&
      std::any_of(architectures.begin(), architectures.end(), [](const std::string& name) {
        return std::find(kManylinuxArchitectures.begin(), kManylinuxArchitectures.end(), name) !=
               kManylinuxArchitectures.end();
      });
  for (const std::string& name : architectures) {
    if (has_manylinux) {
      AppendManylinux(platforms, facts, name);
    } else if (facts.libc == Libc::kMusl) {
      AppendMusllinux(platforms, facts, name);
    }
  }
  return platforms;
}

// "macosx_14_0_arm64" after its first word.
std::optional<std::vector<std::string>> MacPlatformsOf(std::string_view text, int pointer_bits) {
  MacVersion version;
  const auto take_number = [&text](int& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (error != std::errc() || !text.starts_with('_')) {
      return false;
    }
    text.remove_prefix(1);
    return true;
  };
  if (!take_number(version.major) || !take_number(version.minor) || text.empty()) {
    return std::nullopt;
  }
  std::string architecture(text);
  if (pointer_bits == 32) {
    architecture = architecture.starts_with("ppc") ? "ppc" : "i386";
  }
  return MacPlatforms(version, architecture);
}

// What a list of tags is made from.
struct TagSource {
  const InterpreterFacts& facts;
  std::vector<std::string> platforms;
  TagList::Builder tags = {};

  void Append(const std::string& python, const std::string& abi) {
    tags.Append(python, abi, platforms);
  }
  void AppendAny(const std::string& python) { tags.Append(python, "none", "any"); }
};

void AppendCPython(TagSource& source) {
  const InterpreterFacts& facts = source.facts;
  const std::string python = "cp" + VersionDigits(facts.version_major, facts.version_minor);
  const bool is_threaded = facts.abi_flags.find('t') != std::string::npos;
  const bool is_debug = facts.abi_flags.find('d') != std::string::npos;
  const bool has_pymalloc_flag =
      facts.version_major < 3 || (facts.version_major == 3 && facts.version_minor < 8);
  const std::string release_abi = python + (is_threaded ? "t" : "");
  source.Append(python, release_abi + (is_debug ? "d" : "") + (has_pymalloc_flag ? "m" : ""));
  if (is_debug && !has_pymalloc_flag) {
    source.Append(python, release_abi);  // debug builds load release extensions since 3.8
  }
  const bool has_stable_abi =
      facts.version_major > 3 ||
      (facts.version_major == 3 && facts.version_minor >= kFirstStableAbiMinor);
  const std::string stable_abi = is_threaded ? "abi3t" : "abi3";
  if (has_stable_abi) {
    source.Append(python, stable_abi);
  }
  source.Append(python, "none");
  if (has_stable_abi) {
    for (int minor = facts.version_minor - 1; minor >= kFirstStableAbiMinor; --minor) {
      source.Append("cp" + VersionDigits(facts.version_major, minor), stable_abi);
    }
  }
}

void AppendOther(TagSource& source) {
  const InterpreterFacts& facts = source.facts;
  const std::string python = std::string(ShortName(facts.implementation)) +
                             VersionDigits(facts.version_major, facts.version_minor);
  if (!facts.abi_tag.empty() && facts.abi_tag != "none") {
    source.Append(python, facts.abi_tag);
  }
  source.Append(python, "none");
}

// py312, py3, py311 … py30.
std::vector<std::string> PythonRange(int major, int minor) {
  std::vector<std::string> pythons = {"py" + VersionDigits(major, minor),
                                      "py" + std::to_string(major)};
  for (int older = minor - 1; older >= 0; --older) {
    pythons.push_back("py" + VersionDigits(major, older));
  }
  return pythons;
}

}  // namespace

Result<std::vector<std::string>> CompatiblePlatforms(const InterpreterFacts& facts) {
  std::string platform = facts.platform;
  std::replace_if(
      platform.begin(), platform.end(), [](char c) { return c == '-' || c == '.' || c == ' '; },
      '_');
  constexpr std::string_view linux_prefix = "linux_";
  constexpr std::string_view mac_prefix = "macosx_";
  if (platform.starts_with(linux_prefix) && platform.size() > linux_prefix.size()) {
    return LinuxPlatforms(facts, platform.substr(linux_prefix.size()));
  }
  if (platform.starts_with(mac_prefix)) {
    if (auto platforms = MacPlatformsOf(platform.substr(mac_prefix.size()), facts.pointer_bits)) {
      return *std::move(platforms);
    }
  } else if (!platform.empty() && !platform.starts_with("linux")) {
    return std::vector<std::string>{platform};
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = "'" + facts.platform + "' is not a platform of an interpreter"};
}

Result<TagList> CompatibleTags(const InterpreterFacts& facts) {
  FLOWSTONE_LET(std::vector<std::string> platforms, CompatiblePlatforms(facts));
  TagSource source{.facts = facts, .platforms = std::move(platforms)};
  const bool is_cpython = facts.implementation == "cpython";
  if (is_cpython) {
    AppendCPython(source);
  } else {
    AppendOther(source);
  }
  const std::vector<std::string> pythons = PythonRange(facts.version_major, facts.version_minor);
  for (const std::string& python : pythons) {
    source.Append(python, "none");
  }
  if (is_cpython) {
    source.AppendAny("cp" + VersionDigits(facts.version_major, facts.version_minor));
  } else if (facts.implementation == "pypy") {
    source.AppendAny("pp3");
  }
  for (const std::string& python : pythons) {
    source.AppendAny(python);
  }
  return source.tags.Build();
}

}  // namespace flowstone::pypi
