#include "flowstone/resolve/merged_lock.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/error.h"
#include "flowstone/lock/lock.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/missing_wheels.h"

namespace flowstone::resolve {
namespace {

using pypi::MarkerAlgebra;
using pypi::MarkerDiagram;

// One version of a package may come from several places, in different environments.
struct EntryKey {
  pypi::Name name;
  pypi::Version version;
  std::string index;

  std::string Title() const { return name.ToString() + " " + version.ToString(); }

  friend bool operator<(const EntryKey& a, const EntryKey& b) {
    return std::tie(a.name, a.version, a.index) < std::tie(b.name, b.version, b.index);
  }
};

template <class Value>
void AddMissing(std::vector<Value>& to, const std::vector<Value>& from) {
  for (const Value& value : from) {
    if (std::ranges::find(to, value) == to.end()) {
      to.push_back(value);
    }
  }
}

class Merger {
 public:
  explicit Merger(const MergeSpace& space) : space_(space), algebra_(space.wheels.algebra()) {
    MarkerDiagram environments =
        space.environments.empty() ? MarkerAlgebra::Always() : MarkerAlgebra::Never();
    for (const pypi::Marker& environment : space.environments) {
      environments = algebra_.Or(environments, algebra_.Of(environment));
    }
    const MarkerDiagram pythons = algebra_.OfPython(space.requires_python.ToVersionSet());
    known_ = algebra_.And(algebra_.And(pythons, environments),
                          algebra_.And(space.compatible, algebra_.Possible()));
  }

  void Add(SolvedFork fork) {
    std::map<pypi::Name, std::optional<pypi::Version>> versions;
    for (const lock::LockedPackage& package : fork.resolution.lock.packages) {
      if (fork.markers.contains(package.name)) {
        versions.emplace(package.name, package.version);
      }
    }
    for (lock::LockedPackage& package : fork.resolution.lock.packages) {
      if (versions.contains(package.name) && package.version) {
        const MarkerDiagram marker = fork.markers.at(package.name);
        AddEntry(std::move(package), marker, versions);
      }
    }
    lock::Lock& lock = merged_.lock;
    if (!lock.tool) {
      lock.tool = std::move(fork.resolution.lock.tool);
    } else if (fork.resolution.lock.tool) {
      AddMissing(lock.tool->requests, fork.resolution.lock.tool->requests);
      AddMissing(lock.tool->targets, fork.resolution.lock.tool->targets);
      AddMissing(lock.tool->requested, fork.resolution.lock.tool->requested);
      lock.tool->indexes.merge(fork.resolution.lock.tool->indexes);
    }
    AddMissing(merged_.warnings, fork.resolution.warnings);
    merged_.statistics.decisions += fork.resolution.statistics.decisions;
    merged_.statistics.conflicts += fork.resolution.statistics.conflicts;
    merged_.statistics.details_asked += fork.resolution.statistics.details_asked;
  }

  Result<Resolution> Finish() {
    FLOWSTONE_TRY(CheckUnambiguous());
    lock::Lock& lock = merged_.lock;
    lock.requires_python = space_.requires_python;
    lock.environments = space_.environments;
    for (const auto& [key, entry] : entries_) {
      ++entry_counts_[key.name];
    }
    for (auto& [key, entry] : entries_) {
      FinishEntry(key, entry);
      lock.packages.push_back(std::move(entry.package));
    }
    if (lock.tool) {
      std::ranges::sort(lock.tool->requested);
    }
    return std::move(merged_);
  }

 private:
  struct Entry {
    lock::LockedPackage package;
    MarkerDiagram marker = MarkerAlgebra::Never();
    std::set<std::pair<pypi::Name, std::optional<pypi::Version>>> dependencies = {};
  };

  void AddEntry(lock::LockedPackage package, MarkerDiagram marker,
                const std::map<pypi::Name, std::optional<pypi::Version>>& versions) {
    const EntryKey key{package.name, *package.version, package.index};
    auto [place, is_new] = entries_.try_emplace(key);
    Entry& entry = place->second;
    for (const lock::LockedDependency& dependency : package.dependencies) {
      if (const auto found = versions.find(dependency.name); found != versions.end()) {
        entry.dependencies.emplace(*found);
      }
    }
    entry.marker = algebra_.Or(entry.marker, marker);
    if (is_new) {
      entry.package = std::move(package);
    } else {
      AddMissing(entry.package.wheels, package.wheels);
    }
  }

