// BuildingSource: the candidates of indexes, and besides them what only building makes candidates:
// source distributions, whose metadata is read or asked of their backend.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "flowstone/app/direct_references.h"
#include "flowstone/app/source_builds.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::app {

class BuildingSource final : public resolve::CandidateSource {
 public:
  // Borrows everything.
  BuildingSource(resolve::CandidateSource& indexes, SourceBuilds& builds,
                 const DirectReferences& references, const resolve::BinaryPolicies& policies)
      : indexes_(indexes), builds_(builds), references_(references), policies_(policies) {}

  resolve::Readiness StartProject(const pypi::Name& name) override;
  resolve::Readiness StartMetadata(const index::IndexFile& file) override;
  std::optional<resolve::Arrival> AwaitProject(const pypi::Name& name) override;
  std::optional<resolve::Arrival> AwaitMetadata(const index::IndexFile& file) override;
  Result<resolve::Confirmation> Confirm() override { return indexes_.Confirm(); }
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override;
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override;
  std::shared_ptr<const index::ProjectFiles> Elsewhere(
      const index::ProjectFiles& project) override {
    return indexes_.Elsewhere(project);
  }
  std::vector<std::string> KnownProjects() override { return indexes_.KnownProjects(); }

 private:
  Result<std::string> SourceMetadata(const index::IndexFile& file);

  resolve::CandidateSource& indexes_;
  SourceBuilds& builds_;
  const DirectReferences& references_;
  const resolve::BinaryPolicies& policies_;
  // Of the listings given so far: which project a source file is of.
  std::unordered_map<std::string, pypi::Name> project_of_;
};

}  // namespace flowstone::app
