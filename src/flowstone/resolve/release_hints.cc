#include "flowstone/resolve/release_hints.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/index/listing.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/tag_text.h"
#include "flowstone/resolve/wheel_fit.h"

namespace flowstone::resolve {
namespace {

using index::Listing;

// The Pythons that are proposed.
constexpr std::uint64_t kOldestMinor = 6;
constexpr std::uint64_t kNewestMinor = 15;

std::uint64_t Distance(std::uint64_t a, std::uint64_t b) {
  return a < b ? b - a : a - b;
}

// The Python 3 nearest to `to` of which the test is true, the newer of two.
template <class Test>
std::optional<pypi::Version> NearestPython(const pypi::Version& to, Test is_good) {
  std::optional<std::uint64_t> best;
  for (std::uint64_t minor = kNewestMinor; minor >= kOldestMinor; --minor) {
    const bool is_nearer = !best || Distance(minor, to.release(1)) < Distance(*best, to.release(1));
    if (is_nearer && is_good(minor)) {
      best = minor;
    }
  }
  if (!best) {
    return std::nullopt;
  }
  return *pypi::Version::Parse("3." + std::to_string(*best));
}

std::vector<Hint> GivenOf(std::vector<std::optional<Hint>> hints) {
  std::vector<Hint> given;
  for (std::optional<Hint>& hint : hints) {
    if (hint) {
      given.push_back(*std::move(hint));
    }
  }
  return given;
}

// A release that a listing has, and when the first of its files was published.
struct Publication {
  pypi::Version version;
  std::optional<std::int64_t> time_us;
};

// The releases in the range, from all listings, whether or not they are too new.
std::vector<Publication> PublicationsIn(const pypi::VersionSet& range,
                                        const index::ProjectFiles& files) {
  std::vector<Publication> publications;
  for (const Listing& listing : files.listings) {
    for (std::uint32_t i = 0; i < listing.version_count(); ++i) {
      pypi::Version version = listing.Version(i);
      if (!range.Contains(version)) {
        continue;
      }
      Publication publication{.version = std::move(version), .time_us = {}};
      const Listing::FileSpan span = listing.FactsOfVersion(i).files;
      for (std::uint32_t file = span.first; file < span.last; ++file) {
        const std::int64_t time = listing.Facts(file).upload_time_us;
        if (time != Listing::FileFacts::kNoTime) {
          publication.time_us = std::min(time, publication.time_us.value_or(time));
        }
      }
      publications.push_back(std::move(publication));
    }
  }
  return publications;
}

}  // namespace

std::string ReleaseHints::PythonChoice(const pypi::Version& python) const {
  return options_.asker == Asker::kFlow ? "python=\"" + python.ToString() + "\" in @pypi"
                                        : "--python " + python.ToString();
}

std::string ReleaseHints::RequireText(const pypi::Name& name, const std::string& range) const {
  return (provider_.wishes().IsRequired(name) ? "require " : "also require ") + name.ToString() +
         range;
}

std::vector<Hint> ReleaseHints::OfMissing(solve::PackageId project, const pypi::VersionSet& range,
                                          Requirer requirer) const {
  const ProjectVersions& versions = provider_.Versions(project);
  std::vector<std::optional<Hint>> hints = {OfCutOff(versions, range)};
  // What a package asks for nobody can write in another way.
  if (requirer == Requirer::kRequest) {
    hints.push_back(OfSpelling(versions, range));
  }
  return GivenOf(std::move(hints));
}

std::optional<Hint> ReleaseHints::OfCutOff(const ProjectVersions& versions,
                                           const pypi::VersionSet& range) const {
  const pypi::Name& name = versions.files().name;
  const std::optional<std::int64_t> end = request_.ExcludeNewerUs(name);
  if (!end) {
    return std::nullopt;
  }
  std::optional<Publication> first;
  bool has_timeless = false;
  for (Publication& publication : PublicationsIn(range, versions.files())) {
    has_timeless = has_timeless || !publication.time_us;
    if (publication.time_us && (!first || *publication.time_us < *first->time_us)) {
      first = std::move(publication);
    }
  }
  const std::string origin = request_.exclude_newer_of_us.contains(name)
                                 ? "--exclude-newer-package"
                                 : options_.exclude_newer_origin;
  const std::string cut_off =
      "the cut-off " + lock::FormatTimestamp(*end) + (origin.empty() ? "" : " of " + origin);
  if (first && *first->time_us >= *end) {
    return Hint{HintKind::kCutOff, name.ToString() + " " + first->version.ToString() +
                                       " was published at " +
                                       lock::FormatTimestamp(*first->time_us) + ", after " +
                                       cut_off + ": choose a later one"};
  }
  if (has_timeless) {
    return Hint{HintKind::kCutOff, "the index does not say when files of " + name.ToString() +
                                       " were published, and such files are left out because of " +
                                       cut_off};
  }
  return std::nullopt;
}

std::optional<Hint> ReleaseHints::OfSpelling(const ProjectVersions& versions,
                                             const pypi::VersionSet& range) const {
  const pypi::Name& name = versions.files().name;
  for (std::uint32_t i = versions.size(); i-- > 0;) {
    const pypi::Version version = versions.VersionAt(i);
    const bool has_label = version.is_prerelease() || version.is_postrelease();
    // Of a range that has a release, one of its previews, its posts or its builds is no stranger.
    if (has_label && range.Contains(version.BaseRelease())) {
      const std::string what = version.is_prerelease() ? " is only a preview of it: " : " exists: ";
      return Hint{HintKind::kSpelling, name.ToString() + " " + version.ToString() + what +
                                           RequireText(name, "==" + version.ToString())};
    }
    const bool is_other_build =
        std::ranges::any_of(request_.requirements, [&](const RequestedRequirement& wish) {
          return wish.requirement.name == name &&
                 std::ranges::any_of(wish.requirement.specifiers.specifiers(),
                                     [&](const pypi::Specifier& specifier) {
                                       return specifier.version().has_local() &&
                                              specifier.version().WithoutLocal() ==
                                                  version.WithoutLocal();
                                     });
        });
    if (is_other_build) {
      return Hint{HintKind::kSpelling, "the index has another build of that version, " +
                                           version.ToString() + "; " + name.ToString() +
                                           "==" + version.WithoutLocal().ToString() +
                                           " accepts any build"};
    }
  }
  return std::nullopt;
}

std::vector<Hint> ReleaseHints::OfRejected(solve::PackageId project,
                                           const solve::OrdinalSet& releases) const {
  const ProjectVersions& versions = provider_.Versions(project);
  const pypi::Name& name = versions.files().name;
  const std::optional<solve::Ordinal> highest = releases.Highest();
  std::vector<std::optional<Hint>> hints;
  if (!highest) {
    return {};
  }
  const ProjectVersion& newest = versions[*highest];
  switch (newest.rejection) {
    case Rejection::kPrerelease:
      hints.push_back(OfPrereleases(versions, releases));
      break;
    case Rejection::kYanked:
      hints.emplace_back(OfYanked(newest, name));
      break;
    case Rejection::kHash:
      hints.emplace_back(OfHashes(newest, name));
      break;
    case Rejection::kPython:
      hints = {OfPython(newest, name), OfNewest(versions)};
      break;
    case Rejection::kTags:
      hints = {OfTags(newest, name), OfNewest(versions)};
      break;
    case Rejection::kOnlySource:
      hints.emplace_back(Hint{HintKind::kBuild,
                              "only wheels are used: offer one with --find-links, or allow "
                              "building, which runs the code of the package: --build " +
                                  name.ToString()});
      hints.push_back(OfNewest(versions));
      break;
    case Rejection::kNoSource:
    case Rejection::kNoFile:
    case Rejection::kNone:
      hints.push_back(OfNewest(versions));
      break;
  }
  return GivenOf(std::move(hints));
}

std::optional<Hint> ReleaseHints::OfPrereleases(const ProjectVersions& versions,
                                                const solve::OrdinalSet& releases) const {
  const pypi::Name& name = versions.files().name;
  solve::OrdinalSet rest = releases;
  for (std::optional<solve::Ordinal> next = rest.Highest(); next; next = rest.Highest()) {
    rest.Erase(*next);
    if (versions.RejectionOfPrerelease(*next) != Rejection::kNone) {
      continue;
    }
    const std::string version = versions.VersionAt(*next).ToString();
    const PrereleaseMode mode = request_.policies.PrereleasesFor(name);
    const bool may_be_named = mode != PrereleaseMode::kDisallow;
    std::string text = name.ToString() + " " + version + " is a pre-release: ";
    text += may_be_named ? RequireText(name, ">=" + version) : "";
    if (options_.asker == Asker::kCommandLine) {
      const bool has_own_mode = request_.policies.prereleases_of.contains(name);
      text += may_be_named ? ", or use " : "use ";
      text += has_own_mode ? "--prerelease-package " + name.ToString() + "=allow"
                           : "--prerelease allow";
    }
    return Hint{HintKind::kPrerelease, std::move(text)};
  }
  return std::nullopt;
}

std::optional<Hint> ReleaseHints::OfPython(const ProjectVersion& release,
                                           const pypi::Name& name) const {
  for (const index::IndexFile& file : release.files) {
    const auto wanted = pypi::ParseSpecifiersLeniently(file.requires_python.value_or(""));
    if (!file.requires_python || !wanted) {
      continue;
    }
    const auto python =
        NearestPython(request_.target.python_full_version, [&](std::uint64_t minor) {
          const auto latest = pypi::Version::Parse("3." + std::to_string(minor) + ".99");
          return latest && wanted->value.Contains(*latest);
        });
    if (python) {
      return Hint{HintKind::kPython, name.ToString() + " " + release.version.ToString() +
                                         " can be used with Python " + python->ToString() + ": " +
                                         PythonChoice(*python)};
    }
  }
  return std::nullopt;
}

std::optional<Hint> ReleaseHints::OfTags(const ProjectVersion& release,
                                         const pypi::Name& name) const {
  std::vector<std::uint64_t> minors;
  bool has_source = false;
  for (const index::IndexFile& file : release.files) {
    has_source = has_source || !IsWheel(file);
    const auto wheel = pypi::WheelName::Parse(file.filename);
    const bool fits_platform = wheel && FitsPlatform(wheel->tags, request_.target);
    for (const std::string& python :
         fits_platform ? wheel->tags.pythons : std::vector<std::string>()) {
      if (const auto version = CPythonOf(python); version && wheel->tags.abis.front() == python) {
        minors.push_back(version->release(1));
      }
    }
  }
  const auto python = NearestPython(request_.target.python_full_version, [&](std::uint64_t minor) {
    return std::ranges::find(minors, minor) != minors.end();
  });
  const std::string title = name.ToString() + " " + release.version.ToString();
  if (python && !request_.universal) {
    return Hint{HintKind::kPython, title + " has a wheel for Python " + python->ToString() + ": " +
                                       PythonChoice(*python)};
  }
  if (has_source && request_.policies.binaries.For(name) == BinaryPolicy::kOnlyWheels) {
    return Hint{HintKind::kBuild, title + " has a source: --build " + name.ToString() +
                                      " builds it, which runs its "
                                      "code"};
  }
  return std::nullopt;
}

Hint ReleaseHints::OfYanked(const ProjectVersion& release, const pypi::Name& name) const {
  return {HintKind::kYanked, "its index withdrew " + name.ToString() + " " +
                                 release.version.ToString() + "; to use it all the same, " +
                                 RequireText(name, "==" + release.version.ToString())};
}

Hint ReleaseHints::OfHashes(const ProjectVersion& release, const pypi::Name& name) const {
  for (const RequestedRequirement& wish : request_.requirements) {
    if (wish.requirement.name == name && !wish.hashes.empty()) {
      return {HintKind::kHash, "the hashes of " + wish.origin +
                                   " are those of other files than the index has of " +
                                   name.ToString() + " " + release.version.ToString()};
    }
  }
  return {HintKind::kHash, "where hashes are required, every package needs one: add " +
                               name.ToString() + "==" + release.version.ToString() +
                               " with its --hash to the requirements"};
}

std::optional<Hint> ReleaseHints::OfNewest(const ProjectVersions& versions) const {
  solve::OrdinalSet usable = solve::OrdinalSet::Full(versions.size());
  for (const solve::OrdinalSet& group : versions.unusable()) {
    usable -= group;
  }
  const std::optional<solve::Ordinal> newest = usable.Highest();
  if (!newest) {
    return std::nullopt;
  }
  return Hint{HintKind::kNewest, "the newest " + versions.files().name.ToString() +
                                     " that can be used here is " +
                                     versions.VersionAt(*newest).ToString()};
}

}  // namespace flowstone::resolve
