#include "flowstone/resolve/project_versions.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
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

using index::Listing;

std::string AbsenceOf(const index::ProjectFiles& files, const ResolveRequest& request) {
  if (!files.found) {
    return "was not found in any index";
  }
  if (files.status == index::ProjectStatus::kQuarantined) {
    return "is quarantined by its index";
  }
  const bool has_files = std::ranges::any_of(
      files.listings, [](const Listing& listing) { return listing.file_count() > 0; });
  if (const auto end = request.ExcludeNewerUs(files.name); end && has_files) {
    return "has no release older than " + lock::FormatTimestamp(*end);
  }
  return "has no releases";
}

// Which reason of ReleaseJudge a release would have, without its words: releases with equal
// symptoms have equal reasons.
struct Symptom {
  enum class Kind : std::uint8_t { kPrerelease, kYanked, kHash, kPython, kTags, kSource, kNothing };
  Kind kind = Kind::kNothing;
  std::uint64_t detail = 0;

  friend auto operator<=>(const Symptom&, const Symptom&) = default;
};

// Scatters small numbers, so that sums of them tell sets apart.
std::uint64_t Scatter(std::uint64_t number) {
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  return number ^ (number >> 27U);
}

}  // namespace

// One pass over the files of all releases: what ReleaseJudge would decide, from numbers alone.
class ProjectVersions::Survey {
 public:
  Survey(const ProjectVersions& project, FileVerdicts& verdicts) : project_(project) {
    for (const Listing& listing : project.files_->listings) {
      tags_.push_back(verdicts.OnTags(listing));
      pythons_.push_back(verdicts.OnPythons(listing));
    }
    asks_hashes_ = project.wishes_.NamesHashes(project.files_->name);
  }

  struct Finding {
    bool has_wheel = false;
    bool has_source = false;
    std::optional<FileRef> best = {};  // of wheels; nothing when the names have to decide
    Symptom symptom = {};              // when there is neither
  };

  Finding Look(std::span<const Member> members, bool is_prerelease) {
    state_ = {};
    if (is_prerelease && !project_.prerelease_objection_.empty()) {
      state_.finding.symptom = {Symptom::Kind::kPrerelease, 0};
      return state_.finding;
    }
    for (const FileRef& ref : project_.FilesOf(members)) {
      LookAt(ref, members);
    }
    if (!state_.finding.has_wheel && !state_.finding.has_source) {
      state_.finding.symptom = SymptomOfRejections();
    }
    return state_.finding;
  }

 private:
  struct State {
    Finding finding;
    std::size_t best_priority = std::numeric_limits<std::size_t>::max();
    std::optional<std::uint64_t> yanked;
    std::optional<std::uint64_t> python;
    bool has_bad_hash = false;
    std::uint64_t tags = 0;
    bool has_source_file = false;
    std::optional<bool> may_be_yanked;
  };

  void LookAt(const FileRef& ref, std::span<const Member> members) {
    const Listing& listing = project_.files_->listings[ref.source];
    const Listing::FileFacts facts = listing.Facts(ref.file);
    const BinaryPolicy binaries = project_.judge_.binaries();
    const bool is_source = facts.tag_set == Listing::FileFacts::kSource;
    state_.has_source_file = state_.has_source_file || is_source;
    if (binaries == (is_source ? BinaryPolicy::kOnlyWheels : BinaryPolicy::kNoWheels)) {
      return;
    }
    const TagVerdict& tags = tags_[ref.source][facts.tag_set];
    if (!is_source && !tags.priority) {
      state_.tags += Scatter(tags.id);
      return;
    }
    if (!IsAllowed(ref, facts, members)) {
      return;
    }
    if (is_source) {
      state_.finding.has_source = true;
      return;
    }
    state_.finding.has_wheel = true;
    if (*tags.priority < state_.best_priority) {
      state_.best_priority = *tags.priority;
      state_.finding.best = ref;
    } else if (*tags.priority == state_.best_priority) {
      state_.finding.best.reset();  // build tags decide
    }
  }

  bool IsAllowed(const FileRef& ref, const Listing::FileFacts& facts,
                 std::span<const Member> members) {
    const Listing& listing = project_.files_->listings[ref.source];
    const PythonVerdict& python = pythons_[ref.source][facts.python];
    if (facts.python != Listing::FileFacts::kNoPython && !python.is_accepted) {
      state_.python = python.id;
      return false;
    }
    const bool is_yanked =
        facts.is_yanked && !(project_.request_.policies.yanked == YankedMode::kPinnedAnywhere &&
                             listing.IsYankedByEmptyText(ref.file));
    if (is_yanked) {
      if (!state_.may_be_yanked) {
        const Listing& first = project_.files_->listings[members.front().source];
        state_.may_be_yanked = project_.judge_.MayBeYanked(first.Version(members.front().version));
      }
      if (!*state_.may_be_yanked) {
        state_.yanked = std::hash<std::string_view>()(listing.YankReason(ref.file));
        return false;
      }
    }
    if (asks_hashes_ &&
        !project_.wishes_.HashObjection(project_.files_->name, listing.File(ref.file)).empty()) {
      state_.has_bad_hash = true;
      return false;
    }
    return true;
  }

