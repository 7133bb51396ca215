#include "flowstone/resolve/tag_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/pypi/version.h"

namespace flowstone::resolve {
namespace {

// "3.10" of "310", "3" of "3"; empty when these are no digits.
std::string DottedVersion(std::string_view digits) {
  if (digits.empty() || !std::ranges::all_of(digits, IsAsciiDigit)) {
    return "";
  }
  std::string text(digits.substr(0, 1));
  if (digits.size() > 1) {
    text.append(".").append(digits.substr(1));
  }
  return text;
}

// What follows the first `count` underscores.
std::string_view BehindUnderscores(std::string_view text, int count) {
  for (int i = 0; i < count; ++i) {
    const std::size_t underscore = text.find('_');
    text = underscore == std::string_view::npos ? "" : text.substr(underscore + 1);
  }
  return text;
}

// What the older names of manylinux platforms stand for (PEP 600).
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kGlibcOfNames = {
    {{"manylinux1_", "2.5"}, {"manylinux2010_", "2.12"}, {"manylinux2014_", "2.17"}}};

struct SystemPattern {
  std::string_view prefix;
  int underscores;  // before the machine
  std::string_view system;
  std::string_view addition;
};

constexpr std::array<SystemPattern, 7> kSystems = {{{"manylinux_", 3, "Linux ", ""},
                                                    {"manylinux1_", 1, "Linux ", ""},
                                                    {"manylinux2010_", 1, "Linux ", ""},
                                                    {"manylinux2014_", 1, "Linux ", ""},
                                                    {"musllinux_", 3, "Linux ", " with musl"},
                                                    {"linux_", 1, "Linux ", ""},
                                                    {"macosx_", 3, "macOS ", ""}}};

}  // namespace

std::string InterpreterText(std::string_view python, std::string_view abi) {
  const std::string version = DottedVersion(python.substr(std::min<std::size_t>(2, python.size())));
  if (version.empty()) {
    return std::string(python);
  }
  if (python.starts_with("py")) {
    return "Python " + version;
  }
  if (python.starts_with("pp")) {
    return "PyPy " + version;
  }
  if (!python.starts_with("cp")) {
    return std::string(python);
  }
  const bool is_free_threaded = abi.starts_with("cp3") && abi.ends_with("t");
  return (is_free_threaded ? "free-threaded CPython " : "CPython ") + version +
         (abi == "abi3" ? " or later" : "");
}

std::string PlatformText(std::string_view platform) {
  if (platform == "win32") {
    return "Windows x86";
  }
  if (platform == "win_amd64") {
    return "Windows x86_64";
  }
  if (platform == "win_arm64") {
    return "Windows arm64";
  }
  for (const SystemPattern& pattern : kSystems) {
    const std::string_view machine = BehindUnderscores(platform, pattern.underscores);
    if (platform.starts_with(pattern.prefix) && !machine.empty()) {
      return std::string(pattern.system) + std::string(machine) + std::string(pattern.addition);
    }
  }
  return std::string(platform);
}

std::optional<pypi::Version> GlibcOf(std::string_view platform) {
  std::string text;
  for (const auto& [prefix, glibc] : kGlibcOfNames) {
    if (platform.starts_with(prefix)) {
      text = glibc;
    }
  }
  if (platform.starts_with("manylinux_")) {
    const std::string_view rest = BehindUnderscores(platform, 1);
    const std::string_view minor = BehindUnderscores(rest, 1);
    text = std::string(rest.substr(0, rest.find('_'))) + "." +
           std::string(minor.substr(0, minor.find('_')));
  }
  Result<pypi::Version> version = pypi::Version::Parse(text);
  return version ? std::optional(*std::move(version)) : std::nullopt;
}

std::optional<pypi::Version> CPythonOf(std::string_view python) {
  if (!python.starts_with("cp") || python.size() < 4) {
    return std::nullopt;
  }
  Result<pypi::Version> version = pypi::Version::Parse(DottedVersion(python.substr(2)));
  return version ? std::optional(*std::move(version)) : std::nullopt;
}

}  // namespace flowstone::resolve
