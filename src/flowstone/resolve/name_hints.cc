#include "flowstone/resolve/name_hints.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/resolve/known_projects.h"

namespace flowstone::resolve {
namespace {

// So many names are looked up before it is given up.
constexpr std::size_t kTries = 3;
// Shorter names are near to everything.
constexpr std::size_t kShortest = 4;

// Whether one is the other with a slip of the finger: one letter too many, missing or wrong, or two
// swapped; in a longer name up to two in a row. Stricter than what tells a few names apart: among
// thousands there is always one that is somewhat near.
bool IsSlipOf(std::string_view a, std::string_view b) {
  constexpr std::size_t longer = 8;
  const std::size_t slips = std::min(a.size(), b.size()) < longer ? 1 : 2;
  const auto begin = std::ranges::mismatch(a, b);
  a.remove_prefix(static_cast<std::size_t>(begin.in1 - a.begin()));
  b.remove_prefix(static_cast<std::size_t>(begin.in2 - b.begin()));
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  const bool are_swapped = a.size() == 2 && b.size() == 2 && a[0] == b[1] && a[1] == b[0];
  return are_swapped || (a.size() <= slips && b.size() <= slips);
}

bool Exists(std::string_view text, CandidateSource& source) {
  const Result<pypi::Name> name = pypi::Name::Parse(text);
  if (!name) {
    return false;
  }
  const auto files = source.Project(*name);
  return files && (*files)->found;
}

}  // namespace

std::string NameHint(const pypi::Name& name, const std::vector<pypi::Name>& known,
                     CandidateSource& source) {
  const std::string& text = name.ToString();
  if (IsStandardModule(text)) {
    return text + " is a module of Python itself: import it without requiring it";
  }
  if (const auto project = ProjectOfModule(text); project && Exists(*project, source)) {
    return "the module " + text + " is in the package " + std::string(*project) +
           ": require that instead";
  }
  if (text.size() < kShortest) {
    return "";
  }
  std::vector<std::string> names;
  names.reserve(known.size());
  for (const pypi::Name& one : known) {
    names.push_back(one.ToString());
  }
  const std::span<const std::string_view> popular = PopularProjects();
  names.insert(names.end(), popular.begin(), popular.end());
  for (std::string& one : source.KnownProjects()) {
    if (IsSlipOf(text, one)) {
      names.push_back(std::move(one));
    }
  }
  std::erase(names, text);
  for (std::size_t i = 0; i < kTries; ++i) {
    const std::optional<std::string> nearest = NearestSpelling(text, names);
    if (!nearest) {
      break;
    }
    if (Exists(*nearest, source)) {
      return "did you mean '" + *nearest + "'?";
    }
    std::erase(names, *nearest);
  }
  return "";
}

}  // namespace flowstone::resolve