  Symptom SymptomOfRejections() const {
    if (state_.yanked) {
      return {Symptom::Kind::kYanked, *state_.yanked};
    }
    if (state_.has_bad_hash) {
      return {Symptom::Kind::kHash, 0};
    }
    if (state_.python) {
      return {Symptom::Kind::kPython, *state_.python};
    }
    if (state_.tags != 0) {
      return {Symptom::Kind::kTags, state_.tags};
    }
    return {state_.has_source_file ? Symptom::Kind::kSource : Symptom::Kind::kNothing, 0};
  }

  const ProjectVersions& project_;
  std::vector<std::vector<TagVerdict>> tags_;        // by source and tag set
  std::vector<std::vector<PythonVerdict>> pythons_;  // by source and Requires-Python
  bool asks_hashes_ = false;
  State state_;  // of the release that is looked at
};

ProjectVersions::ProjectVersions(std::shared_ptr<const index::ProjectFiles> files,
                                 const ResolveRequest& request, const Scope& scope,
                                 const DirectWishes& wishes, ProjectHistory history,
                                 FileVerdicts& verdicts)
    : files_(std::move(files)),
      request_(request),
      wishes_(wishes),
      judge_(request, scope, wishes, files_->name, std::move(history)),
      exclude_newer_us_(request.ExcludeNewerUs(files_->name)) {
  CollectVersions();
  JudgeAll(verdicts);
  if (heads_.empty()) {
    absence_ = AbsenceOf(*files_, request);
  }
}

std::vector<ProjectVersions::FileRef> ProjectVersions::FilesOf(
    std::span<const Member> members) const {
  std::vector<FileRef> refs;
  std::set<std::string_view> names;
  for (const Member& member : members) {
    const Listing& listing = files_->listings[member.source];
    const Listing::FileSpan span = listing.FilesOf(member.version);
    for (std::uint32_t file = span.first; file < span.last; ++file) {
      const std::int64_t time = exclude_newer_us_ ? listing.Facts(file).upload_time_us : 0;
      const bool is_too_new =
          exclude_newer_us_ && (time == Listing::FileFacts::kNoTime || time >= *exclude_newer_us_);
      const bool is_known = members.size() > 1 && !names.insert(listing.Filename(file)).second;
      if (!is_too_new && !is_known) {
        refs.push_back({member.source, file});
      }
    }
  }
  return refs;
}

void ProjectVersions::CollectVersions() {
  std::vector<Member> all;
  for (std::uint32_t source = 0; source < files_->listings.size(); ++source) {
    for (std::uint32_t i = 0; i < files_->listings[source].version_count(); ++i) {
      all.push_back({source, i});
    }
  }
  if (files_->listings.size() < 2) {
    for (const Member& member : all) {
      AddVersion(std::span(&member, 1));
    }
  } else {
    std::map<std::string, std::vector<Member>> by_key;
    for (const Member& member : all) {
      by_key[files_->listings[member.source].VersionKey(member.version)].push_back(member);
    }
    for (const auto& [key, members] : by_key) {
      AddVersion(members);
    }
  }
  firsts_.push_back(static_cast<std::uint32_t>(members_.size()));
}

void ProjectVersions::AddVersion(std::span<const Member> members) {
  if (FilesOf(members).empty()) {
    return;
  }
  const Member& first = members.front();
  heads_.push_back(files_->listings[first.source].VersionHead(first.version));
  firsts_.push_back(static_cast<std::uint32_t>(members_.size()));
  members_.insert(members_.end(), members.begin(), members.end());
}

void ProjectVersions::JudgeAll(FileVerdicts& verdicts) {
  prereleases_ = solve::OrdinalSet::Empty(size());
  with_wheel_ = solve::OrdinalSet::Empty(size());
  best_wheels_.resize(size());
  for (solve::Ordinal i = 0; i < size(); ++i) {
    const Member& first = members_[firsts_[i]];
    if (files_->listings[first.source].IsPrerelease(first.version)) {
      prereleases_.Insert(i);
    }
  }
  prerelease_objection_ = judge_.PrereleaseObjection(
      prereleases_.is_full() ? ReleaseJudge::Finals::kNone : ReleaseJudge::Finals::kSome);
  Survey survey(*this, verdicts);
  std::map<Symptom, std::size_t> groups;
  for (solve::Ordinal i = 0; i < size(); ++i) {
    const Survey::Finding finding = survey.Look(MembersOf(i), prereleases_.Contains(i));
    if (finding.has_wheel) {
      with_wheel_.Insert(i);
      best_wheels_[i] = finding.best;
    } else if (!finding.has_source) {
      const auto [group, is_new] = groups.emplace(finding.symptom, unusable_.size());
      if (is_new) {
        unusable_.push_back(solve::OrdinalSet::Empty(size()));
      }
      unusable_[group->second].Insert(i);
    }
  }
}

