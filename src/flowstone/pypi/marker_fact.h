// MarkerFact: one thing that can be asked about an environment, and what a comparison of a marker
// says in such terms. Internal to the module: everyone else wants MarkerAlgebra.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/pypi/marker_node.h"
#include "flowstone/pypi/version_set.h"

namespace flowstone::pypi {

// How previews of an interpreter (3.13.0rc1) are treated.
enum class InterpreterPreviews : std::uint8_t {
  kApart,       // by the order of versions: below 3.13, as Marker::Evaluate does
  kAsReleases,  // like the release that they lead to, as `Requires-Python` does
};

enum class MarkerQuestion : std::uint8_t {
  kValue,      // which value?
  kIsVersion,  // is the value a version?
  kVersions,   // in which interval of versions?
  kPredicate,  // does the comparison hold?
};

// Ordered as diagrams ask: facts about one variable together.
struct MarkerFact {
  MarkerVariable variable = MarkerVariable::kPythonFullVersion;
  MarkerQuestion question = MarkerQuestion::kValue;
  MarkerComparison comparison = {};  // of kPredicate
  std::string text = {};             // of the comparison

  friend std::strong_ordering operator<=>(const MarkerFact& a, const MarkerFact& b);
  friend bool operator==(const MarkerFact& a, const MarkerFact& b) { return std::is_eq(a <=> b); }
};

// The place of a variable in the order of diagrams.
int RankOf(MarkerVariable variable);

// Whether the values of the variable always are versions, only sometimes, or count as texts.
enum class ValueKind : std::uint8_t { kVersion, kPerhapsVersion, kText };
ValueKind KindOf(MarkerVariable variable);

enum class MeaningKind : std::uint8_t {
  kConstant,
  kVersions,  // the variable is in `versions`; if it is no version, `holds` is the answer
  kIsVersion,
  kValue,
  kPredicate,
};

// Where the last three kinds can hold at all.
enum class MeaningScope : std::uint8_t { kEverywhere, kWhereNoVersion };

// What a comparison says; `negated` and `scope` apply to the last three kinds.
struct MarkerMeaning {
  MeaningKind kind = MeaningKind::kConstant;
  bool holds = false;
  bool negated = false;
  MeaningScope scope = MeaningScope::kEverywhere;
  MarkerVariable variable = MarkerVariable::kPythonFullVersion;
  VersionSet versions = {};
  std::string value = {};
  MarkerComparison predicate = {};
};

MarkerMeaning MeaningOf(const MarkerComparison& comparison);

// The interpreters in a set of versions, with boundaries between versions that interpreters have.
VersionSet InterpretersIn(const VersionSet& versions, InterpreterPreviews previews);
// The key by which an interpreter is looked up; nothing when the text is no version.
std::optional<std::string> InterpreterKey(std::string_view version, InterpreterPreviews previews);

}  // namespace flowstone::pypi
