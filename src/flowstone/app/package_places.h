// PackagePlaces: the places that single packages come from instead of the indexes in their order:
// what a URL, path or repository refers to, and the indexes that `[tool.uv.sources]` names.
#pragma once

#include <memory>
#include <vector>

#include "flowstone/app/direct_references.h"
#include "flowstone/app/source_builds.h"
#include "flowstone/index/package_index.h"
#include "flowstone/project/uv_table.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/placed_source.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::app {

class PackagePlaces {
 public:
  // The references outlive this.
  PackagePlaces(index::PackageIndex& index, SourceBuilds& builds, DirectReferences& references,
                const resolve::BinaryPolicies& policies,
                const std::vector<project::IndexChoice>& choices);

  // Those of references first: they count where both would.
  const std::vector<resolve::PackagePlace>& places() const { return places_; }

 private:
  std::vector<std::unique_ptr<resolve::CandidateSource>> sources_;
  std::vector<resolve::PackagePlace> places_;
};

}  // namespace flowstone::app
