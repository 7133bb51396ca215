#include "flowstone/resolve/project_versions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/index/listing.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/direct_wishes.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/scope.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {
namespace {

std::string AbsenceOf(const index::ProjectFiles& files, const ResolveRequest& request) {
  if (!files.found) {
    return "was not found in any index";
  }
  if (files.status == index::ProjectStatus::kQuarantined) {
    return "is quarantined by its index";
  }
  const bool has_files = std::ranges::any_of(
      files.listings, [](const index::Listing& listing) { return listing.file_count() > 0; });
  if (const auto end = request.ExcludeNewerUs(files.name); end && has_files) {
    return "has no release older than " + lock::FormatTimestamp(*end);
  }
  return "has no releases";
}

}  // namespace

ProjectVersions::ProjectVersions(std::shared_ptr<const index::ProjectFiles> files,
                                 const ResolveRequest& request, const Scope& scope,
                                 const DirectWishes& wishes, ProjectHistory history,
                                 FileVerdicts& verdicts)
    : files_(std::move(files)),
      request_(request),
      wishes_(wishes),
      judge_(request, scope, wishes, files_->name, std::move(history)),
      survey_(*files_, scope, judge_, wishes, request.ExcludeNewerUs(files_->name), verdicts),
      table_(*files_, survey_) {
  const bool has_finals = !table_.prereleases().is_full();
  prerelease_objection_ = judge_.PrereleaseObjection(has_finals ? ReleaseJudge::Finals::kSome
                                                                : ReleaseJudge::Finals::kNone);
  refused_ = prerelease_objection_.empty() ? solve::OrdinalSet::Empty(size()) : prereleases();
  known_usable_ = solve::OrdinalSet::Empty(size());
  known_unusable_ = solve::OrdinalSet::Empty(size());
  known_wheelless_ = solve::OrdinalSet::Empty(size());
  if (size() == 0) {
    absence_ = AbsenceOf(*files_, request);
  }
}

const std::vector<solve::OrdinalSet>& ProjectVersions::unusable() const {
  if (!unusable_) {
    unusable_ = GroupUnusable();
  }
  return *unusable_;
}

std::vector<solve::OrdinalSet> ProjectVersions::GroupUnusable() const {
  std::vector<solve::OrdinalSet> groups;
  std::map<ReleaseSurvey::Symptom, std::size_t> places;
  for (solve::Ordinal i = 0; i < size(); ++i) {
    if (const auto symptom = ObjectionTo(i)) {
      const auto [place, is_new] = places.emplace(*symptom, groups.size());
      if (is_new) {
        groups.push_back(solve::OrdinalSet::Empty(size()));
      }
      groups[place->second].Insert(i);
    }
  }
  return groups;
}

std::optional<solve::Ordinal> ProjectVersions::Find(const pypi::Version& version) const {
  const solve::Ordinal place = table_.LowerBound(version.key());
  return place < size() && table_.KeyAt(place) == version.key() ? std::optional(place)
                                                                : std::nullopt;
}

solve::OrdinalSet ProjectVersions::Within(const pypi::VersionSet& versions) const {
  solve::OrdinalSet set = solve::OrdinalSet::Empty(size());
  if (!versions.exceptions().empty()) {
    for (solve::Ordinal i = 0; i < size(); ++i) {
      if (versions.Contains(VersionAt(i))) {
        set.Insert(i);
      }
    }
    return set;
  }
  for (const pypi::VersionSet::Interval& interval : versions.intervals()) {
    const solve::Ordinal first = interval.lower.empty() ? 0 : table_.LowerBound(interval.lower);
    set.InsertRange(first, interval.upper.empty() ? size() : table_.LowerBound(interval.upper));
  }
  return set;
}

bool ProjectVersions::WantsLowest() const {
  const ResolutionMode mode = request_.policies.resolution;
  return mode == ResolutionMode::kLowest ||
         (mode == ResolutionMode::kLowestDirect && wishes_.IsRequired(files_->name));
}

solve::OrdinalSet ProjectVersions::Following(solve::Ordinal ordinal) const {
  solve::OrdinalSet set = solve::OrdinalSet::Empty(size());
  if (WantsLowest()) {
    set.InsertRange(ordinal + 1, size());
  } else {
    set.InsertRange(0, ordinal);
  }
  return set;
}

bool ProjectVersions::TreatsPrereleasesAlike(PrereleaseAdmission admission) const {
  switch (judge_.prereleases()) {
    case PrereleaseMode::kAllow:
    case PrereleaseMode::kExplicit:
    case PrereleaseMode::kIfNecessaryOrExplicit:
      return true;
    case PrereleaseMode::kPep440:
      return admission == PrereleaseAdmission::kAdmitted || wishes_.NamesPrerelease(files_->name);
    case PrereleaseMode::kIfNecessary:
    case PrereleaseMode::kDisallow:
      return false;
  }
  return false;
}

bool ProjectVersions::HasSpecialOrder() const {
  return !judge_.history().preferred.empty() ||
         request_.policies.yanked == YankedMode::kPinnedAnywhere ||
         (files_->version_order == index::VersionOrder::kBySource && files_->listings.size() > 1);
}

