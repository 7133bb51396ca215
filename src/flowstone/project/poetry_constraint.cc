#include "flowstone/project/poetry_constraint.h"

#include <algorithm>
#include <string>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"

namespace flowstone::project {
namespace {

constexpr std::string_view kComparisons = "<>=!";

// The release of a version with the number at `place` raised and those after it gone.
std::string NextRelease(const pypi::Version& version, std::size_t place) {
  std::string text;
  for (std::size_t i = 0; i <= place; ++i) {
    text += (i == 0 ? "" : ".") + std::to_string(version.release(i) + (i == place ? 1 : 0));
  }
  return text;
}

// "^1.2": up to the next change of the first number that is not 0.
std::string CaretRange(const pypi::Version& version) {
  std::size_t place = 0;
  while (place + 1 < version.release_size() && version.release(place) == 0) {
    ++place;
  }
  return ">=" + version.ToString() + ",<" + NextRelease(version, place);
}

// "~1.2.3" and "~1.2": up to 1.3; "~1": up to 2.
std::string TildeRange(const pypi::Version& version) {
  return ">=" + version.ToString() + ",<" +
         NextRelease(version, version.release_size() > 1 ? 1 : 0);
}

// One condition as PEP 440 has it.
Result<std::string> SpecifierText(std::string_view part) {
  if (part == "*") {
    return std::string();
  }
  if (part.starts_with("~=") || kComparisons.find(part.front()) != std::string_view::npos) {
    const std::size_t digits = std::min(part.find_first_not_of("<>=!~"), part.size());
    const std::string_view op = part.substr(0, digits);
    return std::string(op == "=" ? "==" : op) + std::string(TrimText(part.substr(digits)));
  }
  if (part.front() == '^' || part.front() == '~') {
    FLOWSTONE_LET(const pypi::Version version, pypi::Version::Parse(TrimText(part.substr(1))));
    return part.front() == '^' ? CaretRange(version) : TildeRange(version);
  }
  return "==" + std::string(part);
}

Result<pypi::SpecifierSet> ParseAlternative(std::string_view text) {
  pypi::SpecifierSet set;
  // Blanks separate conditions too, but for those behind an operator.
  std::string joined;
  for (const char c : text) {
    const bool is_blank = IsAsciiSpace(c);
    if (!is_blank) {
      joined += c;
    } else if (!joined.empty() &&
               std::string_view("<>=!~^, ").find(joined.back()) == std::string_view::npos) {
      joined += ',';
    }
  }
  for (const std::string_view part : SplitText(joined, ',')) {
    if (part.empty()) {
      continue;
    }
    FLOWSTONE_LET(const std::string specifier, SpecifierText(part));
    FLOWSTONE_LET(const pypi::SpecifierSet parsed, pypi::SpecifierSet::Parse(specifier));
    if (std::ranges::any_of(parsed.specifiers(), [](const pypi::Specifier& one) {
          return one.op() == pypi::SpecifierOperator::kArbitraryEqual;
        })) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "'" + std::string(part) + "': a constraint of poetry has no '==='"};
    }
    set.Add(parsed);
  }
  return set;
}

}  // namespace

Result<PoetryConstraint> PoetryConstraint::Parse(std::string_view text) {
  PoetryConstraint constraint;
  for (const std::string_view alternative : SplitText(text, '|')) {
    if (TrimText(alternative).empty() && !TrimText(text).empty()) {
      continue;  // between the two strokes of "||"
    }
    FLOWSTONE_LET(pypi::SpecifierSet set, ParseAlternative(TrimText(alternative)));
    constraint.alternatives_.push_back(std::move(set));
  }
  return constraint;
}

bool PoetryConstraint::Contains(const pypi::Version& version) const {
  return std::ranges::any_of(alternatives_,
                             [&](const pypi::SpecifierSet& set) { return set.Contains(version); });
}

pypi::Marker PoetryConstraint::AsPythonMarker() const {
  std::optional<pypi::Marker> marker;
  for (const pypi::SpecifierSet& set : alternatives_) {
    pypi::Marker all;
    for (const pypi::Specifier& specifier : set.specifiers()) {
      const Result<pypi::Marker> one = pypi::Marker::Parse(
          "python_full_version " + std::string(pypi::SpecifierOperatorText(specifier.op())) + " '" +
          specifier.operand() + "'");
      FLOWSTONE_CHECK(one.has_value());
      all = pypi::Marker::And(all, *one);
    }
    marker = marker ? pypi::Marker::Or(*marker, all) : all;
  }
  return marker.value_or(pypi::Marker());
}

}  // namespace flowstone::project
