#include "flowstone/resolve/resolve.h"

#include <algorithm>
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

// Who asks: "step train", "step train and pylock.toml", or the number of requirements when nobody
// is named.
std::string AskersOf(const ResolveRequest& request) {
  std::vector<std::string> askers;
  for (const RequestedRequirement& wish : request.requirements) {
    if (!wish.origin.empty() && std::ranges::find(askers, wish.origin) == askers.end()) {
      askers.push_back(wish.origin);
    }
  }
  if (askers.empty()) {
    return CountOf(request.requirements.size(), "requirement");
  }
  return JoinText(askers, " and ");
}

// Ends the phase however the work ends.
class ResolvePhase {
 public:
  ResolvePhase(ProgressSink& progress, const std::string& label) : progress_(progress) {
    progress_.Start(Phase::kResolve, label, 0);
  }
  ~ResolvePhase() {
    if (!is_finished_) {
      progress_.Abandon(Phase::kResolve);
    }
  }
  void Finish() {
    is_finished_ = true;
    progress_.Finish(Phase::kResolve);
  }
  ResolvePhase(const ResolvePhase&) = delete;
  ResolvePhase& operator=(const ResolvePhase&) = delete;

 private:
  ProgressSink& progress_;
  bool is_finished_ = false;
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

Error ResolveConflict::ToError() const {
  const std::vector<std::string>& reasons = explanation.reasons;
  std::string message = "the requirements cannot be satisfied";
  if (reasons.size() == 1) {
    message += ": " + reasons.front();
  } else {
    message += " together:";
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      message += "\n  " + std::to_string(i + 1) + ". " + reasons[i];
    }
  }
  return Error{.code = ErrorCode::kConflict, .message = std::move(message), .hints = hints};
}

Result<Answer> Resolve(const ResolveRequest& request, CandidateSource& source,
                       ProgressSink& progress, const ResolveOptions& options) {
  FLOWSTONE_TRY(CheckRequirements(request));
  ResolvePhase phase(progress, AskersOf(request));
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
  phase.Finish();
  return Answer(std::move(resolution));
}

}  // namespace flowstone::resolve