std::string ProjectVersions::KeyAt(solve::Ordinal ordinal) const {
  const Member& first = members_[firsts_[ordinal]];
  return files_->listings[first.source].VersionKey(first.version);
}

pypi::Version ProjectVersions::VersionAt(solve::Ordinal ordinal) const {
  const Member& first = members_[firsts_[ordinal]];
  return files_->listings[first.source].Version(first.version);
}

solve::Ordinal ProjectVersions::LowerBound(std::string_view key) const {
  const std::uint64_t head = index::KeyHead(key);
  const auto range = std::ranges::equal_range(heads_, head);
  auto first = static_cast<solve::Ordinal>(range.begin() - heads_.begin());
  const auto last = static_cast<solve::Ordinal>(range.end() - heads_.begin());
  while (first < last && KeyAt(first) < key) {
    ++first;
  }
  return first;
}

std::optional<solve::Ordinal> ProjectVersions::Find(const pypi::Version& version) const {
  const solve::Ordinal place = LowerBound(version.key());
  return place < size() && KeyAt(place) == version.key() ? std::optional(place) : std::nullopt;
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
    const solve::Ordinal first = interval.lower.empty() ? 0 : LowerBound(interval.lower);
    set.InsertRange(first, interval.upper.empty() ? size() : LowerBound(interval.upper));
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
  switch (request_.policies.prereleases) {
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
        prereleases_.Contains(i) && !treats_prereleases_alike);
  }
  std::vector<solve::Ordinal> order(size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<solve::Ordinal>(WantsLowest() ? i : order.size() - 1 - i);
  }
  std::ranges::stable_sort(order, {}, [&](solve::Ordinal i) -> const Rank& { return ranks[i]; });
  return order;
}

solve::Ordinal ProjectVersions::Best(const solve::OrdinalSet& allowed,
                                     PrereleaseAdmission admission) const {
  if (HasSpecialOrder()) {
    auto order = special_orders_.find(admission);
    if (order == special_orders_.end()) {
      order = special_orders_.emplace(admission, SpecialOrder(admission)).first;
    }
    const auto choice =
        std::ranges::find_if(order->second, [&](solve::Ordinal i) { return allowed.Contains(i); });
    FLOWSTONE_CHECK(choice != order->second.end());
    return *choice;
  }
  const auto first_of = [this](const solve::OrdinalSet& set) {
    return WantsLowest() ? set.Lowest() : set.Highest();
  };
  std::optional<solve::Ordinal> best;
  if (!TreatsPrereleasesAlike(admission) && !prereleases_.is_empty()) {
    best = first_of(allowed - prereleases_);
  }
  best = best ? best : first_of(allowed);
  FLOWSTONE_CHECK(best.has_value());
  return *best;
}

const ProjectVersion& ProjectVersions::operator[](solve::Ordinal ordinal) const {
  std::unique_ptr<const ProjectVersion>& known = judged_[ordinal];
  if (known == nullptr) {
    known = Judged(ordinal, prerelease_objection_);
  }
  return *known;
}

Rejection ProjectVersions::RejectionOfPrerelease(solve::Ordinal ordinal) const {
  return Judged(ordinal, "")->rejection;
}

std::unique_ptr<const ProjectVersion> ProjectVersions::Judged(
    solve::Ordinal ordinal, const std::string& prerelease_objection) const {
  auto version = std::make_unique<ProjectVersion>();
  version->version = VersionAt(ordinal);
  for (const FileRef& ref : FilesOf(MembersOf(ordinal))) {
    version->files.push_back(files_->File(ref.source, ref.file));
  }
  judge_.Judge(*version, prerelease_objection);
  return version;
}

index::IndexFile ProjectVersions::MetadataFile(solve::Ordinal ordinal) const {
  if (const std::optional<FileRef>& best = best_wheels_[ordinal]) {
    return files_->File(best->source, best->file);
  }
  const index::IndexFile* file = (*this)[ordinal].MetadataFile();
  FLOWSTONE_CHECK(file != nullptr);
  return *file;
}

}  // namespace flowstone::resolve
