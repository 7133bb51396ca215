// PlacedSource: candidates that come from places of their own. A direct reference (`name @ URL`) or
// a source of `[tool.uv.sources]` says where a package comes from, perhaps in some environments
// only; everywhere else the package comes from where all others do.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

struct PackagePlace {
  pypi::Name name;
  pypi::Marker where = {};  // the environments that it is the place for
  CandidateSource* source = nullptr;
};

class PlacedSource final : public CandidateSource {
 public:
  // Of several places of a package the first one that the scope admits counts. The references and
  // the sources of the places outlive this.
  PlacedSource(CandidateSource& elsewhere, const std::vector<PackagePlace>& places,
               const Scope& scope);

  Readiness StartProject(const pypi::Name& name) override;
  Readiness StartMetadata(const index::IndexFile& file) override;
  std::optional<Arrival> AwaitProject(const pypi::Name& name) override;
  std::optional<Arrival> AwaitMetadata(const index::IndexFile& file) override;
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override;
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override;

 private:
  CandidateSource& SourceOf(const pypi::Name& name) const;
  CandidateSource& SourceOf(const index::IndexFile& file) const;

  CandidateSource& elsewhere_;
  std::map<pypi::Name, CandidateSource*> places_;
  std::unordered_map<std::string, CandidateSource*> files_;  // by URL, of projects given so far
};

}  // namespace flowstone::resolve