std::vector<solve::Ordinal> ProjectVersions::SpecialOrder(PrereleaseAdmission admission) const {
  const std::vector<pypi::Version>& preferred = judge_.history().preferred;
  const bool treats_prereleases_alike = TreatsPrereleasesAlike(admission);
  // What others may have yanked comes after everything else, so that it is only taken when pinned.
  const bool puts_yanked_last = request_.policies.yanked == YankedMode::kPinnedAnywhere;
  const bool has_source_order = files_->version_order == index::VersionOrder::kBySource;
  using Rank = std::tuple<std::ptrdiff_t, bool, std::uint32_t, bool>;
  std::vector<Rank> ranks;
  for (solve::Ordinal i = 0; i < size(); ++i) {
    const index::IndexFile* file =
        puts_yanked_last || has_source_order ? (*this)[i].MetadataFile() : nullptr;
    ranks.emplace_back(
        preferred.empty() ? 0 : std::ranges::find(preferred, VersionAt(i)) - preferred.begin(),
        puts_yanked_last && file != nullptr && CountsAsYanked(*file, request_.policies.yanked),
        has_source_order && file != nullptr ? file->source : 0,
        prereleases().Contains(i) && !treats_prereleases_alike);
  }
  std::vector<solve::Ordinal> order(size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<solve::Ordinal>(WantsLowest() ? i : order.size() - 1 - i);
  }
  std::ranges::stable_sort(order, {}, [&](solve::Ordinal i) -> const Rank& { return ranks[i]; });
  return order;
}

std::optional<solve::Ordinal> ProjectVersions::Best(const solve::OrdinalSet& allowed,
                                                    PrereleaseAdmission admission) const {
  const solve::OrdinalSet admitted = allowed - refused_;
  if (HasSpecialOrder()) {
    auto order = special_orders_.find(admission);
    if (order == special_orders_.end()) {
      order = special_orders_.emplace(admission, SpecialOrder(admission)).first;
    }
    const auto choice =
        std::ranges::find_if(order->second, [&](solve::Ordinal i) { return admitted.Contains(i); });
    return choice == order->second.end() ? std::nullopt : std::optional(*choice);
  }
  const auto first_of = [this](const solve::OrdinalSet& set) {
    return WantsLowest() ? set.Lowest() : set.Highest();
  };
  std::optional<solve::Ordinal> best;
  if (!TreatsPrereleasesAlike(admission) && !prereleases().is_empty()) {
    best = first_of(admitted - prereleases());
  }
  return best ? best : first_of(admitted);
}

std::optional<solve::Ordinal> ProjectVersions::BestUsable(const solve::OrdinalSet& allowed,
                                                          PrereleaseAdmission admission) const {
  solve::OrdinalSet rest = allowed - known_unusable_;
  while (const std::optional<solve::Ordinal> best = Best(rest, admission)) {
    if (!ObjectionTo(*best)) {
      return best;
    }
    rest.Erase(*best);
    known_unusable_.Insert(*best);
  }
  return std::nullopt;
}

std::optional<ReleaseSurvey::Symptom> ProjectVersions::ObjectionTo(solve::Ordinal ordinal) const {
  using Symptom = ReleaseSurvey::Symptom;
  if (known_usable_.Contains(ordinal)) {
    return std::nullopt;
  }
  if (refused_.Contains(ordinal)) {
    return Symptom{Symptom::Kind::kPrerelease, 0};
  }
  const ReleaseSurvey::Finding finding = survey_.Look(table_.MembersOf(ordinal));
  if (!finding.is_usable()) {
    return finding.symptom;
  }
  known_usable_.Insert(ordinal);
  return std::nullopt;
}

std::optional<solve::Ordinal> ProjectVersions::BestWithWheel(
    const solve::OrdinalSet& allowed) const {
  solve::OrdinalSet rest = allowed - known_wheelless_;
  while (const auto best = BestUsable(rest, PrereleaseAdmission::kNotAdmitted)) {
    if (survey_.Look(table_.MembersOf(*best)).has_wheel) {
      return best;
    }
    rest.Erase(*best);
    known_wheelless_.Insert(*best);
  }
  return std::nullopt;
}

const ProjectVersion& ProjectVersions::operator[](solve::Ordinal ordinal) const {
  std::unique_ptr<const ProjectVersion>& known = judged_[ordinal];
  if (known == nullptr) {
    known = std::make_unique<const ProjectVersion>(
        refused_.Contains(ordinal)
            ? ProjectVersion{.version = VersionAt(ordinal),
                             .files = survey_.Files(table_.MembersOf(ordinal)),
                             .rejection = Rejection::kPrerelease,
                             .unusable = prerelease_objection_}
            : survey_.Judge(table_.MembersOf(ordinal)));
  }
  return *known;
}

Rejection ProjectVersions::RejectionOfPrerelease(solve::Ordinal ordinal) const {
  return survey_.Judge(table_.MembersOf(ordinal)).rejection;
}

const index::IndexFile& ProjectVersions::MetadataFile(solve::Ordinal ordinal) const {
  if (const auto known = metadata_files_.find(ordinal); known != metadata_files_.end()) {
    return known->second;
  }
  if (const std::optional<ReleaseSurvey::FileRef> best =
          survey_.Look(table_.MembersOf(ordinal)).best) {
    return metadata_files_.emplace(ordinal, files_->File(best->source, best->file)).first->second;
  }
  const index::IndexFile* file = (*this)[ordinal].MetadataFile();
  FLOWSTONE_CHECK(file != nullptr);
  return *file;
}

}  // namespace flowstone::resolve
