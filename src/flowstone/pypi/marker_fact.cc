#include "flowstone/pypi/marker_fact.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/pypi/marker_environment.h"
#include "flowstone/pypi/marker_evaluation.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/version_key.h"
#include "flowstone/pypi/version_parts.h"

namespace flowstone::pypi {
namespace {

constexpr std::array<MarkerVariable, 14> kOrder = {
    MarkerVariable::kPythonFullVersion,
    MarkerVariable::kPythonVersion,
    MarkerVariable::kImplementationName,
    MarkerVariable::kImplementationVersion,
    MarkerVariable::kPlatformPythonImplementation,
    MarkerVariable::kSysPlatform,
    MarkerVariable::kOsName,
    MarkerVariable::kPlatformSystem,
    MarkerVariable::kPlatformMachine,
    MarkerVariable::kPlatformRelease,
    MarkerVariable::kPlatformVersion,
    MarkerVariable::kExtra,
    MarkerVariable::kExtras,
    MarkerVariable::kDependencyGroups,
};

MarkerMeaning Constant(bool holds) {
  return {.kind = MeaningKind::kConstant, .holds = holds};
}

MarkerMeaning Value(MarkerVariable variable, std::string value, bool negated) {
  return {.kind = MeaningKind::kValue,
          .negated = negated,
          .variable = variable,
          .value = std::move(value)};
}

MarkerMeaning Versions(MarkerVariable variable, VersionSet versions, bool otherwise = false) {
  return {.kind = MeaningKind::kVersions,
          .holds = otherwise,
          .variable = variable,
          .versions = std::move(versions)};
}

// The comparison itself, `not in` as the opposite of `in`.
MarkerMeaning Predicate(MarkerComparison comparison, MarkerVariable variable) {
  MarkerMeaning meaning{.kind = MeaningKind::kPredicate, .variable = variable};
  if (comparison.op == MarkerOperator::kNotIn) {
    comparison.op = MarkerOperator::kIn;
    meaning.negated = true;
  }
  meaning.predicate = std::move(comparison);
  return meaning;
}

// "3.8.1", as interpreters spell themselves.
bool IsInterpreterSpelling(const Version& version) {
  return version.release_size() == 3 && version.text() == version.ToString();
}

// Comparing texts, whose only order is identity.
MarkerMeaning TextMeaning(MarkerOperator op, MarkerVariable variable, const std::string& text) {
  switch (op) {
    case MarkerOperator::kEqual:
    case MarkerOperator::kLessEqual:
    case MarkerOperator::kGreaterEqual:
      return Value(variable, text, false);
    case MarkerOperator::kNotEqual:
      return Value(variable, text, true);
    default:
      return Constant(false);
  }
}

MarkerMeaning TwoVariables(const MarkerComparison& comparison) {
  const MarkerVariable left = std::get<MarkerVariable>(comparison.left);
  const MarkerVariable right = std::get<MarkerVariable>(comparison.right);
  MarkerMeaning meaning = Predicate(comparison, RankOf(left) < RankOf(right) ? right : left);
  if (ComparesVersions(left) || comparison.op == MarkerOperator::kIn ||
      comparison.op == MarkerOperator::kNotIn) {
    return meaning;
  }
  MarkerMeaning of_texts = TextMeaning(comparison.op, left, "");
  if (of_texts.kind == MeaningKind::kConstant) {
    return of_texts;
  }
  meaning.negated = of_texts.negated;
  meaning.predicate.op = MarkerOperator::kEqual;
  return meaning;
}

// The values of python_version that occur in a text, such as "3.8" and "3.9" in "3.8, 3.9".
VersionSet MinorVersionsIn(std::string_view text) {
  constexpr std::size_t most_digits = 4;  // of either number: Python will not get that far
  VersionSet found;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos;
       dot = text.find('.', dot + 1)) {
    for (std::size_t start = dot;
         start > 0 && dot - start < most_digits && IsAsciiDigit(text[start - 1]); --start) {
      for (std::size_t end = dot + 1;
           end < text.size() && end - dot <= most_digits && IsAsciiDigit(text[end]); ++end) {
        const std::string_view minor = text.substr(start - 1, end + 2 - start);
        const Result<Specifier> specifier = Specifier::Parse("==" + std::string(minor) + ".*");
        const Result<Version> version = Version::Parse(minor);
        if (specifier && version && version->ToString() == minor) {
          found = found.Union(specifier->ToVersionSet());
        }
      }
    }
  }
  return found;
}

bool HoldsForMinor(const MarkerComparison& comparison, std::uint64_t major, std::uint64_t minor) {
  const MarkerEnvironment environment{.python_version =
                                          std::to_string(major) + "." + std::to_string(minor)};
  return Holds(comparison, {.environment = environment});
}

std::string PrefixKey(std::uint64_t major, std::optional<std::uint64_t> minor) {
  const std::string release =
      std::to_string(major) + (minor ? "." + std::to_string(*minor) : std::string());
  return VersionKey(VersionParts{.release = release, .dev = "0"});
}

// python_version is X.Y. Whatever the operator, and on whichever side the version A.B… stands, the
// answer is the same for all X.Y of each of five stretches: X < A, A.0 to A.B, A.B, after A.B to
// the end of A, and X > A.
MarkerMeaning MinorVersionMeaning(const MarkerComparison& comparison, const std::string& text) {
  Result<Version> version =
      Version::Parse(text.ends_with(".*") ? text.substr(0, text.size() - 2) : text);
  const std::uint64_t far = 1'000'000;
  const bool is_near = version && version->release(0) < far && version->release(1) < far;
  const std::uint64_t major = is_near ? version->release(0) : 0;
  const std::uint64_t minor = is_near ? version->release(1) : 0;
  VersionSet versions;
  const auto probe = [&](std::uint64_t x, std::uint64_t y, std::string lower, std::string upper) {
    if (HoldsForMinor(comparison, x, y)) {
      versions = versions.Union(VersionSet::Between(std::move(lower), std::move(upper)));
    }
  };
  const std::string here = PrefixKey(major, minor);
  const std::string after = PrefixKey(major, minor + 1);
  if (major > 0) {
    probe(major - 1, 0, "", PrefixKey(major, std::nullopt));
  }
  if (minor > 0) {
    probe(major, minor - 1, PrefixKey(major, std::nullopt), here);
  }
  probe(major, minor, here, after);
  probe(major, minor + 1, after, PrefixKey(major + 1, std::nullopt));
  probe(major + 1, 0, PrefixKey(major + 1, std::nullopt), "");
  return Versions(MarkerVariable::kPythonFullVersion, versions);
}

// `"V" op variable`, where the values of the variable are versions without a local label.
std::optional<VersionSet> VersionsAfter(const Version& version, MarkerOperator op) {
  const std::string& here = version.key();
  const VersionSet exactly = VersionSet::Exactly(version);
  const std::string& above = exactly.intervals().front().upper;
  switch (op) {
    case MarkerOperator::kEqual:
      return exactly;
    case MarkerOperator::kNotEqual:
      return exactly.Complement();
    case MarkerOperator::kLessEqual:
      return VersionSet::Between(here, "");
    case MarkerOperator::kGreaterEqual:
      return VersionSet::Between("", above);
    case MarkerOperator::kLess:
      return VersionSet::Between(above, "");
    case MarkerOperator::kGreater:
      return VersionSet::Between("", here);
    default:
      return std::nullopt;
  }
}

// Texts that no variable has: "6.1.*" is for specifiers, "?" for the writer of diagrams.
bool IsNoValue(std::string_view text) {
  return text.ends_with(".*") || text == "?";
}

MarkerMeaning VersionFirst(const MarkerComparison& comparison, MarkerVariable variable,
                           const std::string& text) {
  const Result<Version> version = Version::Parse(text);
  const bool may_be_text = KindOf(variable) == ValueKind::kPerhapsVersion;
  if (!version) {
    if (comparison.op == MarkerOperator::kCompatible ||
        comparison.op == MarkerOperator::kArbitraryEqual) {
      return Predicate(comparison, variable);
    }
    if (!may_be_text) {
      return Constant(false);
    }
    // A text satisfies no specifier, not even "!=": only what is no version differs from it.
    if (comparison.op == MarkerOperator::kNotEqual) {
      MarkerMeaning differs = IsNoValue(text) ? MarkerMeaning{.kind = MeaningKind::kIsVersion,
                                                              .negated = true,
                                                              .variable = variable}
                                              : Value(variable, text, true);
      differs.scope = MeaningScope::kWhereNoVersion;
      return differs;
    }
    return IsNoValue(text) ? Constant(false) : TextMeaning(comparison.op, variable, text);
  }
  const bool is_final =
      !version->is_prerelease() && !version->is_postrelease() && !version->has_local();
  std::optional<VersionSet> versions =
      is_final ? VersionsAfter(*version, comparison.op) : std::nullopt;
  if (!versions) {
    return Predicate(comparison, variable);
  }
  return Versions(variable, *std::move(versions), comparison.op == MarkerOperator::kNotEqual);
}

// `variable op "text"`, where operator and text are no specifier: they are compared as texts.
MarkerMeaning TextSecond(const MarkerComparison& comparison, MarkerVariable variable,
                         const std::string& text) {
  const Result<Specifier> equality = Specifier::Parse("==" + text);
  const bool may_be_equal =
      comparison.op == MarkerOperator::kLessEqual || comparison.op == MarkerOperator::kGreaterEqual;
  // `<= "3.13.0+local"`: no order, but this one value.
  if (equality && may_be_equal && equality->version().has_local()) {
    MarkerComparison same = comparison;
    same.op = MarkerOperator::kEqual;
    same.specifier = *equality;
    return Predicate(std::move(same), variable);
  }
  if (equality || IsNoValue(text)) {
    return Constant(comparison.op == MarkerOperator::kNotEqual);
  }
  return KindOf(variable) == ValueKind::kPerhapsVersion
             ? TextMeaning(comparison.op, variable, text)
             : Constant(comparison.op == MarkerOperator::kNotEqual);
}

MarkerMeaning VersionSecond(const MarkerComparison& comparison, MarkerVariable variable,
                            const std::string& text) {
  const bool may_be_text = KindOf(variable) == ValueKind::kPerhapsVersion;
  if (!comparison.specifier) {
    return TextSecond(comparison, variable, text);
  }
  const Specifier& specifier = *comparison.specifier;
  if (specifier.version().has_local()) {
    return Predicate(comparison, variable);
  }
  if (specifier.op() == SpecifierOperator::kArbitraryEqual) {
    if (may_be_text) {
      return Predicate(comparison, variable);
    }
    return IsInterpreterSpelling(specifier.version())
               ? Versions(variable, VersionSet::Exactly(specifier.version()))
               : Constant(false);
  }
  return Versions(variable, specifier.ToVersionSet());
}

std::string MappedBoundary(const std::string& key, InterpreterPreviews previews) {
  if (key.empty()) {
    return key;
  }
  const DecodedKey decoded = DecodeKey(key);
  const std::optional<VersionParts> parts = ScanVersion(decoded.version);
  if (!parts) {
    return key;
  }
  if (decoded.after_posts) {
    return KeyAboveLocals(*parts);
  }
  if (previews == InterpreterPreviews::kAsReleases && !parts->post) {
    return VersionKey(VersionParts{.epoch = parts->epoch, .release = parts->release, .dev = "0"});
  }
  return key;
}

}  // namespace

