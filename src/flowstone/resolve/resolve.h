// Resolve: requirements → a lock with one version of every package that the target needs, or the
// reasons why there is none. Wheels only. The result is a function of the request and of what the
// indexes hold; the order in which they answer does not enter.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/lock/lock.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/missing_wheels.h"
#include "flowstone/resolve/placed_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/solve/explain.h"
#include "flowstone/solve/solver.h"

namespace flowstone::resolve {

// Who asks, and so where they can change what they ask for.
enum class Asker : std::uint8_t { kCommandLine, kFlow };

// What becomes of all that was known about the candidates, once there is a lock.
enum class Leftovers : std::uint8_t {
  kDestroyed,
  kLeftToExit,  // of a process that is about to end
};

struct ResolveOptions {
  // Versions to take while nothing speaks against them: those of the previous lock, unless they are
  // to be upgraded.
  std::vector<std::pair<pypi::Name, pypi::Version>> preferences = {};
  // Name → URL, as `index` of a project's files has it, of the indexes that have names. The lock
  // keeps those that its packages come from.
  std::map<std::string, std::string> index_names = {};
  // Packages that come from places of their own.
  std::vector<PackagePlace> places = {};
  // Of the Flowstone that resolves; recorded in the lock.
  std::string flowstone_version = {};
  // For hints.
  Asker asker = Asker::kCommandLine;
  std::string exclude_newer_origin = {};  // who set the cut-off: "--exclude-newer"
  std::function<bool()> is_cancelled = nullptr;
  Leftovers leftovers = Leftovers::kDestroyed;
};

struct Resolution {
  lock::Lock lock;
  // What was substituted or ignored: a yanked version, an extra that does not exist.
  std::vector<std::string> warnings = {};
  // Of a lock for several environments.
  std::vector<MissingWheels> missing_wheels = {};
  solve::SolveStatistics statistics = {};
};

// The requirements contradict each other or what the indexes hold.
struct ResolveConflict {
  solve::Explanation explanation;
  std::vector<std::string> hints = {};
  // Of several targets or environments: for which it is, "for CPython 3.12.4 on linux x86_64".
  std::string scope = {};

  // An Error of code kConflict with the explanation.
  Error ToError() const;
};

// Errors: kInvalid for a request that cannot be resolved as it is (a URL requirement), kCancelled,
// and whatever `source` reports: a page or metadata that cannot be reached ends the work instead of
// silently giving an older version.
Result<std::variant<Resolution, ResolveConflict>> Resolve(const ResolveRequest& request,
                                                          CandidateSource& source,
                                                          ProgressSink& progress,
                                                          const ResolveOptions& options = {});

}  // namespace flowstone::resolve
