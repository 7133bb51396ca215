#include "flowstone/resolve/release_survey.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "flowstone/pypi/wheel_name.h"

namespace flowstone::resolve {
namespace {

using index::Listing;

// Scatters small numbers, so that sums of them tell sets apart.
std::uint64_t Scatter(std::uint64_t number) {
  number = (number ^ (number >> 30U)) * 0xbf58476d1ce4e5b9U;
  return number ^ (number >> 27U);
}

bool IsSource(const Listing::FileFacts& facts) {
  return facts.tag_set == Listing::FileFacts::kSource;
}

bool SaysPython(const Listing::FileFacts& facts) {
  return facts.python != Listing::FileFacts::kNoPython;
}

bool HasYanked(const Listing& listing, const Listing::FileSpan& files) {
  for (std::uint32_t file = files.first; file < files.last; ++file) {
    if (listing.Facts(file).is_yanked) {
      return true;
    }
  }
  return false;
}

// Of a wheel's file name; most have none.
pypi::BuildTag BuildTagOf(std::string_view filename) {
  constexpr int dashes_with_build_tag = 5;
  if (std::ranges::count(filename, '-') < dashes_with_build_tag) {
    return {};
  }
  Result<pypi::WheelName> name = pypi::WheelName::Parse(filename);
  return name ? std::move(name->build) : pypi::BuildTag();
}

// What every tool reads.
bool IsGzippedTar(const index::IndexFile& file) {
  return file.filename.ends_with(".tar.gz");
}

}  // namespace

class ReleaseSurvey::YankPermit {
 public:
  YankPermit(const ReleaseSurvey& survey, std::span<const Member> members)
      : survey_(survey), members_(members) {}

  // To one yanked file.
  bool IsGiven(const FileRef& ref) {
    if (survey_.judge_.IgnoresEmptyYanks() &&
        survey_.files_.listings[ref.source].IsYankedByEmptyText(ref.file)) {
      return true;
    }
    if (!is_given_) {
      is_given_ = survey_.judge_.MayBeYanked(survey_.VersionOf(members_));
    }
    return *is_given_;
  }