std::strong_ordering operator<=>(const MarkerFact& a, const MarkerFact& b) {
  return std::tuple(RankOf(a.variable), a.question, std::string_view(a.text)) <=>
         std::tuple(RankOf(b.variable), b.question, std::string_view(b.text));
}

int RankOf(MarkerVariable variable) {
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), variable) - kOrder.begin());
}

ValueKind KindOf(MarkerVariable variable) {
  switch (variable) {
    case MarkerVariable::kPythonFullVersion:
    case MarkerVariable::kPythonVersion:
      return ValueKind::kVersion;
    case MarkerVariable::kImplementationVersion:
    case MarkerVariable::kPlatformRelease:
      return ValueKind::kPerhapsVersion;
    default:
      return ValueKind::kText;
  }
}

MarkerMeaning MeaningOf(const MarkerComparison& comparison) {
  const auto* left = std::get_if<MarkerVariable>(&comparison.left);
  const auto* right = std::get_if<MarkerVariable>(&comparison.right);
  if (left != nullptr && right != nullptr) {
    return TwoVariables(comparison);
  }
  const MarkerVariable variable = left != nullptr ? *left : *right;
  const std::string& text =
      std::get<std::string>(left != nullptr ? comparison.right : comparison.left);
  const bool is_containment =
      comparison.op == MarkerOperator::kIn || comparison.op == MarkerOperator::kNotIn;
  if (is_containment) {
    if (variable != MarkerVariable::kPythonVersion || left == nullptr) {
      return Predicate(comparison, variable);
    }
    const VersionSet found = MinorVersionsIn(text);
    return Versions(MarkerVariable::kPythonFullVersion,
                    comparison.op == MarkerOperator::kIn ? found : found.Complement());
  }
  if (variable == MarkerVariable::kPythonVersion) {
    // What follows the operator may complete it, as packaging has it: `> "= 3"` is `>= "3"`.
    return MinorVersionMeaning(comparison,
                               comparison.specifier ? comparison.specifier->operand() : text);
  }
  if (KindOf(variable) == ValueKind::kText) {
    return TextMeaning(comparison.op, variable, text);
  }
  return left != nullptr ? VersionSecond(comparison, variable, text)
                         : VersionFirst(comparison, variable, text);
}

VersionSet InterpretersIn(const VersionSet& versions, InterpreterPreviews previews) {
  VersionSet mapped;
  for (const VersionSet::Interval& interval : versions.intervals()) {
    mapped = mapped.Union(VersionSet::Between(MappedBoundary(interval.lower, previews),
                                              MappedBoundary(interval.upper, previews)));
  }
  return mapped;
}

std::optional<std::string> InterpreterKey(std::string_view version, InterpreterPreviews previews) {
  const Result<Version> parsed = Version::Parse(version);
  if (!parsed) {
    return std::nullopt;
  }
  return previews == InterpreterPreviews::kAsReleases ? parsed->BaseRelease().key() : parsed->key();
}

}  // namespace flowstone::pypi
