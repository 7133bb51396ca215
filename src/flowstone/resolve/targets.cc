#include "flowstone/resolve/targets.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/lock/target_text.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/resolve/attempt.h"
#include "flowstone/resolve/lock_builder.h"
#include "flowstone/resolve/merged_lock.h"
#include "flowstone/resolve/single_target.h"
#include "flowstone/resolve/target_scope.h"

namespace flowstone::resolve {
namespace {

using Answer = std::variant<Resolution, ResolveConflict>;

// The Python versions of all targets: their common minor version, or none.
Result<pypi::SpecifierSet> CommonPython(const std::vector<pypi::Target>& targets) {
  const std::string& first = targets.front().markers.python_version;
  const bool is_common = std::ranges::all_of(
      targets, [&](const pypi::Target& target) { return target.markers.python_version == first; });
  return pypi::SpecifierSet::Parse(is_common ? "==" + first + ".*" : "");
}

// What is left of the request when this is its only target.
ResolveRequest RequestFor(const pypi::Target& target, const ResolveRequest& request) {
  ResolveRequest single = request;
  single.targets.clear();
  single.target = target;
  return single;
}

std::string ScopeText(const pypi::Target& target) {
  return "for " + lock::DescribeTarget(target);
}

// Nothing has to be told apart by markers.
Result<Answer> ResolveForLone(const ResolveRequest& request, CandidateSource& source,
                              ProgressSink& progress, const ResolveOptions& options) {
  const pypi::Target& target = request.targets.front();
  FLOWSTONE_LET(Answer answer,
                ResolveForOne(RequestFor(target, request), source, progress, options));
  if (auto* conflict = std::get_if<ResolveConflict>(&answer)) {
    conflict->scope = ScopeText(target);
  } else {
    std::get<Resolution>(answer).lock.tool->requests = {RequestDigest(request)};
  }
  return answer;
}

}  // namespace

Result<pypi::Marker> MarkerOf(const pypi::Target& target) {
  const std::pair<const char*, const std::string*> facts[] = {
      {"implementation_name", &target.markers.implementation_name},
      {"python_version", &target.markers.python_version},
      {"sys_platform", &target.markers.sys_platform},
      {"platform_machine", &target.markers.platform_machine}};
  std::string text;
  for (const auto& [variable, value] : facts) {
    if (!value->empty()) {
      text += (text.empty() ? "" : " and ") + std::string(variable) + " == \"" + *value + "\"";
    }
  }
  return text.empty() ? Result<pypi::Marker>(pypi::Marker()) : pypi::Marker::Parse(text);
}

Result<Answer> ResolveForTargets(const ResolveRequest& request, CandidateSource& source,
                                 ProgressSink& progress, const ResolveOptions& options) {
  if (request.targets.size() == 1) {
    return ResolveForLone(request, source, progress, options);
  }
  pypi::MarkerAlgebra algebra(pypi::InterpreterPreviews::kAsReleases);
  FLOWSTONE_LET(pypi::SpecifierSet python, CommonPython(request.targets));
  const pypi::MarkerDiagram pythons = algebra.OfPython(python.ToVersionSet());
  WheelEnvironments wheels(algebra);
  MergeSpace space{.wheels = wheels, .requires_python = std::move(python)};
  ResolveOptions preferring = options;
  std::vector<SolvedFork> solved;
  for (const pypi::Target& target : request.targets) {
    const ResolveRequest single = RequestFor(target, request);
    const TargetScope scope(single.target);
    FLOWSTONE_LET(auto outcome, AttemptToSolve(single, scope, source, progress, preferring));
    if (auto* conflict = std::get_if<ResolveConflict>(&outcome)) {
      conflict->scope = ScopeText(target);
      return Answer(std::move(*conflict));
    }
    const Solved& solution = std::get<Solved>(outcome);
    FLOWSTONE_LET(const pypi::Marker marker, MarkerOf(target));
    SolvedFork fork{.fork = algebra.Of(marker), .resolution = {}, .markers = {}};
    FLOWSTONE_LET(fork.resolution,
                  BuildLock(solution.solution, *solution.provider, single, options));
    for (const lock::LockedPackage& package : fork.resolution.lock.packages) {
      fork.markers.emplace(package.name, fork.fork);
      preferring.preferences.emplace_back(package.name, *package.version);
    }
    pypi::Marker environment = algebra.ToMarker(algebra.Simplify(fork.fork, pythons));
    if (std::ranges::find(space.environments, environment) == space.environments.end()) {
      space.environments.push_back(std::move(environment));
    }
    solved.push_back(std::move(fork));
  }
  FLOWSTONE_LET(Resolution merged, MergeForks(std::move(solved), space));
  // All targets together are what was asked for.
  merged.lock.tool->requests = {RequestDigest(request)};
  return Answer(std::move(merged));
}

}  // namespace flowstone::resolve
