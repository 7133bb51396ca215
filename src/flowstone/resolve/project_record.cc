#include "flowstone/resolve/project_record.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace flowstone::resolve {

std::unique_ptr<ProjectRecord> ProjectReader::Open(
    std::shared_ptr<const index::ProjectFiles> files) {
  const pypi::Name& name = files->name;
  ProjectHistory history;
  for (const auto& [project, version] : options_.preferences) {
    if (project == name) {
      history.preferred.push_back(version);
    }
  }
  if (const auto unpinned = unpinned_.find(name); unpinned != unpinned_.end()) {
    history.unpinned = unpinned->second;
  }
  return std::make_unique<ProjectRecord>(std::in_place, std::move(files), request_, scope_, wishes_,
                                         std::move(history), file_verdicts_);
}

const ReleaseVerdict& ProjectReader::Judge(
    ProjectRecord& record, solve::Ordinal candidate,
    const Result<std::shared_ptr<const index::WheelMetadata>>& metadata) {
  const pypi::Name& name = record.versions.files().name;
  const std::string_view version = record.versions.VersionTextAt(candidate);
  ReleaseVerdict verdict = metadata ? metadata_reader_.Read((*metadata)->parsed, name, version)
                                    : "its metadata cannot be read: " + metadata.error().message;
  progress_.Advance(Phase::kResolve, 1, name.ToString() + " " + std::string(version));
  return record.verdicts.emplace(candidate, std::move(verdict)).first->second;
}

}  // namespace flowstone::resolve
