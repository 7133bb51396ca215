#include "flowstone/resolve/wheel_fit.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/tag_text.h"

namespace flowstone::resolve {
namespace {

// More of them help nobody.
constexpr std::size_t kListed = 5;

std::string ListSome(const std::vector<std::string>& texts) {
  std::vector<std::string> shown(
      texts.begin(), texts.begin() + static_cast<std::ptrdiff_t>(std::min(texts.size(), kListed)));
  if (texts.size() > kListed) {
    shown.emplace_back("…");
  }
  return JoinText(shown, ", ");
}

// What wheels are for, apart by how near it is to the target.
struct Offers {
  std::map<pypi::Version, std::string> cpythons;  // on the target's platform, newest last
  std::set<std::string> interpreters;             // others on that platform
  std::set<pypi::Version> glibcs;                 // newer than the target's, on its machine
  std::set<std::string> platforms;                // all others
};

void AddInterpreters(const pypi::TagSet& tags, Offers& offers) {
  const std::string abi = tags.abis.empty() ? "" : tags.abis.front();
  for (const std::string& python : tags.pythons) {
    const std::optional<pypi::Version> version = CPythonOf(python);
    if (version && abi.find('t', 2) == std::string::npos) {
      offers.cpythons.emplace(*version, InterpreterText(python, abi));
    } else {
      offers.interpreters.insert(InterpreterText(python, abi));
    }
  }
}

Offers OffersOf(const std::vector<pypi::TagSet>& wheels, const pypi::Target& target) {
  const std::string own_platform = "Linux " + target.markers.platform_machine;
  const bool has_glibc = std::ranges::any_of(
      target.tags.platforms(),
      [](const std::string& platform) { return GlibcOf(platform).has_value(); });
  Offers offers;
  for (const pypi::TagSet& tags : wheels) {
    if (FitsPlatform(tags, target)) {
      AddInterpreters(tags, offers);
      continue;
    }
    for (const std::string& platform : tags.platforms) {
      const std::string text = PlatformText(platform);
      if (const auto glibc = GlibcOf(platform); glibc && has_glibc && text == own_platform) {
        offers.glibcs.insert(*glibc);
      } else {
        offers.platforms.insert(text);
      }
    }
  }
  return offers;
}

}  // namespace

bool AcceptsPython(const pypi::SpecifierSet& requires_python, const pypi::Target& target,
                   UpperPythonBound upper_bound) {
  const pypi::Version python = target.python_full_version.BaseRelease();
  if (upper_bound == UpperPythonBound::kObey) {
    return requires_python.Contains(python);
  }
  const pypi::VersionSet accepted = requires_python.ToVersionSet();
  if (accepted.is_empty()) {
    return true;  // ">=2.7,<2.8,>=3.4" contradicts itself, and so says nothing
  }
  return !accepted.intervals().empty() && accepted.intervals().front().lower <= python.key();
}

bool FitsPlatform(const pypi::TagSet& tags, const pypi::Target& target) {
  const std::vector<std::string>& own = target.tags.platforms();
  return std::ranges::any_of(tags.platforms, [&](const std::string& platform) {
    return platform == "any" || std::ranges::find(own, platform) != own.end();
  });
}

std::string DescribeMisfit(const std::vector<pypi::TagSet>& wheels, const pypi::Target& target) {
  const Offers offers = OffersOf(wheels, target);
  std::vector<std::string> texts;
  // The newest first.
  for (auto entry = offers.cpythons.rbegin(); entry != offers.cpythons.rend(); ++entry) {
    texts.push_back(entry->second);
  }
  texts.insert(texts.end(), offers.interpreters.begin(), offers.interpreters.end());
  if (!texts.empty()) {
    return "wheels for this platform exist for " + ListSome(texts);
  }
  if (!offers.glibcs.empty()) {
    return "its wheels need glibc " + offers.glibcs.begin()->ToString() + " or later";
  }
  texts.assign(offers.platforms.begin(), offers.platforms.end());
  return "wheels exist for " + ListSome(texts);
}

}  // namespace flowstone::resolve
