// What can be done about releases that do not exist as asked for, or that cannot be used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/pypi/name.h"
#include "flowstone/resolve/index_provider.h"
#include "flowstone/resolve/project_versions.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/solve/ids.h"
#include "flowstone/solve/ordinal_set.h"

namespace flowstone::resolve {

// In the order of usefulness.
enum class HintKind : std::uint8_t {
  kName,
  kIndex,
  kPython,
  kPrerelease,
  kCutOff,
  kBuild,
  kSpelling,  // of the version
  kYanked,
  kHash,
  kOverride,
  kNewest,
};

struct Hint {
  HintKind kind;
  std::string text;
};

class ReleaseHints {
 public:
  // The references outlive this.
  ReleaseHints(const IndexProvider& provider, const ResolveRequest& request,
               const ResolveOptions& options)
      : provider_(provider), request_(request), options_(options) {}

  // Who states a range: the request, which can be written in another way, or a package.
  enum class Requirer : std::uint8_t { kRequest, kPackage };

  // Of a range that has no version, or of a project that has none.
  std::vector<Hint> OfMissing(solve::PackageId project, const pypi::VersionSet& range,
                              Requirer requirer) const;
  // Of releases that were asked for and cannot be used.
  std::vector<Hint> OfRejected(solve::PackageId project, const solve::OrdinalSet& releases) const;

 private:
  std::optional<Hint> OfCutOff(const ProjectVersions& versions,
                               const pypi::VersionSet& range) const;
  std::optional<Hint> OfSpelling(const ProjectVersions& versions,
                                 const pypi::VersionSet& range) const;
  std::optional<Hint> OfPrereleases(const ProjectVersions& versions,
                                    const solve::OrdinalSet& releases) const;
  std::optional<Hint> OfPython(const ProjectVersion& release, const pypi::Name& name) const;
  std::optional<Hint> OfTags(const ProjectVersion& release, const pypi::Name& name) const;
  Hint OfYanked(const ProjectVersion& release, const pypi::Name& name) const;
  Hint OfHashes(const ProjectVersion& release, const pypi::Name& name) const;
  std::optional<Hint> OfNewest(const ProjectVersions& versions) const;

  // "--python 3.10", or how a decorator says it.
  std::string PythonChoice(const pypi::Version& python) const;
  // "require a>=2.0rc1".
  std::string RequireText(const pypi::Name& name, const std::string& range) const;

  const IndexProvider& provider_;
  const ResolveRequest& request_;
  const ResolveOptions& options_;
};

}  // namespace flowstone::resolve
