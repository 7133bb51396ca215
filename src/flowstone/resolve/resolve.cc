#include "flowstone/resolve/resolve.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/error.h"
#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/single_target.h"
#include "flowstone/resolve/targets.h"
#include "flowstone/resolve/universal.h"
#include "flowstone/solve/explain.h"
#include "flowstone/solve/solver.h"

namespace flowstone::resolve {
namespace {

using Answer = std::variant<Resolution, ResolveConflict>;

// "requirements.txt" of "requirements.txt:12".
std::string_view WithoutLine(std::string_view origin) {
  const std::size_t colon = origin.rfind(':');
  const bool is_line = colon != std::string_view::npos && colon + 1 < origin.size() &&
                       std::all_of(origin.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
                                   origin.end(), [](char c) { return IsAsciiDigit(c); });
  return is_line ? origin.substr(0, colon) : origin;
}

// Who asks: "step train", "the command line and requirements.txt", or the number of requirements
// when nobody is named.
std::string AskersOf(const ResolveRequest& request) {
  constexpr std::size_t most = 3;
  std::vector<std::string> askers;
  for (const RequestedRequirement& wish : request.requirements) {
    std::string asker(WithoutLine(wish.origin));
    if (!asker.empty() && std::ranges::find(askers, asker) == askers.end()) {
      askers.push_back(std::move(asker));
    }
  }
  if (askers.empty()) {
    return CountOf(request.requirements.size(), "requirement");
  }
  if (askers.size() > most) {
    const std::size_t others = askers.size() - (most - 1);
    askers.resize(most - 1);
    return JoinText(askers, ", ") + " and " + std::to_string(others) + " others";
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
  void Finish(std::size_t packages) {
    is_finished_ = true;
    progress_.SetTotal(Phase::kResolve, packages);
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

// By what the source says for the time being.
Result<Answer> ResolveOnce(const ResolveRequest& request, CandidateSource& source,
                           ProgressSink& progress, const ResolveOptions& options) {
  if (request.universal) {
    return ResolveUniversal(request, source, progress, options);
  }
  if (!request.targets.empty()) {
    return ResolveForTargets(request, source, progress, options);
  }
  return ResolveForOne(request, source, progress, options);
}

}  // namespace

Error ResolveConflict::ToError() const {
  const std::vector<std::string> sentences = explanation.Sentences();
  std::string message = "the requirements cannot be satisfied";
  message += sentences.size() > 1 ? " together:" : ":";
  for (const std::string& sentence : sentences) {
    message += "\n  " + sentence;
  }
  Error error{.code = ErrorCode::kConflict, .message = std::move(message), .hints = hints};
  if (!scope.empty()) {
    error.context.push_back("while resolving " + scope);
  }
  return error;
}

Result<Answer> Resolve(const ResolveRequest& request, CandidateSource& source,
                       ProgressSink& progress, const ResolveOptions& options) {
  FLOWSTONE_TRY(CheckRequirements(request));
  ResolvePhase phase(progress, AskersOf(request));
  while (true) {
    Result<Answer> answer = ResolveOnce(request, source, progress, options);
    if (!answer && answer.error().code == ErrorCode::kCancelled) {
      return answer;
    }
    // A failure as well may be due to what no longer holds.
    FLOWSTONE_LET(const Confirmation confirmation, source.Confirm());
    if (confirmation == Confirmation::kChanged) {
      continue;
    }
    if (answer) {
      if (const auto* resolution = std::get_if<Resolution>(&*answer)) {
        phase.Finish(resolution->lock.packages.size());
      }
    }
    return answer;
  }
}

}  // namespace flowstone::resolve
