#include "flowstone/pypi/specifier.h"

#include <algorithm>
#include <array>
#include <optional>

#include "flowstone/base/text.h"
#include "flowstone/pypi/version_key.h"
#include "flowstone/pypi/version_parts.h"

namespace flowstone::pypi {
namespace {

constexpr std::array<std::pair<std::string_view, SpecifierOperator>, 8> kOperators = {{
    // Longer operators before those they start with.
    {"===", SpecifierOperator::kArbitraryEqual},
    {"==", SpecifierOperator::kEqual},
    {"!=", SpecifierOperator::kNotEqual},
    {"<=", SpecifierOperator::kLessEqual},
    {">=", SpecifierOperator::kGreaterEqual},
    {"~=", SpecifierOperator::kCompatible},
    {"<", SpecifierOperator::kLess},
    {">", SpecifierOperator::kGreater},
}};
constexpr std::string_view kWildcard = ".*";

Error InvalidSpecifier(std::string_view text, std::string_view reason) {
  return Error{
      .code = ErrorCode::kInvalid,
      .message = "'" + std::string(text) + "' is not a version specifier: " + std::string(reason)};
}

bool IsEquality(SpecifierOperator op) {
  return op == SpecifierOperator::kEqual || op == SpecifierOperator::kNotEqual;
}

// The key below everything that starts with the release: 1.2.dev0 for 1.2.
std::string PrefixFloor(const VersionParts& parts) {
  return VersionKey(VersionParts{.epoch = parts.epoch, .release = parts.release, .dev = "0"});
}

// The key above everything that starts with the release: 1.3.dev0 for 1.2.
std::string PrefixCeiling(std::string_view epoch, std::string_view release) {
  const std::size_t dot = release.rfind('.');
  const std::size_t last = dot == std::string_view::npos ? 0 : dot + 1;
  const std::string next =
      std::string(release.substr(0, last)) + NextNumber(StripZeros(release.substr(last)));
  return VersionKey(VersionParts{.epoch = epoch, .release = next, .dev = "0"});
}

// Below V: the pre-releases of V are left out too, unless it is one itself.
std::string KeyBelow(const VersionParts& parts) {
  VersionParts below = parts;
  if (!parts.dev && parts.pre == PreRelease::kNone) {
    below.dev = "0";
  }
  return VersionKey(below);
}

// Above V: its post-releases are left out too, unless V is one itself.
std::string KeyAbove(const VersionParts& parts) {
  return parts.dev || parts.post ? KeyAboveLocals(parts) : KeyAbovePosts(parts);
}

VersionSet VersionsOf(SpecifierOperator op, const VersionParts& parts, const Version& version,
                      bool is_wildcard) {
  switch (op) {
    case SpecifierOperator::kEqual:
    case SpecifierOperator::kNotEqual: {
      const VersionSet equal =
          is_wildcard
              ? VersionSet::Between(PrefixFloor(parts), PrefixCeiling(parts.epoch, parts.release))
              : VersionSet::Exactly(version);
      return op == SpecifierOperator::kEqual ? equal : equal.Complement();
    }
    case SpecifierOperator::kLessEqual:
      return VersionSet::Between("", KeyAboveLocals(parts));
    case SpecifierOperator::kGreaterEqual:
      return VersionSet::Between(version.key(), "");
    case SpecifierOperator::kLess:
      return VersionSet::Between("", KeyBelow(parts));
    case SpecifierOperator::kGreater:
      return VersionSet::Between(KeyAbove(parts), "");
    case SpecifierOperator::kCompatible:
      return VersionSet::Between(
          version.key(),
          PrefixCeiling(parts.epoch, parts.release.substr(0, parts.release.rfind('.'))));
    case SpecifierOperator::kArbitraryEqual:
      break;
  }
  return VersionSet::Spelt(version.text());
}

// Whether the operator may have this operand, and if not, why.
std::optional<std::string_view> Objection(SpecifierOperator op, const VersionParts& parts,
                                          bool is_wildcard) {
  const bool is_release =
      parts.pre == PreRelease::kNone && !parts.post && !parts.dev && parts.local.empty();
  if (is_wildcard && !IsEquality(op)) {
    return "'.*' goes with '==' and '!=' only";
  }
  if (is_wildcard && !is_release) {
    return "'.*' follows a release without pre, post, dev and local parts";
  }
  if (!parts.local.empty() && !IsEquality(op)) {
    return "a local label goes with '==' and '!=' only";
  }
  if (op == SpecifierOperator::kCompatible && parts.release.find('.') == std::string_view::npos) {
    return "'~=' needs at least two release components";
  }
  return std::nullopt;
}

bool IsArbitraryText(std::string_view operand) {
  return !operand.empty() && std::none_of(operand.begin(), operand.end(), [](char c) {
    return IsAsciiSpace(c) || c == ';' || c == ')';
  });
}

// Of several that are equal the first.
std::vector<std::string> SortedTexts(std::span<const Specifier> specifiers) {
  std::vector<std::pair<std::string, const Specifier*>> sorted;
  sorted.reserve(specifiers.size());
  for (const Specifier& specifier : specifiers) {
    sorted.emplace_back(specifier.ToString(), &specifier);
  }
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> texts;
  texts.reserve(sorted.size());
  for (auto here = sorted.begin(); here != sorted.end(); ++here) {
    const auto equals = [&here](const auto& other) { return *other.second == *here->second; };
    if (std::find_if(sorted.begin(), here, equals) == here) {
      texts.push_back(here->first);
    }
  }
  return texts;
}

}  // namespace

std::string_view SpecifierOperatorText(SpecifierOperator op) {
  const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                   [op](const auto& entry) { return entry.second == op; });
  return found->first;
}