  // Two versions of one package come from different forks, which hold in different environments.
  Status CheckUnambiguous() {
    for (auto a = entries_.begin(); a != entries_.end(); ++a) {
      for (auto b = std::next(a); b != entries_.end() && b->first.name == a->first.name; ++b) {
        const MarkerDiagram both = algebra_.And(a->second.marker, b->second.marker);
        if (!algebra_.AreDisjoint(both, known_)) {
          return Error{
              .code = ErrorCode::kConflict,
              .message = "targets that markers cannot tell apart need different versions: " +
                         a->first.Title() + " and " + b->first.Title(),
              .hints = {"lock these targets into files of their own"}};
        }
      }
    }
    return Ok();
  }

  void FinishEntry(const EntryKey& key, Entry& entry) {
    entry.package.marker =
        algebra_.ToMarker(WithoutNeedlessChoices(algebra_.Simplify(entry.marker, known_)));
    if (!AcceptsAll(entry)) {
      entry.package.requires_python = {};
    }
    KeepReachableWheels(key, entry);
    entry.package.dependencies.clear();
    for (const auto& [name, version] : entry.dependencies) {
      // The version says which entry is meant, where there are several.
      const lock::LockedDependency dependency{
          name, entry_counts_.at(name) > 1 ? version : std::optional<pypi::Version>()};
      AddMissing(entry.package.dependencies, {dependency});
    }
  }

  // `"old" in extras` says it all where "new" is never taken with it; asking that it is not would
  // also hide from those who take both that they get two versions.
  MarkerDiagram WithoutNeedlessChoices(MarkerDiagram marker) {
    for (const MarkerDiagram choice : space_.choices) {
      const MarkerDiagram wider = algebra_.Or(
          algebra_.Simplify(marker, choice), algebra_.Simplify(marker, MarkerAlgebra::Not(choice)));
      if (algebra_.And(wider, known_) == algebra_.And(marker, known_)) {
        marker = wider;
      }
    }
    return marker;
  }

  // An upper bound that was ignored must not stop the installation.
  bool AcceptsAll(const Entry& entry) {
    const MarkerDiagram accepted = algebra_.OfPython(entry.package.requires_python.ToVersionSet());
    return algebra_.Implies(algebra_.And(entry.marker, known_), accepted);
  }

  void KeepReachableWheels(const EntryKey& key, Entry& entry) {
    std::vector<lock::LockedFile> reachable;
    for (const lock::LockedFile& wheel : entry.package.wheels) {
      if (!algebra_.AreDisjoint(entry.marker, space_.wheels.Of(wheel.name))) {
        reachable.push_back(wheel);
      }
    }
    if (reachable.empty() && !entry.package.wheels.empty() && !entry.package.sdist) {
      merged_.warnings.push_back(key.Title() + " has no wheel for the environments that need it: " +
                                 entry.package.marker.ToString());
      return;
    }
    entry.package.wheels = std::move(reachable);
    const MarkerDiagram needed = algebra_.And(entry.marker, known_);
    if (auto missing = FindMissingWheels(entry.package, needed, space_.wheels)) {
      merged_.missing_wheels.push_back(*std::move(missing));
    }
  }

  const MergeSpace& space_;
  MarkerAlgebra& algebra_;
  MarkerDiagram known_;
  std::map<EntryKey, Entry> entries_;
  std::unordered_map<pypi::Name, std::size_t> entry_counts_;
  Resolution merged_;
};

}  // namespace

Result<Resolution> MergeForks(std::vector<SolvedFork> forks, const MergeSpace& space) {
  Merger merger(space);
  for (SolvedFork& fork : forks) {
    merger.Add(std::move(fork));
  }
  return merger.Finish();
}

}  // namespace flowstone::resolve
