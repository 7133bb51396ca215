#include "flowstone/app/building_source.h"

#include <utility>

#include "flowstone/lock/lock.h"
#include "flowstone/pypi/sdist_name.h"

namespace flowstone::app {
namespace {

bool IsWheelFile(const index::IndexFile& file) {
  return file.filename.ends_with(".whl");
}

std::shared_ptr<const index::WheelMetadata> AsMetadata(const std::string& text) {
  index::WheelMetadata metadata;
  metadata.parsed = index::ParsedMetadata::Of(text);
  return std::make_shared<const index::WheelMetadata>(std::move(metadata));
}

bool NamesUrl(const index::ParsedMetadata& metadata) {
  for (std::size_t i = 0; i < metadata.dependency_count(); ++i) {
    if (!metadata.dependency(i).url.empty()) {
      return true;
    }
  }
  return false;
}

}  // namespace

using resolve::Arrival;
using resolve::Readiness;

Readiness BuildingSource::StartProject(const pypi::Name& name) {
  return indexes_.StartProject(name);
}

Readiness BuildingSource::StartMetadata(const index::IndexFile& file) {
  // Nothing is built ahead of time.
  return IsWheelFile(file) ? indexes_.StartMetadata(file) : Readiness::kThere;
}

std::optional<Arrival> BuildingSource::AwaitProject(const pypi::Name& name) {
  return indexes_.AwaitProject(name);
}

std::optional<Arrival> BuildingSource::AwaitMetadata(const index::IndexFile& file) {
  return IsWheelFile(file) ? indexes_.AwaitMetadata(file) : std::nullopt;
}

Result<std::shared_ptr<const index::ProjectFiles>> BuildingSource::Project(const pypi::Name& name) {
  auto files = indexes_.Project(name);
  if (files && policies_.For(name) != resolve::BinaryPolicy::kOnlyWheels) {
    for (const index::IndexFile& file : (*files)->Files()) {
      if (!IsWheelFile(file)) {
        project_of_.emplace(file.url, name);
      }
    }
  }
  return files;
}

Result<std::string> BuildingSource::SourceMetadata(const index::IndexFile& file) {
  lock::LockedFile sdist{.name = file.filename, .url = file.url};
  if (file.sha256) {
    sdist.hashes.emplace("sha256", file.sha256->ToString());
  }
  const pypi::Name project =
      project_of_.contains(file.url) ? project_of_.at(file.url) : pypi::Name();
  const auto name = pypi::SdistName::ParseFor(project, file.filename);
  const std::string title =
      name ? name->name.ToString() + " " + name->version.ToString() : file.filename;
  FLOWSTONE_LET(build::BuildTask task, builds_.TaskOf(project, sdist, "/", title));
  if (name) {
    task.source.published = name->version;
  }
  if (policies_.For(project) == resolve::BinaryPolicy::kStaticSources) {
    FLOWSTONE_LET(std::optional<std::string> known, builds_.StaticMetadata(task));
    if (!known) {
      return Error{ErrorCode::kInvalid, "only building " + title + " tells what it needs"};
    }
    return *std::move(known);
  }
  Result<std::string> text = builds_.Metadata(task);
  if (!text && text.error().code == ErrorCode::kInvalid) {
    // A build that fails ends the work: going on to older and older versions, and building each,
    // helps nobody.
    Error error = text.error();
    error.code = ErrorCode::kConflict;
    return std::move(error).WithHint(
        "exclude this version, or give a wheel of it with "
        "--find-links");
  }
  return text;
}

Result<std::shared_ptr<const index::WheelMetadata>> BuildingSource::Metadata(
    const index::IndexFile& file) {
  if (!IsWheelFile(file)) {
    FLOWSTONE_LET(const std::string text, SourceMetadata(file));
    return AsMetadata(references_.WithoutUrls(text));
  }
  auto metadata = indexes_.Metadata(file);
  if (!metadata || references_.empty() || !NamesUrl((*metadata)->parsed)) {
    return metadata;
  }
  return AsMetadata(references_.WithoutUrls((*metadata)->parsed.ToText()));
}

}  // namespace flowstone::app
