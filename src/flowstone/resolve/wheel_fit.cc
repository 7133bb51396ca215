#include "flowstone/resolve/wheel_fit.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/version_set.h"

namespace flowstone::resolve {
namespace {

// More tags than that help nobody.
constexpr std::size_t kShownTags = 4;

std::string ListSome(const std::set<std::string>& texts) {
  std::vector<std::string> shown;
  for (const std::string& text : texts) {
    if (shown.size() == kShownTags) {
      shown.emplace_back("…");
      break;
    }
    shown.push_back(text);
  }
  return JoinText(shown, ", ");
}

// "cp312", or "cp39-abi3" where the ABI says more.
std::string InterpreterText(const std::string& python, const std::vector<std::string>& abis) {
  std::string text = python;
  if (!abis.empty() && abis.front() != "none" && abis.front() != python) {
    text.append("-").append(abis.front());
  }
  return text;
}

}  // namespace

bool AcceptsPython(const pypi::SpecifierSet& requires_python, const pypi::Target& target,
                   UpperPythonBound upper_bound) {
  const pypi::Version python = target.python_full_version.BaseRelease();
  if (upper_bound == UpperPythonBound::kObey) {
    return requires_python.Contains(python);
  }
  const pypi::VersionSet accepted = requires_python.ToVersionSet();
  return !accepted.intervals().empty() && accepted.intervals().front().lower <= python.key();
}

std::string DescribeMisfit(const std::vector<pypi::TagSet>& wheels, const pypi::Target& target) {
  std::unordered_set<std::string> platforms = {"any"};
  for (const pypi::Tag& tag : target.tags.tags()) {
    platforms.insert(tag.platform);
  }
  std::set<std::string> other_pythons;
  std::set<std::string> other_platforms;
  for (const pypi::TagSet& tags : wheels) {
    const bool fits_platform = std::ranges::any_of(
        tags.platforms, [&](const std::string& platform) { return platforms.contains(platform); });
    if (fits_platform) {
      for (const std::string& python : tags.pythons) {
        other_pythons.insert(InterpreterText(python, tags.abis));
      }
    }
    other_platforms.insert(tags.platforms.begin(), tags.platforms.end());
  }
  return other_pythons.empty() ? "its wheels are for other platforms: " + ListSome(other_platforms)
                               : "its wheels are for other Pythons: " + ListSome(other_pythons);
}

}  // namespace flowstone::resolve
