#include "flowstone/solve/scripted_provider.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::solve {
namespace {

bool Satisfies(std::uint32_t version, std::string_view constraint) {
  const std::size_t digits = constraint.find_first_of("0123456789");
  const std::string_view op = constraint.substr(0, digits);
  const auto bound = static_cast<std::uint32_t>(std::stoul(std::string(constraint.substr(digits))));
  if (op == ">=") {
    return version >= bound;
  }
  if (op == ">") {
    return version > bound;
  }
  if (op == "<") {
    return version < bound;
  }
  if (op == "<=") {
    return version <= bound;
  }
  if (op == "!=") {
    return version != bound;
  }
  FLOWSTONE_CHECK(op == "==");
  return version == bound;
}

template <class T>
std::uint32_t Intern(std::vector<T>& table, const T& value) {
  const auto found = std::ranges::find(table, value);
  if (found == table.end()) {
    table.push_back(value);
    return static_cast<std::uint32_t>(table.size() - 1);
  }
  return static_cast<std::uint32_t>(found - table.begin());
}

}  // namespace

ScriptedProvider::ScriptedProvider() : reasons_{"does not exist"} {
  Package("the project", 1);
}

PackageId ScriptedProvider::Id(const std::string& name) {
  const auto [entry, is_new] = ids_.emplace(name, static_cast<std::uint32_t>(packages_.size()));
  if (is_new) {
    packages_.push_back({.name = name});
    if (name.ends_with(']')) {
      packages_.back().versions = 1;
    }
  }
  return PackageId{entry->second};
}

PackageId ScriptedProvider::Package(const std::string& name, std::uint32_t versions) {
  const PackageId id = Id(name);
  packages_[id.value].versions = versions;
  return id;
}

RangeId ScriptedProvider::Range(const std::string& text) {
  return RangeId{Intern(ranges_, text)};
}

std::uint32_t ScriptedProvider::Reason(const std::string& text) {
  return Intern(reasons_, text);
}

void ScriptedProvider::Depend(const std::string& dependent, std::uint32_t version,
                              const std::string& package, const std::string& range,
                              const std::string& when) {
  Dependency dependency{Id(package), Range(range)};
  if (!when.empty()) {
    dependency.when = Id(when);
  }
  const PackageId id = Id(dependent);
  packages_[id.value].dependencies[version - 1].push_back(dependency);
}

void ScriptedProvider::Require(const std::string& package, const std::string& range) {
  Depend("the project", 1, package, range);
}

void ScriptedProvider::Unusable(const std::string& package, std::uint32_t version,
                                const std::string& reason) {
  packages_[Id(package).value].unusable[version - 1] = Reason(reason);
}

void ScriptedProvider::Alien(const std::string& package, std::uint32_t version,
                             const std::string& reason) {
  Unusable(package, version, reason);
  packages_[Id(package).value].alien.insert(version - 1);
}

void ScriptedProvider::Broken(const std::string& package, std::uint32_t version,
                              const std::string& reason) {
  packages_[Id(package).value].broken[version - 1] = Reason(reason);
}

void ScriptedProvider::FailDetails(const std::string& package, std::uint32_t version, Error error) {
  packages_[Id(package).value].failures[version - 1] = std::move(error);
}

std::vector<std::string> ScriptedProvider::Names(const Solution& solution) const {
  std::vector<std::string> names;
  for (const auto& [package, candidate] : solution.selected) {
    if (!NameOf(package).ends_with(']')) {
      names.push_back(NameOf(package) + " " + CandidateName(package, candidate));
    }
  }
  return names;
}

std::vector<std::string> ScriptedProvider::SolveToText() {
  const Result<Outcome> outcome = Solve(*this, root());
  if (!outcome) {
    return {"error", outcome.error().message};
  }
  if (const auto* solution = std::get_if<Solution>(&*outcome)) {
    return Names(*solution);
  }
  if (const auto* conflict = std::get_if<Conflict>(&*outcome)) {
    const Explanation explanation = Explain(*conflict, *this);
    std::vector<std::string> lines = {"conflict"};
    std::ranges::copy(explanation.reasons, std::back_inserter(lines));
    return lines;
  }
  return {"exhausted"};
}

