#include "flowstone/resolve/attempt.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/error.h"
#include "flowstone/base/text.h"
#include "flowstone/resolve/conflict_describer.h"
#include "flowstone/resolve/conflict_hints.h"
#include "flowstone/solve/explain.h"

namespace flowstone::resolve {
namespace {

ResolveConflict MakeConflict(solve::Conflict conflict, const IndexProvider& provider,
                             const ResolveRequest& request, CandidateSource& source,
                             const ResolveOptions& options) {
  const ConflictDescriber describer(provider);
  describer.MergeReasons(conflict);
  ResolveConflict answer{.explanation = solve::Explain(conflict, describer)};
  answer.hints = HintsFor(answer.explanation.facts, provider, request, source, options);
  return answer;
}

Error ExhaustedError(const solve::Exhausted& exhausted, const IndexProvider& provider) {
  std::vector<std::string> names;
  names.reserve(exhausted.most_conflicts.size());
  for (const solve::PackageId package : exhausted.most_conflicts) {
    names.push_back(provider.PackageName(package));
  }
  return Error{
      .code = ErrorCode::kConflict,
      .message = "no solution was found after trying " +
                 std::to_string(exhausted.statistics.decisions) + " versions",
      .hints = {"most conflicts were about " + JoinText(names, ", ") + ": narrow their ranges"}};
}

}  // namespace

Result<std::variant<Solved, ResolveConflict>> AttemptToSolve(const ResolveRequest& request,
                                                             const Scope& scope,
                                                             CandidateSource& source,
                                                             ProgressSink& progress,
                                                             const ResolveOptions& options) {
  using Answer = std::variant<Solved, ResolveConflict>;
  UnpinnedVersions unpinned;
  auto placed = options.places.empty()
                    ? nullptr
                    : std::make_unique<PlacedSource>(source, options.places, scope);
  CandidateSource& published = placed ? *placed : source;
  auto stated = request.stated_metadata.empty()
                    ? nullptr
                    : std::make_unique<StatedSource>(published, request.stated_metadata);
  CandidateSource& candidates = stated ? *stated : published;
  while (true) {
    auto provider =
        std::make_unique<IndexProvider>(request, scope, candidates, progress, options, unpinned);
    FLOWSTONE_LET(solve::Outcome outcome, solve::Solve(*provider, provider->vocabulary().request(),
                                                       {.is_cancelled = options.is_cancelled}));
    if (auto* conflict = std::get_if<solve::Conflict>(&outcome)) {
      return Answer(MakeConflict(std::move(*conflict), *provider, request, source, options));
    }
    if (const auto* exhausted = std::get_if<solve::Exhausted>(&outcome)) {
      return ExhaustedError(*exhausted, *provider);
    }
    auto& solution = std::get<solve::Solution>(outcome);
    // Whether anything pins a yanked version, only the whole answer shows. What nothing pins is
    // left out the next time; there are finitely many such versions.
    if (request.policies.yanked == YankedMode::kPinnedAnywhere) {
      if (UnpinnedVersions found = provider->UnpinnedIn(solution); !found.empty()) {
        for (auto& [name, versions] : found) {
          std::ranges::move(versions, std::back_inserter(unpinned[name]));
        }
        continue;
      }
    }
    return Answer(
        Solved{std::move(placed), std::move(stated), std::move(provider), std::move(solution)});
  }
}

}  // namespace flowstone::resolve
