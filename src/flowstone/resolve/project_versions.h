// ProjectVersions: the releases of a project as the solver sees them: in ascending order, some of
// them usable. Which are is found out when it matters, from the columns of listings, a few numbers
// for each file; names, versions and reasons become values only for the releases that somebody asks
// about. Most projects are done with after one look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "flowstone/index/listing.h"
#include "flowstone/index/package_index.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/file_verdicts.h"
#include "flowstone/resolve/release_judge.h"
#include "flowstone/resolve/release_survey.h"
#include "flowstone/resolve/release_table.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/scope.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {

// Whether requirements of other packages name a pre-release, which matters to kPep440 alone.
enum class PrereleaseAdmission : std::uint8_t { kNotAdmitted, kAdmitted };

class ProjectVersions {
 public:
  // The references outlive this.
  ProjectVersions(std::shared_ptr<const index::ProjectFiles> files, const ResolveRequest& request,
                  const Scope& scope, const DirectWishes& wishes, ProjectHistory history,
                  FileVerdicts& verdicts);
  ProjectVersions(const ProjectVersions&) = delete;
  ProjectVersions& operator=(const ProjectVersions&) = delete;

  const index::ProjectFiles& files() const { return *files_; }
  std::uint32_t size() const { return table_.size(); }
  // A predicate, when there is no version at all.
  const std::string& absence() const { return absence_; }
  // The releases that cannot be used, in groups that have one reason: that of their first release.
  // The first call looks at all.
  const std::vector<solve::OrdinalSet>& unusable() const;

  pypi::Version VersionAt(solve::Ordinal ordinal) const { return table_.VersionAt(ordinal); }
  std::string_view VersionTextAt(solve::Ordinal ordinal) const {
    return table_.VersionTextAt(ordinal);
  }
  std::optional<solve::Ordinal> Find(const pypi::Version& version) const;
  solve::OrdinalSet Within(const pypi::VersionSet& versions) const;
  // Those that are older, or newer when the lowest are wanted.
  solve::OrdinalSet Following(solve::Ordinal ordinal) const;
  // The one to try first, but for pre-releases that are refused; nothing when all are.
  std::optional<solve::Ordinal> Best(const solve::OrdinalSet& allowed,
                                     PrereleaseAdmission admission) const;
  // What keeps a release from being used, if anything does.
  std::optional<ReleaseSurvey::Symptom> ObjectionTo(solve::Ordinal ordinal) const;
  // The one to try first of those that can be used; nothing when none can.
  std::optional<solve::Ordinal> BestUsable(const solve::OrdinalSet& allowed,
                                           PrereleaseAdmission admission) const;
  // Of those that can be used and have a wheel.
  std::optional<solve::Ordinal> BestWithWheel(const solve::OrdinalSet& allowed) const;

  // The release with its files, judged in full.
  const ProjectVersion& operator[](solve::Ordinal ordinal) const;
  // What would keep a pre-release from being used if pre-releases were allowed.
  Rejection RejectionOfPrerelease(solve::Ordinal ordinal) const;
  // The file whose metadata counts for a release that can be used.
  const index::IndexFile& MetadataFile(solve::Ordinal ordinal) const;

 private:
  const solve::OrdinalSet& prereleases() const { return table_.prereleases(); }
  std::vector<solve::OrdinalSet> GroupUnusable() const;
  bool WantsLowest() const;
  bool TreatsPrereleasesAlike(PrereleaseAdmission admission) const;
  // Whether something besides the version decides which release is tried first.
  bool HasSpecialOrder() const;
  std::vector<solve::Ordinal> SpecialOrder(PrereleaseAdmission admission) const;

  const std::shared_ptr<const index::ProjectFiles> files_;
  const ResolveRequest& request_;
  const DirectWishes& wishes_;
  const ReleaseJudge judge_;
  const ReleaseSurvey survey_;
  const ReleaseTable table_;

  std::string prerelease_objection_;
  solve::OrdinalSet refused_;  // pre-releases, all of them or none
  std::string absence_;

  // What was asked for so far.
  mutable solve::OrdinalSet known_usable_;
  mutable solve::OrdinalSet known_unusable_;
  mutable solve::OrdinalSet known_wheelless_;
  mutable std::optional<std::vector<solve::OrdinalSet>> unusable_;
  mutable std::unordered_map<solve::Ordinal, std::unique_ptr<const ProjectVersion>> judged_;
  mutable std::unordered_map<solve::Ordinal, index::IndexFile> metadata_files_;
  mutable std::map<PrereleaseAdmission, std::vector<solve::Ordinal>> special_orders_;
};

}  // namespace flowstone::resolve
