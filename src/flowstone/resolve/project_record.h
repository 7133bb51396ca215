// ProjectRecord: what a resolve has found out about one project: its releases, and the verdicts on
// those that were looked into. ProjectReader makes them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/file_verdicts.h"
#include "flowstone/resolve/project_versions.h"
#include "flowstone/resolve/release_metadata.h"
#include "flowstone/resolve/release_survey.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/scope.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {

// With YankedMode::kPinnedAnywhere: yanked versions that an earlier attempt selected although
// nothing pinned them.
using UnpinnedVersions = std::map<pypi::Name, std::vector<pypi::Version>>;

// What a release depends on, or why it cannot be used.
using ReleaseVerdict = std::variant<ReleaseMetadata, std::string>;

struct ProjectRecord {
  template <class... Arguments>
  explicit ProjectRecord(std::in_place_t, Arguments&&... arguments)
      : versions(std::forward<Arguments>(arguments)...),
        prefetched(solve::OrdinalSet::Empty(versions.size())),
        chosen(solve::OrdinalSet::Empty(versions.size())),
        told(solve::OrdinalSet::Empty(versions.size())) {}

  const ProjectVersions versions;
  // That releases cannot be used, by what keeps them from it.
  std::map<ReleaseSurvey::Symptom::Kind, solve::ReasonId> reasons = {};
  solve::OrdinalSet prefetched;    // whose metadata was asked for
  bool waits_for_servers = false;  // some of that was not cached
  std::unordered_map<solve::Ordinal, ReleaseVerdict> verdicts = {};
  std::vector<solve::Ordinal> detailed = {};  // whose dependencies the solver knows, in that order
  solve::OrdinalSet chosen;                   // by the solver, at one time or another
  solve::OrdinalSet told;                     // of which the solver knows that they are unusable
  // As many as were chosen, and in addition those in the window of what may be chosen next.
  std::uint32_t asked_ahead = 0;
};

class ProjectReader {
 public:
  // The references outlive this, and this outlives the records that it makes.
  ProjectReader(const ResolveRequest& request, const Scope& scope, const DependencyRules& rules,
                const DirectWishes& wishes, const ResolveOptions& options,
                const UnpinnedVersions& unpinned, ProgressSink& progress)
      : request_(request),
        scope_(scope),
        wishes_(wishes),
        options_(options),
        unpinned_(unpinned),
        progress_(progress),
        file_verdicts_(scope, request.policies.upper_python_bound),
        metadata_reader_(scope, rules, file_verdicts_) {}

  std::unique_ptr<ProjectRecord> Open(std::shared_ptr<const index::ProjectFiles> files);
  // The verdict on a release whose metadata came, or could not be had; kept in the record, and
  // progress.
  const ReleaseVerdict& Judge(ProjectRecord& record, solve::Ordinal candidate,
                              const Result<std::shared_ptr<const index::WheelMetadata>>& metadata);

 private:
  const ResolveRequest& request_;
  const Scope& scope_;
  const DirectWishes& wishes_;
  const ResolveOptions& options_;
  const UnpinnedVersions& unpinned_;
  ProgressSink& progress_;
  FileVerdicts file_verdicts_;
  MetadataReader metadata_reader_;
};

}  // namespace flowstone::resolve
