#include "flowstone/app/package_places.h"

#include <optional>
#include <string>
#include <utility>

#include "flowstone/app/building_source.h"

namespace flowstone::app {
namespace {

// The one release that a reference leads to.
class ReferenceSource final : public resolve::CandidateSource {
 public:
  explicit ReferenceSource(ReferencedProject project) : files_(std::move(project.files)) {
    index::WheelMetadata metadata;
    metadata.parsed = index::ParsedMetadata::Of(project.metadata);
    metadata_ = std::make_shared<const index::WheelMetadata>(std::move(metadata));
  }

  resolve::Readiness StartProject(const pypi::Name& /*name*/) override {
    return resolve::Readiness::kThere;
  }
  resolve::Readiness StartMetadata(const index::IndexFile& /*file*/) override {
    return resolve::Readiness::kThere;
  }
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& /*name*/) override {
    return files_;
  }
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& /*file*/) override {
    return metadata_;
  }

 private:
  std::shared_ptr<const index::ProjectFiles> files_;
  std::shared_ptr<const index::WheelMetadata> metadata_;
};

// One index alone.
class PinnedSource final : public resolve::CandidateSource {
 public:
  PinnedSource(index::PackageIndex& index, std::string pin) : index_(index), pin_(std::move(pin)) {}

  resolve::Readiness StartProject(const pypi::Name& name) override {
    return index_.StartProjectOf(pin_, name);
  }
  resolve::Readiness StartMetadata(const index::IndexFile& file) override {
    return index_.StartMetadata(file);
  }
  std::optional<resolve::Arrival> AwaitProject(const pypi::Name& name) override {
    return index_.AwaitProjectOf(pin_, name);
  }
  std::optional<resolve::Arrival> AwaitMetadata(const index::IndexFile& file) override {
    return index_.AwaitMetadata(file);
  }
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override {
    return index_.ProjectOf(pin_, name);
  }
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override {
    return index_.Metadata(file);
  }

 private:
  index::PackageIndex& index_;
  const std::string pin_;
};

}  // namespace

PackagePlaces::PackagePlaces(index::PackageIndex& index, SourceBuilds& builds,
                             DirectReferences& references, const resolve::BinaryPolicies& policies,
                             const std::vector<project::IndexChoice>& choices) {
  for (ReferencedProject& project : references.Projects()) {
    const pypi::Name name = project.name;
    const pypi::Marker where = project.where;
    sources_.push_back(std::make_unique<ReferenceSource>(std::move(project)));
    places_.push_back({.name = name, .where = where, .source = sources_.back().get()});
  }
  for (const project::IndexChoice& choice : choices) {
    sources_.push_back(std::make_unique<PinnedSource>(index, choice.index));
    resolve::CandidateSource& pinned = *sources_.back();
    sources_.push_back(std::make_unique<BuildingSource>(pinned, builds, references, policies));
    places_.push_back(
        {.name = choice.project, .where = choice.where, .source = sources_.back().get()});
  }
}

}  // namespace flowstone::app
