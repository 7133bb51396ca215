#include "flowstone/pypi/target_platform.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace flowstone::pypi {
namespace {

struct KnownPlatform {
  std::string_view name;      // without a version
  std::string_view platform;  // as sysconfig.get_platform() begins or is
};

constexpr std::array<KnownPlatform, 13> kPlatforms = {{
    {"linux-x86_64", "linux-x86_64"},
    {"linux-aarch64", "linux-aarch64"},
    {"linux-armv7l", "linux-armv7l"},
    {"linux-i686", "linux-i686"},
    {"linux-ppc64le", "linux-ppc64le"},
    {"linux-s390x", "linux-s390x"},
    {"linux-riscv64", "linux-riscv64"},
    {"macos-arm64", "arm64"},
    {"macos-x86_64", "x86_64"},
    {"windows-x86_64", "win-amd64"},
    {"windows-arm64", "win-arm64"},
    {"windows-x86", "win32"},
    {"windows-amd64", "win-amd64"},
}};

constexpr std::string_view kDefaultGlibc = "2.28";
constexpr std::string_view kDefaultMacOs = "13.0";

Error UnknownPlatform(std::string_view name) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "'" + std::string(name) + "' is not a target",
               .hints = {"targets are linux-x86_64, linux-aarch64, macos-arm64, macos-x86_64, "
                         "windows-x86_64 and so on; with a version: linux-x86_64-glibc2.17, "
                         "linux-x86_64-musl1.2, macos-arm64-14.0"}};
}

// "2.17". Versions beyond all systems would make as many tags.
std::optional<std::pair<int, int>> ParseTwoNumbers(std::string_view text) {
  constexpr int most = 999;
  int major = 0;
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') {
    return std::nullopt;
  }
  const auto second = std::from_chars(first.ptr + 1, end, minor);
  if (second.ec != std::errc() || second.ptr != end || major < 0 || minor < 0 || major > most ||
      minor > most) {
    return std::nullopt;
  }
  return std::pair(major, minor);
}

std::optional<std::string_view> AfterPrefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? std::optional(text.substr(prefix.size())) : std::nullopt;
}

}  // namespace

Result<TargetPlatform> TargetPlatform::Parse(std::string_view name) {
  const auto* known = std::find_if(kPlatforms.begin(), kPlatforms.end(), [&](const auto& entry) {
    return name == entry.name || name.starts_with(std::string(entry.name) + "-");
  });
  if (known == kPlatforms.end()) {
    return UnknownPlatform(name);
  }
  std::string_view version = name.substr(std::min(known->name.size() + 1, name.size()));
  TargetPlatform target;
  target.name_ = std::string(name);
  target.facts_.platform = std::string(known->platform);
  const bool is_plain = name == known->name;
  if (known->name.starts_with("macos")) {
    const auto numbers = ParseTwoNumbers(is_plain ? kDefaultMacOs : version);
    if (!numbers) {
      return UnknownPlatform(name);
    }
    target.facts_.platform = "macosx-" + std::to_string(numbers->first) + "." +
                             std::to_string(numbers->second) + "-" + std::string(known->platform);
    return target;
  }
  if (known->name.starts_with("linux")) {
    const auto musl = AfterPrefix(version, "musl");
    const auto glibc = is_plain ? std::optional(kDefaultGlibc) : AfterPrefix(version, "glibc");
    const auto numbers = ParseTwoNumbers(musl.value_or(glibc.value_or("")));
    if (!numbers) {
      return UnknownPlatform(name);
    }
    target.facts_.libc = musl ? Libc::kMusl : Libc::kGlibc;
    target.facts_.libc_major = numbers->first;
    target.facts_.libc_minor = numbers->second;
  } else if (!is_plain) {
    return UnknownPlatform(name);
  }
  const bool has_32_bits = known->name.ends_with("i686") || known->name.ends_with("armv7l") ||
                           known->name.ends_with("x86");
  target.facts_.pointer_bits = has_32_bits ? 32 : 64;
  return target;
}

Result<Target> TargetPlatform::With(const Version& python_full_version) const {
  InterpreterFacts facts = facts_;
  facts.version_major = static_cast<int>(python_full_version.release(0));
  facts.version_minor = static_cast<int>(python_full_version.release(1));
  return Target::Of(facts, python_full_version);
}

}  // namespace flowstone::pypi
