#include "flowstone/resolve/fork_scope.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/error.h"
#include "flowstone/base/text.h"

namespace flowstone::resolve {
namespace {

using pypi::MarkerAlgebra;
using pypi::MarkerDiagram;

bool HasUpperBound(const pypi::SpecifierSet& specifiers) {
  const pypi::VersionSet versions = specifiers.ToVersionSet();
  return !versions.intervals().empty() && !versions.intervals().back().upper.empty();
}

// What the marker says about those who have the release, without or with one of its extras.
MarkerDiagram MarkerFor(const pypi::Marker& marker, const std::vector<pypi::ExtraName>& extras,
                        MarkerAlgebra& algebra) {
  const MarkerDiagram diagram = algebra.Of(marker);
  MarkerDiagram any = algebra.WithExtra(diagram, {});
  for (const pypi::ExtraName& extra : extras) {
    any = algebra.Or(any, algebra.WithExtra(diagram, extra));
  }
  return any;
}

}  // namespace

ForkSpace::ForkSpace(const ResolveRequest& request, const std::vector<PackagePlace>& places)
    : policies_(request.policies) {
  FLOWSTONE_CHECK(request.universal.has_value());
  pythons_ = algebra_.OfPython(request.universal->requires_python.ToVersionSet());
  MarkerDiagram covered = MarkerAlgebra::Never();
  for (const pypi::Marker& environment : request.universal->environments) {
    const MarkerDiagram fork =
        algebra_.And(algebra_.And(pythons_, algebra_.Of(environment)), MarkerAlgebra::Not(covered));
    if (!algebra_.IsImpossible(fork)) {
      first_forks_.push_back(fork);
      covered = algebra_.Or(covered, fork);
    }
  }
  if (request.universal->environments.empty()) {
    first_forks_ = {pythons_};
    covered = pythons_;
  }
  const auto& conflicts = request.universal->conflicts;
  compatible_ = lock::CompatibleChoices(conflicts, algebra_);
  whole_ = algebra_.And(covered, compatible_);
  for (const lock::ConflictingChoices& conflict : conflicts) {
    for (const lock::LockChoice& choice : conflict) {
      choices_.push_back(algebra_.Of(choice.ToMarker()));
      DivideFirst(choices_.back());
    }
  }
  for (const PackagePlace& place : places) {
    DivideFirst(algebra_.Of(place.where));
  }
  for (const pypi::Marker& environment : request.universal->required_environments) {
    required_.push_back(algebra_.Of(environment));
  }
}

void ForkSpace::DivideFirst(MarkerDiagram marker) {
  std::vector<MarkerDiagram> divided;
  for (const MarkerDiagram fork : first_forks_) {
    for (const MarkerDiagram side : {MarkerAlgebra::Not(marker), marker}) {
      const MarkerDiagram part = algebra_.And(algebra_.And(fork, side), compatible_);
      if (!algebra_.IsImpossible(part)) {
        divided.push_back(part);
      }
    }
  }
  first_forks_ = std::move(divided);
}

MarkerDiagram ForkSpace::InterpretersOf(const pypi::SpecifierSet& requires_python,
                                        UpperPythonBound upper_bound) {
  const auto [entry, is_new] = interpreters_.try_emplace({requires_python.ToString(), upper_bound});
  if (is_new) {
    pypi::VersionSet versions = requires_python.ToVersionSet();
    if (upper_bound == UpperPythonBound::kIgnore && versions.is_empty()) {
      versions = pypi::VersionSet::Full();  // it contradicts itself, and so says nothing
    } else if (upper_bound == UpperPythonBound::kIgnore && !versions.intervals().empty()) {
      versions = pypi::VersionSet::Between(versions.intervals().front().lower, "");
    }
    entry->second = algebra_.OfPython(versions);
  }
  return entry->second;
}

ForkScope::ForkScope(ForkSpace& space, MarkerDiagram fork) : space_(space), fork_(fork) {}

bool ForkScope::Admits(const pypi::Marker& marker) const {
  return AdmitsWith(marker, {});
}

bool ForkScope::AdmitsWith(const pypi::Marker& marker, const pypi::ExtraName& extra) const {
  MarkerAlgebra& algebra = space_.algebra();
  return marker.is_always() ||
         !algebra.AreDisjoint(fork_, algebra.WithExtra(algebra.Of(marker), extra));
}

bool ForkScope::AcceptsPython(const pypi::SpecifierSet& requires_python,
                              UpperPythonBound upper_bound) const {
  const MarkerDiagram accepted = space_.InterpretersOf(requires_python, upper_bound);
  // A release that only newer interpreters can use divides the fork, unless few versions are
  // wanted.
  return space_.policies().forks == ForkPolicy::kFewestVersions
             ? space_.algebra().Implies(fork_, accepted)
             : !space_.algebra().AreDisjoint(fork_, accepted);
}

std::optional<std::size_t> ForkScope::WheelPriority(std::string_view tag_set) const {
  const std::optional<MarkerDiagram> environments = space_.wheels().OfTags(tag_set);
  if (!environments || space_.algebra().AreDisjoint(fork_, *environments)) {
    return std::nullopt;
  }
  return space_.algebra().Implies(fork_, *environments) ? 0 : 1;
}

Status ForkScope::Divide(std::vector<MarkerDiagram> parts) const {
  std::erase_if(parts, [&](MarkerDiagram part) { return space_.algebra().IsImpossible(part); });
  if (parts.size() < 2) {
    return Ok();
  }
  division_ = std::move(parts);
  return Error{.code = ErrorCode::kCancelled,
               .message = "the environments must be resolved one after the other"};
}

MarkerDiagram ForkScope::Coverage(const std::vector<pypi::TagSet>& wheels) const {
  MarkerDiagram covered = wheels.empty() ? MarkerAlgebra::Always() : MarkerAlgebra::Never();
  for (const pypi::TagSet& tags : wheels) {
    covered = space_.algebra().Or(covered, *space_.wheels().OfTags(tags.ToString()));
  }
  return covered;
}

Status ForkScope::Examine(const ChosenRelease& release) const {
  FLOWSTONE_TRY(ExaminePython(release));
  FLOWSTONE_TRY(ExamineRequired(release));
  FLOWSTONE_TRY(ExamineLocal(release));
  return ExamineRequirements(release);
}

// A release for newer interpreters only: older ones get a fork of their own.
Status ForkScope::ExaminePython(const ChosenRelease& release) const {
  MarkerAlgebra& algebra = space_.algebra();
  const MarkerDiagram accepted =
      space_.InterpretersOf(release.requires_python, space_.policies().upper_python_bound);
  if (algebra.Implies(fork_, accepted)) {
    return Ok();
  }
  return Divide({algebra.And(fork_, accepted), algebra.And(fork_, MarkerAlgebra::Not(accepted))});
}

// Whole operating systems where `environments` has some of them.
MarkerDiagram ForkScope::RoundedUp(MarkerDiagram environments) const {
  MarkerAlgebra& algebra = space_.algebra();
  MarkerDiagram rounded = environments;
  for (const OperatingSystem& system : kOperatingSystems) {
    const MarkerDiagram whole = EnvironmentsOn(system, algebra);
    rounded = algebra.AreDisjoint(environments, whole) ? rounded : algebra.Or(rounded, whole);
  }
  return rounded;
}

// A platform that must be served, needs the package, and has no wheel of this release: systems that
// the release does not serve get a fork of their own.
Status ForkScope::ExamineRequired(const ChosenRelease& release) const {
  MarkerAlgebra& algebra = space_.algebra();
  const auto needed = needed_.find(release.name);
  if (needed == needed_.end() || release.wheels.empty()) {
    return Ok();
  }
  const MarkerDiagram covered = Coverage(release.wheels);
  for (const MarkerDiagram required : space_.required()) {
    const MarkerDiagram here = algebra.And(fork_, required);
    const bool is_missing =
        algebra.AreDisjoint(covered, here) && !algebra.AreDisjoint(needed->second, here);
    if (is_missing) {
      const MarkerDiagram served = algebra.And(RoundedUp(covered), MarkerAlgebra::Not(required));
      FLOWSTONE_TRY(
          Divide({algebra.And(fork_, served), algebra.And(fork_, MarkerAlgebra::Not(served))}));
    }
  }
  return Ok();
}

// A version with a local label (2.5+cpu) that serves fewer platforms than the one without: those
// get a fork of their own, whole operating systems where the label serves nothing of them.
Status ForkScope::ExamineLocal(const ChosenRelease& release) const {
  if (!release.base_wheels || release.wheels.empty()) {
    return Ok();
  }
  MarkerAlgebra& algebra = space_.algebra();
  const MarkerDiagram covered = Coverage(release.wheels);
  MarkerDiagram rest = algebra.And(Coverage(*release.base_wheels), MarkerAlgebra::Not(covered));
  if (algebra.AreDisjoint(fork_, rest)) {
    return Ok();
  }
  for (const OperatingSystem& system : kOperatingSystems) {
    const MarkerDiagram on_system = EnvironmentsOn(system, algebra);
    if (algebra.AreDisjoint(covered, on_system) && !algebra.AreDisjoint(rest, on_system)) {
      rest = algebra.Or(rest, on_system);
    }
  }
  return Divide({algebra.And(fork_, MarkerAlgebra::Not(rest)), algebra.And(fork_, rest)});
}

Status ForkScope::ExamineRequirements(const ChosenRelease& release) const {
  MarkerAlgebra& algebra = space_.algebra();
  const auto from = needed_.find(release.name);
  const MarkerDiagram here = release.name.empty() || from == needed_.end() ? fork_ : from->second;
  std::vector<SiblingRequirement> siblings;
  siblings.reserve(release.requirements.size());
  for (const pypi::Requirement* requirement : release.requirements) {
    const MarkerDiagram marker = MarkerFor(requirement->marker, release.extras, algebra);
    siblings.push_back({requirement->name, marker, HasUpperBound(requirement->specifiers)});
    const auto [entry, is_new] = needed_.try_emplace(requirement->name, MarkerAlgebra::Never());
    entry->second = algebra.Or(entry->second, algebra.And(here, marker));
  }
  return Divide(DivideEnvironments(fork_, siblings, OrderFor(space_.policies()), algebra));
}

std::string ForkScope::PythonText() const {
  MarkerAlgebra& algebra = space_.algebra();
  const MarkerDiagram pythons = algebra.OfPython(algebra.PythonOf(fork_));
  return "the environments have " + algebra.ToMarker(pythons).ToString();
}

std::string ForkScope::Description() const {
  const std::string text =
      space_.algebra().ToMarker(space_.algebra().Simplify(fork_, space_.pythons())).ToString();
  return text.empty() ? "any environment" : text;
}

// Without the tags: they differ from release to release, and a reason is stated once for all
// releases that share it.
std::string ForkScope::Misfit(const std::vector<pypi::TagSet>&) const {
  return "its wheels are for other environments";
}

}  // namespace flowstone::resolve
