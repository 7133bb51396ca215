#include "flowstone/resolve/universal.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/error.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/resolve/attempt.h"
#include "flowstone/resolve/fork_scope.h"
#include "flowstone/resolve/lock_builder.h"
#include "flowstone/resolve/merged_lock.h"
#include "flowstone/resolve/reachability.h"

namespace flowstone::resolve {
namespace {

using pypi::MarkerDiagram;

// More forks than any project has, few enough to end.
constexpr std::size_t kMaxForks = 1000;

class UniversalResolver {
 public:
  UniversalResolver(const ResolveRequest& request, CandidateSource& source, ProgressSink& progress,
                    const ResolveOptions& options)
      : request_(request),
        source_(source),
        progress_(progress),
        options_(options),
        space_(request, options.places) {}

  Result<std::variant<Resolution, ResolveConflict>> Resolve() {
    Push(space_.first_forks());
    while (!pending_.empty()) {
      const MarkerDiagram fork = pending_.back();
      pending_.pop_back();
      FLOWSTONE_LET(std::optional<ResolveConflict> conflict, ResolveFork(fork));
      if (conflict) {
        return std::variant<Resolution, ResolveConflict>(*std::move(conflict));
      }
      if (solved_.size() + pending_.size() > kMaxForks) {
        return Error{.code = ErrorCode::kConflict,
                     .message = "the environments divide into more than " +
                                std::to_string(kMaxForks) + " parts",
                     .hints = {"narrow the environments or the Python versions"}};
      }
    }
    FLOWSTONE_LET(
        Resolution merged,
        MergeForks(std::move(solved_), {.wheels = space_.wheels(),
                                        .requires_python = request_.universal->requires_python,
                                        .environments = request_.universal->environments,
                                        .compatible = space_.compatible(),
                                        .choices = space_.choices()}));
    AddChoices(merged.lock);
    return std::variant<Resolution, ResolveConflict>(std::move(merged));
  }

 private:
  // The first of them is resolved first.
  void Push(const std::vector<MarkerDiagram>& forks) {
    pending_.insert(pending_.end(), forks.rbegin(), forks.rend());
  }

  // What whoever installs the lock chooses between.
  void AddChoices(lock::Lock& lock) const {
    for (const lock::ConflictingChoices& conflict : request_.universal->conflicts) {
      for (const lock::LockChoice& choice : conflict) {
        if (choice.extra && std::ranges::find(lock.extras, *choice.extra) == lock.extras.end()) {
          lock.extras.push_back(*choice.extra);
        }
        auto& groups = lock.dependency_groups;
        if (choice.group && std::ranges::find(groups, *choice.group) == groups.end()) {
          groups.push_back(*choice.group);
        }
      }
    }
    std::ranges::sort(lock.extras);
    std::ranges::sort(lock.dependency_groups);
  }

  // Solves the fork, or puts its parts in its place.
  Result<std::optional<ResolveConflict>> ResolveFork(MarkerDiagram fork) {
    const ForkScope scope(space_, fork);
    auto outcome = AttemptToSolve(request_, scope, source_, progress_, options_);
    if (!scope.division().empty()) {
      Push(scope.division());
      return std::optional<ResolveConflict>();
    }
    if (!outcome) {
      return std::move(outcome.error());
    }
    if (auto* conflict = std::get_if<ResolveConflict>(&*outcome)) {
      if (fork != space_.whole()) {
        conflict->scope = "for the environments " + scope.Description();
      }
      return std::optional(std::move(*conflict));
    }
    FLOWSTONE_TRY(Keep(std::get<Solved>(*outcome), fork));
    return std::optional<ResolveConflict>();
  }

  Status Keep(const Solved& solved, MarkerDiagram fork) {
    SolvedFork kept{
        .fork = fork,
        .resolution = {},
        .markers = PackageMarkers(solved.solution, *solved.provider, fork, space_.algebra())};
    FLOWSTONE_LET(kept.resolution,
                  BuildLock(solved.solution, *solved.provider, request_, options_));
    // Where the choice depends on who asks, what one fork chose means nothing to the others.
    if (request_.policies.resolution != ResolutionMode::kLowestDirect) {
      for (const lock::LockedPackage& package : kept.resolution.lock.packages) {
        options_.preferences.emplace_back(package.name, *package.version);
      }
    }
    solved_.push_back(std::move(kept));
    return Ok();
  }

  const ResolveRequest& request_;
  CandidateSource& source_;
  ProgressSink& progress_;
  ResolveOptions options_;  // with the versions of the forks that are solved
  ForkSpace space_;
  std::vector<MarkerDiagram> pending_;  // the next one last
  std::vector<SolvedFork> solved_;
};

}  // namespace

Result<std::variant<Resolution, ResolveConflict>> ResolveUniversal(const ResolveRequest& request,
                                                                   CandidateSource& source,
                                                                   ProgressSink& progress,
                                                                   const ResolveOptions& options) {
  return UniversalResolver(request, source, progress, options).Resolve();
}

}  // namespace flowstone::resolve