void ScriptedProvider::Announce(std::span<const PackageId> packages) {
  for (const PackageId package : packages) {
    announced_.push_back(NameOf(package));
  }
}

Result<Candidates> ScriptedProvider::Universe(PackageId package) {
  const Script& script = packages_[package.value];
  known_.insert(package);
  return Candidates{.count = script.versions};
}

OrdinalSet ScriptedProvider::Lower(PackageId package, RangeId range) {
  const std::uint32_t versions = packages_[package.value].versions;
  OrdinalSet set = OrdinalSet::Full(versions);
  for (const std::string_view constraint : SplitText(ranges_[range.value], ',')) {
    for (std::uint32_t version = 1; version <= versions; ++version) {
      if (!constraint.empty() && !Satisfies(version, constraint)) {
        set.Erase(version - 1);
      }
    }
  }
  return set;
}

Choice ScriptedProvider::Choose(PackageId package, const OrdinalSet& allowed) {
  const Script& script = packages_[package.value];
  Choice choice;
  for (OrdinalSet rest = allowed; !rest.is_empty();) {
    const Ordinal highest = *rest.Highest();
    const auto unusable = script.unusable.find(highest);
    if (unusable == script.unusable.end()) {
      choice.candidate = highest;
      choice.next = Choice::Next::kTry;
      break;
    }
    choice.passed_over.push_back(
        {OrdinalSet::Only(script.versions, highest), ReasonId{unusable->second}});
    if (script.alien.contains(highest)) {
      choice.candidate = highest;
      choice.next = Choice::Next::kAlien;
      break;
    }
    rest.Erase(highest);
  }
  if (script.pins) {
    choice.pinned = package;
  }
  if (choice.next != Choice::Next::kNone && package != root()) {
    tried_.push_back(script.name + " " + CandidateName(package, choice.candidate));
  }
  return choice;
}

Result<CandidateDetails> ScriptedProvider::Details(PackageId package, Ordinal candidate) {
  ++details_asked_;
  const Script& script = packages_[package.value];
  if (const auto failure = script.failures.find(candidate); failure != script.failures.end()) {
    return Error(failure->second);
  }
  if (const auto broken = script.broken.find(candidate); broken != script.broken.end()) {
    return CandidateDetails(ReasonId{broken->second});
  }
  detailed_.emplace_back(package, candidate);
  std::vector<Dependency> dependencies;
  if (const auto found = script.dependencies.find(candidate); found != script.dependencies.end()) {
    std::ranges::copy_if(found->second, std::back_inserter(dependencies), [&](const auto& entry) {
      return !entry.when || known_.contains(*entry.when);
    });
  }
  return CandidateDetails(std::move(dependencies));
}

std::vector<LateDependency> ScriptedProvider::Awaken(PackageId condition) {
  std::vector<LateDependency> late;
  for (const auto& [package, candidate] : detailed_) {
    const Script& script = packages_[package.value];
    const auto found = script.dependencies.find(candidate);
    if (found == script.dependencies.end()) {
      continue;
    }
    for (const Dependency& dependency : found->second) {
      if (dependency.when == condition) {
        late.push_back({package, candidate, dependency});
      }
    }
  }
  return late;
}

std::string ScriptedProvider::PackageName(PackageId package) const {
  return NameOf(package);
}

std::string ScriptedProvider::CandidateName(PackageId, Ordinal candidate) const {
  return std::to_string(candidate + 1);
}

std::string ScriptedProvider::RangeText(PackageId, RangeId range) const {
  return ranges_[range.value];
}

std::string ScriptedProvider::Requirer(PackageId, RangeId) const {
  return "the project";
}

std::string ScriptedProvider::ReasonText(PackageId, ReasonId reason, const OrdinalSet&) const {
  return reasons_[reason.value];
}

}  // namespace flowstone::solve
