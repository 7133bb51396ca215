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
#include "flowstone/lock/timestamp.h"
#include "flowstone/solve/explain.h"

namespace flowstone::resolve {
namespace {

// How the source distributions that the reasons mention could be used.
std::string SourceHint(const solve::Explanation& explanation) {
  std::string options;
  for (const std::string& reason : explanation.reasons) {
    const auto name = pypi::Name::Parse(reason.substr(0, reason.find(' ')));
    if (name && reason.find("only its source") != std::string::npos) {
      options += " --build " + name->ToString();
    }
  }
  if (options.empty()) {
    return "only wheels are used: build one and offer it with --find-links";
  }
  return "only wheels are used: offer one with --find-links, or allow building, which runs the "
         "code of the package:" +
         options;
}

ResolveConflict MakeConflict(const solve::Conflict& conflict, const IndexProvider& provider,
                             const ResolveRequest& request) {
  ResolveConflict answer{.explanation = solve::Explain(conflict, provider)};
  const std::string text = answer.explanation.ToString();
  if (text.find("only its source") != std::string::npos ||
      text.find("no wheel fits") != std::string::npos) {
    answer.hints.push_back(SourceHint(answer.explanation));
  }
  if (text.find("pre-releases are") != std::string::npos) {
    answer.hints.emplace_back("allow pre-releases, or name one in a requirement");
  }
  if (text.find("was not found in any index") != std::string::npos) {
    answer.hints.emplace_back(
        "check the spelling, or name the index that has it with --extra-index-url");
  }
  if (request.exclude_newer_us) {
    answer.hints.push_back("files published from " +
                           lock::FormatTimestamp(*request.exclude_newer_us) +
                           " on are ignored (--exclude-newer)");
  }
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
  CandidateSource& candidates = placed ? *placed : source;
  while (true) {
    auto provider =
        std::make_unique<IndexProvider>(request, scope, candidates, progress, options, unpinned);
    FLOWSTONE_LET(solve::Outcome outcome, solve::Solve(*provider, provider->vocabulary().request(),
                                                       {.is_cancelled = options.is_cancelled}));
    if (auto* conflict = std::get_if<solve::Conflict>(&outcome)) {
      provider->MergeReasons(*conflict);
      return Answer(MakeConflict(*conflict, *provider, request));
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
    return Answer(Solved{std::move(placed), std::move(provider), std::move(solution)});
  }
}

}  // namespace flowstone::resolve
