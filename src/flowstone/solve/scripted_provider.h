// ScriptedProvider: a candidate provider for tests. Packages have the versions "1", "2", …; ranges
// are written ">=2,<4"; "name[feature]" is a package of its own.
//
//   ScriptedProvider provider;
//   provider.Package("a", 2);
//   provider.Depend("a", 2, "b", ">=1");
//   provider.Require("a", "");
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/solve/candidate_provider.h"
#include "flowstone/solve/explain.h"
#include "flowstone/solve/solver.h"

namespace flowstone::solve {

class ScriptedProvider final : public CandidateProvider, public Describer {
 public:
  ScriptedProvider();

  // A package that is never introduced has no candidates.
  PackageId Package(const std::string& name, std::uint32_t versions);
  void Depend(const std::string& dependent, std::uint32_t version, const std::string& package,
              const std::string& range, const std::string& when = "");
  void Require(const std::string& package, const std::string& range);
  // Told when its turn comes.
  void Unusable(const std::string& package, std::uint32_t version, const std::string& reason);
  // The same, in contradiction to the root.
  void Alien(const std::string& package, std::uint32_t version, const std::string& reason);
  void PinWhenChosen(const std::string& package) { packages_[Id(package).value].pins = true; }
  // Found out when the details are asked for.
  void Broken(const std::string& package, std::uint32_t version, const std::string& reason);
  void FailDetails(const std::string& package, std::uint32_t version, Error error);

  PackageId root() const { return PackageId{0}; }
  PackageId Id(const std::string& name);
  const std::string& NameOf(PackageId package) const { return packages_[package.value].name; }
  // "a 2" for each selected candidate, in the solver's order, without features.
  std::vector<std::string> Names(const Solution& solution) const;
  // The same, asked of the solver right away; the explanation of a conflict otherwise.
  std::vector<std::string> SolveToText();

  const std::vector<std::string>& announced() const { return announced_; }
  // "a 2" for each candidate that was chosen, also when it did not stay, in order.
  const std::vector<std::string>& tried() const { return tried_; }
  std::uint32_t details_asked() const { return details_asked_; }

  void Announce(std::span<const PackageId> packages) override;
  Result<Candidates> Universe(PackageId package) override;
  OrdinalSet Lower(PackageId package, RangeId range) override;
  bool IsPin(RangeId range) const override { return ranges_[range.value].starts_with("=="); }
  Choice Choose(PackageId package, const OrdinalSet& allowed) override;
  Result<CandidateDetails> Details(PackageId package, Ordinal candidate) override;
  std::vector<LateDependency> Awaken(PackageId condition) override;
  void Anticipate(PackageId, const OrdinalSet&) override {}

  std::string PackageName(PackageId package) const override;
  std::string CandidateName(PackageId package, Ordinal candidate) const override;
  std::string RangeText(PackageId package, RangeId range) const override;
  std::string Requirer(PackageId package, RangeId range) const override;
  std::string ReasonText(PackageId package, ReasonId reason,
                         const OrdinalSet& candidates) const override;

  // What a brute-force search needs to know.
  struct Script {
    std::string name;
    std::uint32_t versions = 0;
    std::map<Ordinal, std::vector<Dependency>> dependencies = {};
    std::map<Ordinal, std::uint32_t> unusable = {};  // → reason
    std::set<Ordinal> alien = {};                    // of those
    std::map<Ordinal, std::uint32_t> broken = {};    // → reason
    std::map<Ordinal, Error> failures = {};
    bool pins = false;
  };
  const std::vector<Script>& packages() const { return packages_; }

 private:
  RangeId Range(const std::string& text);
  std::uint32_t Reason(const std::string& text);

  std::vector<Script> packages_;
  std::map<std::string, std::uint32_t> ids_;
  std::vector<std::string> ranges_;
  std::vector<std::string> reasons_;
  std::vector<std::string> announced_;
  std::vector<std::string> tried_;
  std::set<PackageId> known_;                            // whose universe was asked for
  std::vector<std::pair<PackageId, Ordinal>> detailed_;  // whose details were given, in order
  std::uint32_t details_asked_ = 0;
};

}  // namespace flowstone::solve