 private:
  const ReleaseSurvey& survey_;
  const std::span<const Member> members_;
  std::optional<bool> is_given_;
};

ReleaseSurvey::ReleaseSurvey(const index::ProjectFiles& files, const Scope& scope,
                             const ReleaseJudge& judge, const DirectWishes& wishes,
                             std::optional<std::int64_t> exclude_newer_us, FileVerdicts& verdicts)
    : files_(files),
      scope_(scope),
      judge_(judge),
      wishes_(wishes),
      end_us_(exclude_newer_us.value_or(std::numeric_limits<std::int64_t>::max())),
      asks_hashes_(wishes.NamesHashes(files.name)),
      verdicts_(verdicts) {
  known_.reserve(files.listings.size());
  for (const Listing& listing : files.listings) {
    known_.push_back({.tags = std::vector<TagFinding>(listing.tag_set_count()),
                      .pythons = std::vector<const PythonVerdict*>(listing.python_count()),
                      .shapes = {}});
  }
}

std::optional<std::size_t> ReleaseSurvey::PriorityOf(const FileRef& ref,
                                                     const Listing::FileFacts& facts) const {
  TagFinding& finding = known_[ref.source].tags[facts.tag_set];
  if (!finding.is_known) {
    finding = {
        .is_known = true,
        .priority = scope_.WheelPriority(files_.listings[ref.source].TagSetText(facts.tag_set))};
  }
  return finding.priority;
}

const PythonVerdict& ReleaseSurvey::OnPython(const FileRef& ref,
                                             const Listing::FileFacts& facts) const {
  const PythonVerdict*& known = known_[ref.source].pythons[facts.python];
  if (known == nullptr) {
    known = &verdicts_.OnPython(files_.listings[ref.source].PythonText(facts.python)).verdict;
  }
  return *known;
}

template <class Visit>
void ReleaseSurvey::EachFile(std::span<const Member> members, const Visit& visit) const {
  std::set<std::string_view> names;
  for (const Member& member : members) {
    const Listing& listing = files_.listings[member.source];
    const Listing::FileSpan span = listing.FactsOfVersion(member.version).files;
    for (std::uint32_t file = span.first; file < span.last; ++file) {
      const Listing::FileFacts facts = listing.Facts(file);
      const bool is_known = members.size() > 1 && !names.insert(listing.Filename(file)).second;
      const bool is_too_new = has_end() && (facts.upload_time_us == Listing::FileFacts::kNoTime ||
                                            facts.upload_time_us >= end_us_);
      if (!is_known && !is_too_new) {
        visit(FileRef{member.source, file}, facts);
      }
    }
  }
}

pypi::Version ReleaseSurvey::VersionOf(std::span<const Member> members) const {
  return files_.listings[members.front().source].Version(members.front().version);
}

std::vector<index::IndexFile> ReleaseSurvey::Files(std::span<const Member> members) const {
  std::vector<index::IndexFile> files;
  EachFile(members, [&](const FileRef& ref, const Listing::FileFacts&) {
    files.push_back(files_.File(ref.source, ref.file));
  });
  return files;
}

ReleaseSurvey::Objection ReleaseSurvey::ObjectionTo(const FileRef& ref,
                                                    const Listing::FileFacts& facts,
                                                    YankPermit& permit) const {
  if (judge_.binaries() ==
      (IsSource(facts) ? BinaryPolicy::kOnlyWheels : BinaryPolicy::kNoWheels)) {
    return Objection::kPolicy;
  }
  if (!IsSource(facts) && !PriorityOf(ref, facts)) {
    return Objection::kTags;
  }
  if (SaysPython(facts) && !OnPython(ref, facts).is_accepted) {
    return Objection::kPython;
  }
  if (facts.is_yanked && !permit.IsGiven(ref)) {
    return Objection::kYanked;
  }
  const bool has_bad_hash =
      asks_hashes_ &&
      !wishes_.HashObjection(files_.name, files_.listings[ref.source].File(ref.file)).empty();
  return has_bad_hash ? Objection::kHash : Objection::kNone;
}

bool ReleaseSurvey::AnyFileCounts(std::span<const Member> members) const {
  bool counts = false;
  EachFile(members, [&](const FileRef&, const Listing::FileFacts&) { counts = true; });
  return counts;
}

ReleaseSurvey::Finding ReleaseSurvey::Look(std::span<const Member> members) const {
  const Member& first = members.front();
  const auto facts = files_.listings[first.source].FactsOfVersion(first.version);
  return members.size() == 1 && !asks_hashes_ && CountsWhole(facts.newest_upload_us)
             ? LookAtShape(first, facts)
             : LookAtFiles(members);
}

ReleaseSurvey::Finding ReleaseSurvey::LookAtShape(const Member& member,
                                                  const Listing::VersionFacts& facts) const {
  using Extent = ShapeFinding::Extent;
  const std::span<const Member> members(&member, 1);
  std::vector<ShapeFinding>& shapes = known_[member.source].shapes;
  if (facts.shape >= shapes.size()) {
    shapes.resize(facts.shape + std::size_t{1});
  }
  ShapeFinding& shape = shapes[facts.shape];
  if (shape.extent == Extent::kNotAsked) {
    shape.finding = LookAtFiles(members);
    if (shape.finding.best) {
      shape.finding.best->file -= facts.files.first;
    }
    // Whether what is yanked may be used is another question for each release.
    shape.extent = HasYanked(files_.listings[member.source], facts.files) ? Extent::kEachItsOwn
                                                                          : Extent::kAllReleases;
  }
  if (shape.extent == Extent::kEachItsOwn) {
    return LookAtFiles(members);
  }
  Finding finding = shape.finding;
  if (finding.best) {
    finding.best->file += facts.files.first;
    if (finding.best->file >= facts.files.last) {
      return LookAtFiles(members);  // damaged: the shapes are not what they should be
    }
  }
  return finding;
}

ReleaseSurvey::Finding ReleaseSurvey::LookAtFiles(std::span<const Member> members) const {
  Finding finding;
  std::size_t best_priority = std::numeric_limits<std::size_t>::max();
  YankPermit permit(*this, members);
  EachFile(members, [&](const FileRef& ref, const Listing::FileFacts& facts) {
    if (IsSource(facts)) {
      finding.has_source =
          finding.has_source || ObjectionTo(ref, facts, permit) == Objection::kNone;
      return;
    }
    const std::optional<std::size_t> priority = PriorityOf(ref, facts);
    const bool is_foreign = !priority;  // as most are
    if (is_foreign || ObjectionTo(ref, facts, permit) != Objection::kNone) {
      return;
    }
    finding.has_wheel = true;
    if (*priority < best_priority) {
      best_priority = *priority;
      finding.best = ref;
    } else if (*priority == best_priority) {
      finding.best.reset();  // build tags decide
    }
  });
  if (!finding.has_wheel && !finding.has_source) {
    finding.symptom = SymptomOf(members);
  }
  return finding;
}

ReleaseSurvey::Symptom ReleaseSurvey::SymptomOf(std::span<const Member> members) const {
  std::optional<std::uint64_t> yanked;
  std::optional<std::uint64_t> python;
  bool has_bad_hash = false;
  std::uint64_t tags = 0;
  bool has_source_file = false;
  YankPermit permit(*this, members);
  EachFile(members, [&](const FileRef& ref, const Listing::FileFacts& facts) {
    has_source_file = has_source_file || IsSource(facts);
    switch (ObjectionTo(ref, facts, permit)) {
      case Objection::kTags:
        tags += Scatter(
            std::hash<std::string_view>()(files_.listings[ref.source].TagSetText(facts.tag_set)));
        break;
      case Objection::kPython:
        python = OnPython(ref, facts).id;
        break;
      case Objection::kYanked:
        yanked = std::hash<std::string_view>()(files_.listings[ref.source].YankReason(ref.file));
        break;
      case Objection::kHash:
        has_bad_hash = true;
        break;
      case Objection::kPolicy:
      case Objection::kNone:
        break;
    }
  });
  if (yanked) {
    return {Symptom::Kind::kYanked, *yanked};
  }
  if (has_bad_hash) {
    return {Symptom::Kind::kHash, 0};
  }
  if (python) {
    return {Symptom::Kind::kPython, *python};
  }
  if (tags != 0) {
    return {Symptom::Kind::kTags, tags};
  }
  return {has_source_file ? Symptom::Kind::kSource : Symptom::Kind::kNothing, 0};
}

ProjectVersion ReleaseSurvey::Judge(std::span<const Member> members) const {
  ProjectVersion version{.version = VersionOf(members)};
  YankPermit permit(*this, members);
  EachFile(members, [&](const FileRef& ref, const Listing::FileFacts& facts) {
    if (ObjectionTo(ref, facts, permit) != Objection::kNone) {
      return;
    }
    index::IndexFile file = files_.File(ref.source, ref.file);
    if (!IsSource(facts)) {
      pypi::BuildTag build = BuildTagOf(file.filename);
      version.wheels.push_back({.file = std::move(file),
                                .priority = *PriorityOf(ref, facts),
                                .build = std::move(build)});
    } else if (!version.source || (IsGzippedTar(file) && !IsGzippedTar(*version.source))) {
      version.source = std::move(file);
    }
  });
  const auto stands_before = [](const UsableWheel& a, const UsableWheel& b) {
    return a.priority != b.priority ? a.priority < b.priority : b.build < a.build;
  };
  if (version.wheels.size() > 1) {
    std::ranges::stable_sort(version.wheels, stands_before);
  }
  if (version.MetadataFile() == nullptr) {
    const ReleaseJudge::Rejections rejections = RejectionsOf(members);
    version.files = Files(members);
    version.rejection = judge_.ReasonOf(rejections);
    version.unusable = judge_.Explain(version.rejection, rejections);
  }
  return version;
}

ReleaseJudge::Rejections ReleaseSurvey::RejectionsOf(std::span<const Member> members) const {
  ReleaseJudge::Rejections rejections;
  YankPermit permit(*this, members);
  EachFile(members, [&](const FileRef& ref, const Listing::FileFacts& facts) {
    const Listing& listing = files_.listings[ref.source];
    rejections.has_source = rejections.has_source || IsSource(facts);
    switch (ObjectionTo(ref, facts, permit)) {
      case Objection::kTags:
        rejections.tags.push_back(listing.TagSetText(facts.tag_set));
        break;
      case Objection::kPython:
        rejections.python = listing.PythonText(facts.python);
        break;
      case Objection::kYanked:
        rejections.yanked = listing.YankReason(ref.file);
        break;
      case Objection::kHash:
        rejections.hash = wishes_.HashObjection(files_.name, files_.File(ref.source, ref.file));
        break;
      case Objection::kPolicy:
      case Objection::kNone:
        break;
    }
  });
  return rejections;
}

}  // namespace flowstone::resolve
