// CandidateSource: what resolving needs of the world: the files of projects and the metadata of
// wheels. IndexCandidateSource takes them from a PackageIndex; tests have theirs in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"

namespace flowstone::resolve {

using index::Arrival;
using index::Confirmation;
using index::Readiness;

class CandidateSource {
 public:
  virtual ~CandidateSource() = default;

  // Begin to fetch; return at once.
  virtual Readiness StartProject(const pypi::Name& name) = 0;
  virtual Readiness StartMetadata(const index::IndexFile& file) = 0;
  // Wait until something has come in that nobody was told of, and tell; nothing when there is no
  // such thing and the answer is there. A source that has every answer at once need not tell.
  virtual std::optional<Arrival> AwaitProject(const pypi::Name& /*name*/) { return std::nullopt; }
  virtual std::optional<Arrival> AwaitMetadata(const index::IndexFile& /*file*/) {
    return std::nullopt;
  }
  // Whether what was answered still stands, when it was given for the time being; else everything
  // has to be asked again. Waits.
  virtual Result<Confirmation> Confirm() { return Confirmation::kStands; }
  // Wait for the answer, which does not depend on when or how often it is asked for.
  virtual Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) = 0;
  virtual Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) = 0;
  // What the indexes that were not asked for a project have of it, for hints; null when there is
  // nothing that could be said.
  virtual std::shared_ptr<const index::ProjectFiles> Elsewhere(
      const index::ProjectFiles& /*project*/) {
    return nullptr;
  }
  // The names of projects that are known to exist somewhere, sorted, for hints.
  virtual std::vector<std::string> KnownProjects() { return {}; }
};

class IndexCandidateSource final : public CandidateSource {
 public:
  // `index` outlives this.
  explicit IndexCandidateSource(index::PackageIndex& index) : index_(index) {}

  Readiness StartProject(const pypi::Name& name) override { return index_.StartProject(name); }
  Readiness StartMetadata(const index::IndexFile& file) override {
    return index_.StartMetadata(file);
  }
  std::optional<Arrival> AwaitProject(const pypi::Name& name) override {
    return index_.AwaitProject(name);
  }
  std::optional<Arrival> AwaitMetadata(const index::IndexFile& file) override {
    return index_.AwaitMetadata(file);
  }
  Result<Confirmation> Confirm() override { return index_.Confirm(); }
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override {
    return index_.Project(name);
  }
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override {
    return index_.Metadata(file);
  }
  std::shared_ptr<const index::ProjectFiles> Elsewhere(
      const index::ProjectFiles& project) override {
    return std::make_shared<const index::ProjectFiles>(index_.Elsewhere(project));
  }
  std::vector<std::string> KnownProjects() override { return index_.KnownProjects(); }

 private:
  index::PackageIndex& index_;
};

}  // namespace flowstone::resolve