Result<Specifier> Specifier::Parse(std::string_view text) {
  const std::string_view trimmed = TrimText(text);
  const auto* found = std::find_if(kOperators.begin(), kOperators.end(), [&](const auto& entry) {
    return trimmed.starts_with(entry.first);
  });
  if (found == kOperators.end()) {
    Error error = InvalidSpecifier(text, "it starts with no operator");
    if (ScanVersion(trimmed)) {
      error.hints.push_back("write '==" + std::string(trimmed) + "' for that version alone");
    }
    return error;
  }
  Specifier specifier;
  specifier.op_ = found->second;
  const std::string_view operand = TrimText(trimmed.substr(found->first.size()));
  specifier.operand_ = operand;
  if (specifier.op_ == SpecifierOperator::kArbitraryEqual) {
    if (!IsArbitraryText(operand)) {
      return InvalidSpecifier(text, "'===' needs a text without white space, ';' and ')'");
    }
    specifier.versions_ = VersionSet::Spelt(operand);
    if (Result<Version> version = Version::Parse(operand)) {
      specifier.version_ = *std::move(version);
    }
    return specifier;
  }
  specifier.is_wildcard_ = operand.ends_with(kWildcard);
  const std::string_view plain =
      specifier.is_wildcard_ ? operand.substr(0, operand.size() - kWildcard.size()) : operand;
  const std::optional<VersionParts> parts = ScanVersion(plain);
  if (!parts || plain.size() > Version::kMaxSize) {
    return InvalidSpecifier(text, "'" + std::string(plain) + "' is not a version");
  }
  if (const std::optional<std::string_view> objection =
          Objection(specifier.op_, *parts, specifier.is_wildcard_)) {
    return InvalidSpecifier(text, *objection);
  }
  specifier.version_ = Version::Of(plain, *parts);
  specifier.versions_ =
      VersionsOf(specifier.op_, *parts, specifier.version_, specifier.is_wildcard_);
  return specifier;
}

bool Specifier::AdmitsPrereleases() const {
  return op_ != SpecifierOperator::kNotEqual && version_.is_prerelease();
}

bool Specifier::Contains(const Version& version) const {
  return versions_.Contains(version);
}

