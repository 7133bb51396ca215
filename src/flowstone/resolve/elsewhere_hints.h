// ElsewhereHints: what a conflict says nothing of because an index was not asked: a version that
// would do is on another one.
//
// By default a project is taken from the first index that has it, and an index may be for pinned
// projects alone. When there is no solution, the others are asked for the one page that matters.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/index_provider.h"
#include "flowstone/resolve/project_versions.h"
#include "flowstone/resolve/release_hints.h"
#include "flowstone/resolve/request.h"
#include "flowstone/solve/explain.h"
#include "flowstone/solve/ids.h"

namespace flowstone::resolve {

class ElsewhereHints {
 public:
  // `facts` are those of the explanation. The references outlive this.
  ElsewhereHints(const std::vector<solve::ReasonFact>& facts, const IndexProvider& provider,
                 const ResolveRequest& request, CandidateSource& source)
      : facts_(facts), provider_(provider), request_(request), source_(source) {}

  // Of a project that the argument speaks of; the first time it is asked about, and only when an
  // index that was not asked has a version that can be used and that everything that speaks of the
  // project accepts.
  std::optional<Hint> Of(solve::PackageId project);

 private:
  // What the request and everything in the argument that speaks of the project accept.
  pypi::VersionSet WantedOf(solve::PackageId project) const;
  std::string TextOf(const index::ProjectFiles& here, const index::FileSource& there,
                     const std::string& version) const;

  const std::vector<solve::ReasonFact>& facts_;
  const IndexProvider& provider_;
  const ResolveRequest& request_;
  CandidateSource& source_;
  std::set<solve::PackageId> considered_;
};

}  // namespace flowstone::resolve
