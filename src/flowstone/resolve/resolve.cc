#include "flowstone/resolve/resolve.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/error.h"
#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/index_provider.h"
#include "flowstone/resolve/lock_builder.h"
#include "flowstone/resolve/request.h"
#include "flowstone/solve/explain.h"
#include "flowstone/solve/solver.h"

namespace flowstone::resolve {
namespace {

using Answer = std::variant<Resolution, ResolveConflict>;

// Ends the phase however the work ends.
class ResolvePhase {
 public:
  explicit ResolvePhase(ProgressSink& progress) : progress_(progress) {
    progress_.Start(Phase::kResolve, "", 0);
  }
  ~ResolvePhase() { progress_.Finish(Phase::kResolve); }
  ResolvePhase(const ResolvePhase&) = delete;
  ResolvePhase& operator=(const ResolvePhase&) = delete;

 private:
  ProgressSink& progress_;
};

Status CheckRequirements(const ResolveRequest& request) {
  for (const auto* wishes : {&request.requirements, &request.constraints}) {
    for (const RequestedRequirement& wish : *wishes) {
      if (!wish.requirement.url.empty()) {
        return Error{.code = ErrorCode::kInvalid,
                     .message = "the requirement " + wish.requirement.name.ToString() + " of " +
                                (wish.origin.empty() ? "the request" : wish.origin) +
                                " names a URL, and only files of indexes are used",
                     .hints = {"put the wheel into a directory and name that with --find-links"}};
      }
    }
  }
  return Ok();
}

ResolveConflict MakeConflict(const solve::Conflict& conflict, const IndexProvider& provider,
                             const ResolveRequest& request) {
  ResolveConflict answer{.explanation = solve::Explain(conflict, provider)};
  const std::string text = answer.explanation.ToString();
  if (text.find("only its source") != std::string::npos ||
      text.find("no wheel fits") != std::string::npos) {
    answer.hints.emplace_back("only wheels are used: build one and offer it with --find-links");
  }
  if (text.find("pre-releases are") != std::string::npos) {
    answer.hints.emplace_back("allow pre-releases, or name one in a requirement");
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

Error ResolveConflict::ToError() const {
  return Error{.code = ErrorCode::kConflict, .message = explanation.ToString(), .hints = hints};
}

Result<Answer> Resolve(const ResolveRequest& request, CandidateSource& source,
                       ProgressSink& progress, const ResolveOptions& options) {
  FLOWSTONE_TRY(CheckRequirements(request));
  const ResolvePhase phase(progress);
  IndexProvider provider(request, source, progress, options);
  FLOWSTONE_LET(const solve::Outcome outcome,
                solve::Solve(provider, provider.vocabulary().request(),
                             {.is_cancelled = options.is_cancelled}));
  if (const auto* conflict = std::get_if<solve::Conflict>(&outcome)) {
    return Answer(MakeConflict(*conflict, provider, request));
  }
  if (const auto* exhausted = std::get_if<solve::Exhausted>(&outcome)) {
    return ExhaustedError(*exhausted, provider);
  }
  FLOWSTONE_LET(Resolution resolution,
                BuildLock(std::get<solve::Solution>(outcome), provider, request, options));
  return Answer(std::move(resolution));
}

}  // namespace flowstone::resolve
