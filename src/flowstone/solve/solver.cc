#include "flowstone/solve/solver.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/error.h"
#include "flowstone/solve/incompatibility.h"
#include "flowstone/solve/ordinal_set.h"
#include "flowstone/solve/package_set.h"
#include "flowstone/solve/partial_solution.h"

namespace flowstone::solve {
namespace {

// After so many conflicts with others a package is tried earlier, and the others later: then the
// search does not go through all versions of one package because of another one's first choice.
// Each moves once; moving again and again would undo more than it helps.
constexpr std::uint32_t kConflictThreshold = 5;

// The packages that Exhausted names.
constexpr std::size_t kReportedConflicts = 5;

// How soon a package is decided; later values first.
enum class Urgency : std::uint8_t {
  kOrdinary,
  kAfterConflicts,   // kept stopping others
  kBeforeConflicts,  // kept being stopped
  kPinned,           // somebody depends on one version
};
constexpr std::size_t kUrgencies = 4;

struct PackageRecord {
  UniverseFact universe;
  OrdinalSet expanded;  // candidates whose details are in the store
  OrdinalSet refused;   // candidates that the provider has passed over
  Urgency urgency = Urgency::kOrdinary;
  std::uint32_t conflicts_as_affected = 0;
  std::uint32_t conflicts_as_culprit = 0;
  std::uint64_t conflicts = 0;
  OrdinalSet anticipated;  // values when the provider was last told
};

// An incompatibility that nothing can satisfy: there is no solution.
using Contradiction = std::optional<IncompatibilityId>;

class Search {
 public:
  Search(CandidateProvider& provider, PackageId root, const SolveOptions& options)
      : provider_(provider), root_(root), options_(options) {}

  Result<Outcome> Run();

 private:
  Status Start();
  // Learns the universes of packages not known yet, in order.
  Status Discover(const std::vector<Dependency>& dependencies);
  Status DiscoverOne(PackageId package);
  Status AddDependencies(PackageId dependent, Ordinal candidate,
                         std::vector<Dependency> dependencies);
  void AddDependency(PackageId dependent, Ordinal candidate, const Dependency& dependency);
  // Puts what the provider says about a candidate into the store, the first time.
  enum class Worth : std::uint8_t { kUsable, kUnusable };
  Result<Worth> Expand(PackageId package, Ordinal candidate);

  // Decides an open package, or learns why that cannot be.
  Status Try(PackageId package);
  // Draws all conclusions from what has been touched.
  Contradiction Propagate();
  // Draws what follows from one incompatibility. Nothing is done when nothing follows.
  enum class Effect : std::uint8_t { kNothing, kNarrowed, kViolated };
  Effect Examine(IncompatibilityId id);
  // Analyses a violated incompatibility, goes back to where it is not violated, and learns; a
  // contradiction when there is no such place.
  Contradiction Recover(IncompatibilityId violated);
  struct Satisfier {
    std::size_t index = 0;           // of the assignment that completed the violation
    PackageId package;               //
    std::size_t previous_level = 0;  // before it, the violation was complete but for this package
  };
  Satisfier FindSatisfier(const Incompatibility& violated) const;

  void SetUrgency(PackageId package, Urgency urgency);
  // Of the most urgent open packages, the one that became known first.
  std::optional<PackageId> NextPackage() const;
  // Whether what the candidate has just stated cannot be met.
  bool ConflictsNow(PackageId package, Ordinal candidate);
  void Touch(PackageId package);
  void CountConflict(PackageId affected, const Incompatibility& cause);
  // A conflict of the package with what the root stands for: it stops itself.
  void CountRootConflict(PackageId package);
  void CountAsCulprit(PackageId package, std::uint32_t times);
  void CountAsAffected(PackageId package, std::uint32_t times);
  void ApplyPromotions();
  void Anticipate();

  bool IsContradicted(IncompatibilityId id) const;
  void MarkContradicted(IncompatibilityId id);
  PackageRecord& Record(PackageId package) { return records_[package.value]; }
  const PackageRecord& Record(PackageId package) const { return records_[package.value]; }

  Outcome MakeSolution() const;
  Outcome MakeConflict(IncompatibilityId contradiction) const;
  Outcome MakeExhausted() const;

