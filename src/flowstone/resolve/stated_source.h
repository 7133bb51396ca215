// StatedSource: candidates whose metadata somebody stated (pypi/stated_metadata.h). What is stated
// about a release stands in for what its files say: neither an index nor a backend is asked.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/parsed_metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/stated_metadata.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/candidate_source.h"

namespace flowstone::resolve {

// What is stated, as the metadata of that version.
index::ParsedMetadata ParsedOf(const pypi::StatedMetadata& stated, const pypi::Version& version);

class StatedSource final : public CandidateSource {
 public:
  // Both outlive this.
  StatedSource(CandidateSource& published, const std::vector<pypi::StatedMetadata>& stated);

  Readiness StartProject(const pypi::Name& name) override { return published_.StartProject(name); }
  Readiness StartMetadata(const index::IndexFile& file) override;
  std::optional<Arrival> AwaitProject(const pypi::Name& name) override {
    return published_.AwaitProject(name);
  }
  std::optional<Arrival> AwaitMetadata(const index::IndexFile& file) override;
  Result<Confirmation> Confirm() override { return published_.Confirm(); }
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override;
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override;
  std::shared_ptr<const index::ProjectFiles> Elsewhere(
      const index::ProjectFiles& project) override {
    return published_.Elsewhere(project);
  }
  std::vector<std::string> KnownProjects() override { return published_.KnownProjects(); }

 private:
  using Stated = std::shared_ptr<const index::WheelMetadata>;

  CandidateSource& published_;
  const std::vector<pypi::StatedMetadata>& stated_;
  std::set<pypi::Name> projects_;                  // that something is stated about
  std::unordered_map<std::string, Stated> files_;  // by URL, of projects given so far
};

}  // namespace flowstone::resolve
