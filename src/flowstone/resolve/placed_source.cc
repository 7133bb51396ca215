#include "flowstone/resolve/placed_source.h"

namespace flowstone::resolve {

PlacedSource::PlacedSource(CandidateSource& elsewhere, const std::vector<PackagePlace>& places,
                           const Scope& scope)
    : elsewhere_(elsewhere) {
  for (const PackagePlace& place : places) {
    if (scope.Admits(place.where)) {
      places_.emplace(place.name, place.source);
    }
  }
}

CandidateSource& PlacedSource::SourceOf(const pypi::Name& name) const {
  const auto place = places_.find(name);
  return place == places_.end() ? elsewhere_ : *place->second;
}

CandidateSource& PlacedSource::SourceOf(const index::IndexFile& file) const {
  const auto source = files_.find(file.url);
  return source == files_.end() ? elsewhere_ : *source->second;
}

Readiness PlacedSource::StartProject(const pypi::Name& name) {
  return SourceOf(name).StartProject(name);
}

Readiness PlacedSource::StartMetadata(const index::IndexFile& file) {
  return SourceOf(file).StartMetadata(file);
}

std::optional<Arrival> PlacedSource::AwaitProject(const pypi::Name& name) {
  return SourceOf(name).AwaitProject(name);
}

std::optional<Arrival> PlacedSource::AwaitMetadata(const index::IndexFile& file) {
  return SourceOf(file).AwaitMetadata(file);
}

Result<std::shared_ptr<const index::ProjectFiles>> PlacedSource::Project(const pypi::Name& name) {
  CandidateSource& source = SourceOf(name);
  auto files = source.Project(name);
  if (files && &source != &elsewhere_) {
    for (const index::IndexFile& file : (*files)->Files()) {
      files_.emplace(file.url, &source);
    }
  }
  return files;
}

Result<std::shared_ptr<const index::WheelMetadata>> PlacedSource::Metadata(
    const index::IndexFile& file) {
  return SourceOf(file).Metadata(file);
}

}  // namespace flowstone::resolve
