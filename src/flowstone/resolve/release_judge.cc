#include "flowstone/resolve/release_judge.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "flowstone/base/result.h"
#include "flowstone/pypi/tags.h"

namespace flowstone::resolve {
namespace {

std::vector<pypi::TagSet> TagSetsOf(const std::vector<std::string_view>& texts) {
  std::vector<pypi::TagSet> sets;
  sets.reserve(texts.size());
  for (const std::string_view text : texts) {
    if (Result<pypi::TagSet> set = pypi::TagSet::Parse(text)) {
      sets.push_back(*std::move(set));
    }
  }
  return sets;
}

}  // namespace

bool IsWheel(const index::IndexFile& file) {
  return file.filename.ends_with(".whl");
}

bool CountsAsYanked(const index::IndexFile& file, YankedMode mode) {
  return file.yanked && !(file.is_yanked_by_empty_text && mode == YankedMode::kPinnedAnywhere);
}

std::string ReleaseJudge::PrereleaseObjection(Finals finals) const {
  const PrereleaseMode mode = prereleases_;
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

Rejection ReleaseJudge::ReasonOf(const Rejections& rejections) const {
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
  return rejections.has_source ? Rejection::kOnlySource : Rejection::kNoFile;
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
      return "no wheel fits " + scope_.Description() + "; " +
             scope_.Misfit(TagSetsOf(rejections.tags));
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