  CandidateProvider& provider_;
  const PackageId root_;
  const SolveOptions& options_;
  IncompatibilityStore store_;
  PartialSolution partial_;
  std::vector<PackageRecord> records_;             // by package
  std::vector<PackageId> discovered_;              // in order, which is that of their places
  std::array<PackageSet, kUrgencies> by_urgency_;  // places, but for that of the root
  std::vector<IncompatibilityId> stated_;          // dependencies, by the last Expand, in order
  std::deque<PackageId> touched_;  // packages whose incompatibilities must be looked at
  // Those that have just reached the threshold.
  std::vector<PackageId> often_stopped_;
  std::vector<PackageId> often_stopping_;
  // Where an incompatibility was found to hold already; it holds until that level is left.
  struct ContradictionMark {
    std::size_t level = 0;
    std::uint64_t serial = UINT64_MAX;
  };
  std::vector<ContradictionMark> contradicted_;
  SolveStatistics statistics_;
};

Result<Outcome> Search::Run() {
  FLOWSTONE_TRY(Start());
  while (true) {
    if (const Contradiction contradiction = Propagate()) {
      return MakeConflict(*contradiction);
    }
    ApplyPromotions();
    Anticipate();
    const std::optional<PackageId> next = NextPackage();
    if (!next) {
      return MakeSolution();
    }
    if (statistics_.decisions >= options_.max_steps) {
      return MakeExhausted();
    }
    if (options_.is_cancelled && options_.is_cancelled()) {
      return Error{ErrorCode::kCancelled, "resolving was cancelled"};
    }
    FLOWSTONE_TRY(Try(*next));
    Touch(*next);
  }
}

Status Search::Try(PackageId package) {
  const std::uint32_t candidates = partial_.CandidateCount(package);
  const OrdinalSet allowed = partial_.Values(package).Resized(candidates);
  const Choice choice = provider_.Choose(package, allowed);
  OrdinalSet& refused = Record(package).refused;
  for (const Unusable& unusable : choice.passed_over) {
    if (!unusable.candidates.IsSubsetOf(refused)) {
      store_.AddUnusable(package, unusable.candidates, unusable.reason);
      refused |= unusable.candidates;
    }
  }
  switch (choice.next) {
    case Choice::Next::kTry:
      break;
    case Choice::Next::kNone:
      FLOWSTONE_CHECK(allowed.IsSubsetOf(refused));
      return Ok();
    case Choice::Next::kAlien:
      // Selected all the same, it is found to be unusable, and the search goes back.
      CountRootConflict(package);
      partial_.Decide(package, choice.candidate);
      return Ok();
  }
  ++statistics_.decisions;
  if (choice.pinned) {
    SetUrgency(*choice.pinned, Urgency::kPinned);
  }
  FLOWSTONE_CHECK(allowed.Contains(choice.candidate) && !refused.Contains(choice.candidate));
  FLOWSTONE_LET(const Worth worth, Expand(package, choice.candidate));
  // As long as all goes well, a conflict is not looked for: it will show.
  const bool is_refuted = worth == Worth::kUnusable ||
                          (partial_.has_gone_back() && ConflictsNow(package, choice.candidate));
  if (!is_refuted) {
    partial_.Decide(package, choice.candidate);
  }
  return Ok();
}

Status Search::Start() {
  FLOWSTONE_TRY(DiscoverOne(root_));
  FLOWSTONE_CHECK(partial_.CandidateCount(root_) == 1);
  const IncompatibilityId is_selected = store_.AddRoot(root_);
  partial_.Derive(root_, OrdinalSet::Only(2, 0), is_selected);
  Touch(root_);
  FLOWSTONE_TRY(Expand(root_, 0));
  return Ok();
}

Status Search::DiscoverOne(PackageId package) {
  FLOWSTONE_LET(const Candidates candidates, provider_.Universe(package));
  partial_.AddPackage(package, candidates.count);
  if (package.value >= records_.size()) {
    records_.resize(package.value + std::size_t{1});
  }
  PackageRecord& record = Record(package);
  record.universe = {candidates.count, candidates.absence};
  record.expanded = OrdinalSet::Empty(candidates.count);
  record.refused = OrdinalSet::Empty(candidates.count);
  discovered_.push_back(package);
  if (package != root_) {
    by_urgency_[static_cast<std::size_t>(Urgency::kOrdinary)].Insert(partial_.PlaceOf(package));
  }
  return Ok();
}

Status Search::Discover(const std::vector<Dependency>& dependencies) {
  std::vector<PackageId> unknown;
  for (const Dependency& dependency : dependencies) {
    if (!partial_.IsKnown(dependency.package) &&
        std::ranges::find(unknown, dependency.package) == unknown.end()) {
      unknown.push_back(dependency.package);
    }
  }
  if (!unknown.empty()) {
    provider_.Announce(unknown);
    for (const PackageId package : unknown) {
      FLOWSTONE_TRY(DiscoverOne(package));
    }
  }
  return Ok();
}

Status Search::AddDependencies(PackageId dependent, Ordinal candidate,
                               std::vector<Dependency> dependencies) {
  struct Batch {
    PackageId dependent;
    Ordinal candidate;
    std::vector<Dependency> dependencies;
  };
  // Becoming known, a condition wakes the dependencies that wait for it, which may name further
  // ones.
  std::deque<Batch> batches;
  batches.push_back({dependent, candidate, std::move(dependencies)});
  while (!batches.empty()) {
    const Batch batch = std::move(batches.front());
    batches.pop_front();
    const std::size_t known_before = discovered_.size();
    FLOWSTONE_TRY(Discover(batch.dependencies));
    for (const Dependency& dependency : batch.dependencies) {
      AddDependency(batch.dependent, batch.candidate, dependency);
    }
    for (std::size_t i = known_before; i < discovered_.size(); ++i) {
      for (const LateDependency& late : provider_.Awaken(discovered_[i])) {
        batches.push_back({late.dependent, late.candidate, {late.dependency}});
      }
    }
  }
  return Ok();
}

void Search::AddDependency(PackageId dependent, Ordinal candidate, const Dependency& dependency) {
  OrdinalSet allowed = provider_.Lower(dependency.package, dependency.range);
  FLOWSTONE_CHECK(allowed.size() == partial_.CandidateCount(dependency.package));
  const std::uint32_t when_candidates =
      dependency.when ? partial_.CandidateCount(*dependency.when) : 0;
  const std::optional<IncompatibilityId> id =
      store_.AddDependency(dependent, partial_.CandidateCount(dependent), candidate, dependency,
                           std::move(allowed), when_candidates);
  if (id) {
    stated_.push_back(*id);
    if (*id < contradicted_.size()) {
      contradicted_[*id] = {};  // it has grown
    }
  }
  if (provider_.IsPin(dependency.range)) {
    SetUrgency(dependency.package, Urgency::kPinned);
  }
}

Result<Search::Worth> Search::Expand(PackageId package, Ordinal candidate) {
  stated_.clear();
  if (Record(package).expanded.Contains(candidate)) {
    return Worth::kUsable;
  }
  ++statistics_.details_asked;
  FLOWSTONE_LET(CandidateDetails details, provider_.Details(package, candidate));
  if (const auto* reason = std::get_if<ReasonId>(&details)) {
    const std::uint32_t candidates = partial_.CandidateCount(package);
    store_.AddUnusable(package, OrdinalSet::Only(candidates, candidate), *reason);
    Record(package).expanded.Insert(candidate);
    return Worth::kUnusable;
  }
  FLOWSTONE_TRY(
      AddDependencies(package, candidate, std::get<std::vector<Dependency>>(std::move(details))));
  Record(package).expanded.Insert(candidate);
  return Worth::kUsable;
}

void Search::Touch(PackageId package) {
  if (std::ranges::find(touched_, package) == touched_.end()) {
    touched_.push_back(package);
  }
}

bool Search::IsContradicted(IncompatibilityId id) const {
  if (id >= contradicted_.size()) {
    return false;
  }
  const ContradictionMark& mark = contradicted_[id];
  return mark.level <= partial_.level() && partial_.LevelSerial(mark.level) == mark.serial;
}

void Search::MarkContradicted(IncompatibilityId id) {
  if (id >= contradicted_.size()) {
    contradicted_.resize(id + 1);
  }
  contradicted_[id] = {partial_.level(), partial_.LevelSerial(partial_.level())};
}

Search::Effect Search::Examine(IncompatibilityId id) {
  const Term* open = nullptr;
  for (const Term& term : store_[id].terms) {
    const OrdinalSet& values = partial_.Values(term.package);
    if (values.IsSubsetOf(term.set)) {
      continue;
    }
    if (values.IsDisjointFrom(term.set)) {
      MarkContradicted(id);
      return Effect::kNothing;
    }
    if (open != nullptr) {
      return Effect::kNothing;
    }
    open = &term;
  }
  if (open == nullptr) {
    return Effect::kViolated;
  }
  const PackageId package = open->package;
  partial_.Derive(package, open->set.Complement(), id);
  MarkContradicted(id);
  Touch(package);
  return Effect::kNarrowed;
}

Contradiction Search::Propagate() {
  while (!touched_.empty()) {
    const PackageId package = touched_.front();
    touched_.pop_front();
    const std::vector<IncompatibilityId>& mentioning = store_.Mentioning(package);
    // The newest first: what was learnt last says most.
    for (std::size_t i = mentioning.size(); i-- > 0;) {
      const IncompatibilityId id = mentioning[i];
      if (IsContradicted(id) || Examine(id) != Effect::kViolated) {
        continue;
      }
      if (const Contradiction contradiction = Recover(id)) {
        return contradiction;
      }
      break;  // `mentioning` may have moved, and all of it is looked at again
    }
  }
  return std::nullopt;
}

Search::Satisfier Search::FindSatisfier(const Incompatibility& violated) const {
  std::optional<std::size_t> last;
  std::optional<std::size_t> previous;
  const Term* last_term = nullptr;
  for (const Term& term : violated.terms) {
    const std::optional<std::size_t> first = partial_.FirstWithin(term.package, term.set);
    if (!first) {
      continue;
    }
    if (!last || *first > *last) {
      previous = last;
      last = first;
      last_term = &term;
    } else if (!previous || *first > *previous) {
      previous = first;
    }
  }
  FLOWSTONE_CHECK(last.has_value());
  // The assignment may need help from earlier ones on the same package.
  const OrdinalSet unexplained = last_term->set | partial_[*last].values.Complement();
  const std::size_t helper = partial_.FirstWithin(last_term->package, unexplained)
                                 .value_or(partial_.FirstOf(last_term->package));
  if (!previous || helper > *previous) {
    previous = helper;
  }
  return {*last, last_term->package, previous ? partial_[*previous].level : 0};
}

Contradiction Search::Recover(IncompatibilityId violated) {
  ++statistics_.conflicts;
  IncompatibilityId current = violated;
  while (!store_[current].terms.empty()) {
    const Satisfier satisfier = FindSatisfier(store_[current]);
    const Assignment& assignment = partial_[satisfier.index];
    if (!assignment.cause || satisfier.previous_level < assignment.level) {
      partial_.BacktrackTo(satisfier.previous_level);
      if (current != violated) {
        store_.Learn(current);
      }
      CountConflict(satisfier.package, store_[current]);
      touched_.clear();
      partial_.Derive(satisfier.package, store_[current].Find(satisfier.package)->set.Complement(),
                      current);
      Touch(satisfier.package);
      return std::nullopt;
    }
    current = store_.Resolve(current, *assignment.cause, satisfier.package);
    CountConflict(satisfier.package, store_[current]);
  }
  return current;
}

bool Search::ConflictsNow(PackageId package, Ordinal candidate) {
  const OrdinalSet values = OrdinalSet::Only(partial_.CandidateCount(package) + 1, candidate);
  const auto is_violated = [&](IncompatibilityId id) {
    return !IsContradicted(id) && std::ranges::all_of(store_[id].terms, [&](const Term& term) {
      return term.package == package ? values.IsSubsetOf(term.set)
                                     : partial_.Values(term.package).IsSubsetOf(term.set);
    });
  };
  // Of several dependencies that cannot be met, the one that the candidate states first is to
  // blame, whichever others have stated before.
  for (const IncompatibilityId id : stated_) {
    if (store_[id].Find(package) != nullptr && is_violated(id)) {
      CountConflict(package, store_[id]);
      return true;
    }
  }
  return false;
}

void Search::CountConflict(PackageId affected, const Incompatibility& cause) {
  // A package and its feature are of one mind: neither is in the other's way, and what is in the
  // way of the feature is in the way of both.
  const auto* dependency = std::get_if<DependencyCause>(&cause.cause);
  const std::optional<PackageId> feature = dependency == nullptr ? std::nullopt : dependency->when;
  const PackageId dependent = cause.terms.empty() ? affected : cause.terms.front().package;
  const bool is_of_feature = feature && (affected == *feature || affected == dependent);
  const std::uint32_t times = is_of_feature ? 2 : 1;
  bool has_culprit = false;
  for (const Term& term : cause.terms) {
    if (term.package == affected || term.package == root_ ||
        (is_of_feature && (term.package == *feature || term.package == dependent))) {
      continue;
    }
    has_culprit = true;
    ++Record(term.package).conflicts;
    CountAsCulprit(term.package, times);
  }
  if (has_culprit) {
    ++Record(affected).conflicts;
    CountAsAffected(affected, times);
  }
}

void Search::CountRootConflict(PackageId package) {
  ++Record(package).conflicts;
  CountAsCulprit(package, 1);
  CountAsAffected(package, 1);
}

void Search::CountAsCulprit(PackageId package, std::uint32_t times) {
  for (std::uint32_t i = 0; i < times; ++i) {
    if (++Record(package).conflicts_as_culprit == kConflictThreshold) {
      often_stopping_.push_back(package);
    }
  }
}

void Search::CountAsAffected(PackageId package, std::uint32_t times) {
  for (std::uint32_t i = 0; i < times; ++i) {
    if (++Record(package).conflicts_as_affected == kConflictThreshold) {
      often_stopped_.push_back(package);
    }
  }
}

void Search::ApplyPromotions() {
  for (const PackageId package : std::exchange(often_stopped_, {})) {
    SetUrgency(package, Urgency::kBeforeConflicts);
  }
  for (const PackageId package : std::exchange(often_stopping_, {})) {
    if (Record(package).urgency == Urgency::kBeforeConflicts) {
      continue;  // or two that stop each other would change places for ever
    }
    SetUrgency(package, Urgency::kAfterConflicts);
    // To before its decision, so that those it is in conflict with may choose first.
    if (const std::optional<std::size_t> level = partial_.DecisionLevel(package)) {
      partial_.BacktrackTo(*level - 1);
    }
  }
}

void Search::SetUrgency(PackageId package, Urgency urgency) {
  Urgency& current = Record(package).urgency;
  const std::size_t place = partial_.PlaceOf(package);
  by_urgency_[static_cast<std::size_t>(current)].Erase(place);
  by_urgency_[static_cast<std::size_t>(urgency)].Insert(place);
  current = urgency;
}

std::optional<PackageId> Search::NextPackage() const {
  for (std::size_t urgency = by_urgency_.size(); urgency-- > 0;) {
    if (const auto place = PackageSet::FirstOfBoth(by_urgency_[urgency], partial_.open())) {
      return discovered_[*place];
    }
  }
  return std::nullopt;
}

void Search::Anticipate() {
  partial_.changed().Each([this](std::size_t place) {
    const PackageId package = discovered_[place];
    if (package == root_ || !partial_.IsOpen(package)) {
      return;
    }
    PackageRecord& record = Record(package);
    const OrdinalSet& values = partial_.Values(package);
    if (record.anticipated != values) {
      record.anticipated = values;
      provider_.Anticipate(package, values.Resized(record.universe.candidates));
    }
  });
  partial_.ForgetChanges();
}

Outcome Search::MakeSolution() const {
  Solution solution{.selected = {}, .statistics = statistics_};
  for (const PackageId package : discovered_) {
    if (package != root_ && partial_.IsDecided(package)) {
      solution.selected.emplace_back(package, partial_.Decision(package));
    }
  }
  return solution;
}

Outcome Search::MakeConflict(IncompatibilityId contradiction) const {
  Conflict conflict{.root = root_, .proof = store_.ProofOf(contradiction), .universes = {}};
  for (const PackageId package : discovered_) {
    conflict.universes.emplace(package, Record(package).universe);
  }
  return conflict;
}

Outcome Search::MakeExhausted() const {
  std::vector<PackageId> packages;
  std::ranges::copy_if(discovered_, std::back_inserter(packages),
                       [&](PackageId package) { return Record(package).conflicts > 0; });
  std::ranges::stable_sort(packages, [&](PackageId a, PackageId b) {
    return Record(a).conflicts > Record(b).conflicts;
  });
  packages.resize(std::min(packages.size(), kReportedConflicts));
  return Exhausted{std::move(packages), statistics_};
}

}  // namespace

Result<Outcome> Solve(CandidateProvider& provider, PackageId root, const SolveOptions& options) {
  return Search(provider, root, options).Run();
}

}  // namespace flowstone::solve