std::string Specifier::ToString() const {
  return std::string(SpecifierOperatorText(op_)) + operand_;
}

bool operator==(const Specifier& a, const Specifier& b) {
  if (a.op_ != b.op_ || a.is_wildcard_ != b.is_wildcard_) {
    return false;
  }
  if (a.op_ == SpecifierOperator::kArbitraryEqual) {
    return AsciiLower(a.operand_) == AsciiLower(b.operand_);
  }
  // How many components were written matters where the last one is a prefix's end.
  const bool counts = a.is_wildcard_ || a.op_ == SpecifierOperator::kCompatible;
  return a.version_ == b.version_ &&
         (!counts || a.version_.release_size() == b.version_.release_size());
}

SpecifierSet::SpecifierSet(std::vector<Specifier> specifiers) {
  if (!specifiers.empty()) {
    shared_ = std::make_shared<const std::vector<Specifier>>(std::move(specifiers));
  }
}

Result<SpecifierSet> SpecifierSet::Parse(std::string_view text) {
  const std::vector<std::string_view> pieces = SplitText(text, ',');
  std::vector<Specifier> specifiers;
  specifiers.reserve(pieces.size());
  for (const std::string_view piece : pieces) {
    if (!TrimText(piece).empty()) {
      FLOWSTONE_LET(Specifier specifier, Specifier::Parse(piece));
      specifiers.push_back(std::move(specifier));
    }
  }
  return SpecifierSet(std::move(specifiers));
}

bool SpecifierSet::AdmitsPrereleases() const {
  return std::ranges::any_of(specifiers(),
                             [](const Specifier& s) { return s.AdmitsPrereleases(); });
}

bool SpecifierSet::Contains(const Version& version, PrereleasePolicy policy) const {
  if (version.is_prerelease()) {
    const bool refused = policy == PrereleasePolicy::kNever ||
                         (policy == PrereleasePolicy::kIfNamed && !AdmitsPrereleases());
    if (refused) {
      return false;
    }
  }
  return std::ranges::all_of(specifiers(), [&](const Specifier& s) { return s.Contains(version); });
}

std::vector<std::size_t> SpecifierSet::Filter(std::span<const Version> versions,
                                              PrereleasePolicy policy) const {
  const bool only_if_necessary = policy == PrereleasePolicy::kIfNecessary && !AdmitsPrereleases();
  std::vector<std::size_t> matching;
  std::vector<std::size_t> finals;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    if (Contains(versions[i], policy)) {
      matching.push_back(i);
      if (!versions[i].is_prerelease()) {
        finals.push_back(i);
      }
    }
  }
  return only_if_necessary && !finals.empty() ? finals : matching;
}

VersionSet SpecifierSet::ToVersionSet() const {
  if (empty()) {
    return VersionSet::Full();
  }
  VersionSet set = specifiers().front().ToVersionSet();
  for (const Specifier& specifier : specifiers().subspan(1)) {
    set = set.Intersection(specifier.ToVersionSet());
  }
  return set;
}

void SpecifierSet::Add(const SpecifierSet& other) {
  if (empty() || other.empty()) {
    shared_ = empty() ? other.shared_ : shared_;
    return;
  }
  std::vector<Specifier> all(specifiers().begin(), specifiers().end());
  all.insert(all.end(), other.specifiers().begin(), other.specifiers().end());
  *this = SpecifierSet(std::move(all));
}

std::string SpecifierSet::ToString() const {
  return specifiers().size() == 1 ? specifiers().front().ToString()
                                  : JoinText(SortedTexts(specifiers()), ",");
}

bool operator==(const SpecifierSet& a, const SpecifierSet& b) {
  const auto covers = [](const SpecifierSet& x, const SpecifierSet& y) {
    return std::ranges::all_of(y.specifiers(), [&](const Specifier& s) {
      return std::ranges::find(x.specifiers(), s) != x.specifiers().end();
    });
  };
  return covers(a, b) && covers(b, a);
}

}  // namespace flowstone::pypi
