#include "flowstone/resolve/release_judge.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "flowstone/base/result.h"
#include "flowstone/pypi/leniency.h"

namespace flowstone::resolve {

bool IsWheel(const index::IndexFile& file) {
  return file.filename.ends_with(".whl");
}

bool CountsAsYanked(const index::IndexFile& file, YankedMode mode) {
  return file.yanked && !(file.is_yanked_by_empty_text && mode == YankedMode::kPinnedAnywhere);
}

void ReleaseJudge::Judge(ProjectVersion& version, const std::string& prerelease_objection) const {
  if (version.version.is_prerelease() && !prerelease_objection.empty()) {
    version.rejection = Rejection::kPrerelease;
    version.unusable = prerelease_objection;
    return;
  }
  Rejections rejections;
  if (binaries_ != BinaryPolicy::kNoWheels) {
    for (const index::IndexFile& file : version.files) {
      Consider(file, version, rejections);
    }
  }
  if (binaries_ != BinaryPolicy::kOnlyWheels) {
    version.source = ChooseSource(version, rejections);
  }
  std::ranges::stable_sort(version.wheels, [](const UsableWheel& a, const UsableWheel& b) {
    return a.priority != b.priority ? a.priority < b.priority : b.build < a.build;
  });
  if (version.MetadataFile() == nullptr) {
    version.rejection = ReasonOf(version, rejections);
    version.unusable = Explain(version.rejection, rejections);
  }
}

std::string ReleaseJudge::PrereleaseObjection(Finals finals) const {
  const PrereleaseMode mode = request_.policies.prereleases;
  if (mode == PrereleaseMode::kDisallow) {
    return "pre-releases are not allowed";
  }
  const bool wants_explicit =
      mode == PrereleaseMode::kExplicit || mode == PrereleaseMode::kIfNecessaryOrExplicit;
  if (!wants_explicit || wishes_.NamesPrerelease(name_)) {
    return "";
  }
  if (mode == PrereleaseMode::kIfNecessaryOrExplicit && finals == Finals::kNone) {
    return "";
  }
  return "pre-releases are allowed only where a requirement names one";
}

void ReleaseJudge::Consider(const index::IndexFile& file, ProjectVersion& version,
                            Rejections& rejections) const {
  Result<pypi::WheelName> wheel = IsWheel(file)
                                      ? pypi::WheelName::Parse(file.filename)
                                      : Result<pypi::WheelName>(Error{ErrorCode::kInvalid, ""});
  if (!wheel) {
    return;
  }
  const std::optional<std::size_t> priority = scope_.WheelPriority(wheel->tags);
  if (!priority) {
    rejections.tags.push_back(std::move(wheel->tags));
    return;
  }
  if (IsAllowed(file, version.version, rejections)) {
    version.wheels.push_back({&file, *priority, std::move(wheel->build)});
  }
}

const index::IndexFile* ReleaseJudge::ChooseSource(const ProjectVersion& version,
                                                   Rejections& rejections) const {
  const index::IndexFile* chosen = nullptr;
  for (const index::IndexFile& file : version.files) {
    const bool is_better =
        !IsWheel(file) && (chosen == nullptr || (file.filename.ends_with(".tar.gz") &&
                                                 !chosen->filename.ends_with(".tar.gz")));
    if (is_better && IsAllowed(file, version.version, rejections)) {
      chosen = &file;
    }
  }
  return chosen;
}

bool ReleaseJudge::IsAllowed(const index::IndexFile& file, const pypi::Version& version,
                             Rejections& rejections) const {
  if (!FitsPython(file)) {
    rejections.python = *file.requires_python;
    return false;
  }
  if (CountsAsYanked(file, request_.policies.yanked) && !MayBeYanked(version)) {
    rejections.yanked = file.yanked;
    return false;
  }
  if (std::string objection = wishes_.HashObjection(name_, file); !objection.empty()) {
    rejections.hash = std::move(objection);
    return false;
  }
  return true;
}

bool ReleaseJudge::MayBeYanked(const pypi::Version& version) const {
  switch (request_.policies.yanked) {
    case YankedMode::kAllow:
      return true;
    case YankedMode::kPinnedAnywhere:
      return std::ranges::find(history_.unpinned, version) == history_.unpinned.end();
    case YankedMode::kPinnedDirectly:
      return wishes_.Pins(name_, version);
  }
  return false;
}

// A value that cannot be read is no reason to refuse a release: its metadata has the last word.
bool ReleaseJudge::FitsPython(const index::IndexFile& file) const {
  if (!file.requires_python) {
    return true;
  }
  const auto requires_python = pypi::ParseSpecifiersLeniently(*file.requires_python);
  return !requires_python ||
         scope_.AcceptsPython(requires_python->value, request_.policies.upper_python_bound);
}

Rejection ReleaseJudge::ReasonOf(const ProjectVersion& version,
                                 const Rejections& rejections) const {
  if (rejections.yanked) {
    return Rejection::kYanked;
  }
  if (!rejections.hash.empty()) {
    return Rejection::kHash;
  }
  if (!rejections.python.empty()) {
    return Rejection::kPython;
  }
  if (!rejections.tags.empty()) {
    return Rejection::kTags;
  }
  if (binaries_ == BinaryPolicy::kNoWheels) {
    return Rejection::kNoSource;
  }
  const bool has_source = std::ranges::any_of(
      version.files, [](const index::IndexFile& file) { return !IsWheel(file); });
  return has_source ? Rejection::kOnlySource : Rejection::kNoFile;
}

std::string ReleaseJudge::Explain(Rejection reason, const Rejections& rejections) const {
  switch (reason) {
    case Rejection::kYanked:
      return rejections.yanked->empty() ? "yanked" : "yanked (" + *rejections.yanked + ")";
    case Rejection::kHash:
      return rejections.hash;
    case Rejection::kPython:
      return "it needs Python " + rejections.python + ", and " + scope_.PythonText();
    case Rejection::kTags:
      return "no wheel fits " + scope_.Description() + "; " + scope_.Misfit(rejections.tags);
    case Rejection::kNoSource:
      return "it has no source, and its wheels may not be used";
    case Rejection::kOnlySource:
      return "it has no wheel, only its source";
    case Rejection::kNone:
    case Rejection::kPrerelease:
    case Rejection::kNoFile:
      break;
  }
  return "it has no wheel";
}

}  // namespace flowstone::resolve
