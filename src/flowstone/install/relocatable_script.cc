#include "flowstone/install/relocatable_script.h"

#include <algorithm>

#include "flowstone/base/text.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kMarker = "#!python";

// To the shell `'''exec'` is the word exec, and what follows runs the interpreter on this file; to
// Python the second and third line are one string. `options` is empty or starts with a space.
std::string Trampoline(std::string_view options) {
  return "#!/bin/sh\n"
         "'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")/python\"" +
         std::string(options) +
         " \"$0\" \"$@\"\n"
         "' '''\n";
}

// Options of a `#!python -E` line that can stand in a shell command as they are.
bool AreHarmlessOptions(std::string_view options) {
  return std::ranges::all_of(
      options, [](char c) { return IsAsciiAlnum(c) || c == ' ' || c == '-' || c == '_'; });
}

}  // namespace

std::string EntryPointScript(const pypi::Script& script) {
  const pypi::ObjectReference& target = script.target;
  return Trampoline("") + "import sys\n\nfrom " + target.module + " import " +
         std::string(target.ImportedName()) + "\n\nif __name__ == \"__main__\":\n    sys.exit(" +
         target.attribute + "())\n";
}

std::optional<std::string> RelocateScript(std::string_view content) {
  if (!content.starts_with(kMarker)) {
    return std::nullopt;
  }
  const std::size_t end = std::min(content.find('\n'), content.size());
  std::string_view options = content.substr(kMarker.size(), end - kMarker.size());
  if (options.starts_with('w')) {
    options.remove_prefix(1);
  }
  if (!options.empty() && !IsAsciiSpace(options[0])) {
    return std::nullopt;  // "#!python3.11": an interpreter of that name, not the marker
  }
  options = TrimText(options);
  const std::string kept =
      options.empty() || !AreHarmlessOptions(options) ? "" : " " + std::string(options);
  const std::string_view rest = end < content.size() ? content.substr(end + 1) : "";
  return Trampoline(kept) + std::string(rest);
}

bool IsReservedScriptName(std::string_view name) {
  std::string lower = AsciiLower(name);
  if (lower.ends_with(".exe")) {
    lower.resize(lower.size() - 4);
  }
  if (lower.starts_with("pypy") || lower.starts_with("graalpy")) {
    return std::ranges::none_of(lower, [](char c) { return c == '-' || c == '_'; });
  }
  if (!lower.starts_with("python")) {
    return false;
  }
  const std::string_view version = std::string_view(lower).substr(6);
  return version == "w" || std::ranges::all_of(version, [](char c) {
           return IsAsciiDigit(c) || c == '.' || c == 't' || c == 'd';
         });
}

bool IsActivationScriptName(std::string_view name) {
  return AsciiLower(name).starts_with("activate");
}

}  // namespace flowstone::install
