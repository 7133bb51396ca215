#include "flowstone/resolve/stated_source.h"

#include <string>
#include <utility>

#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::resolve {
namespace {

std::optional<pypi::Version> VersionOfFile(const pypi::Name& project, const std::string& filename) {
  if (filename.ends_with(".whl")) {
    const Result<pypi::WheelName> wheel = pypi::WheelName::Parse(filename);
    return wheel ? std::optional(wheel->version) : std::nullopt;
  }
  const Result<pypi::SdistName> sdist = pypi::SdistName::ParseFor(project, filename);
  return sdist ? std::optional(sdist->version) : std::nullopt;
}

}  // namespace

index::ParsedMetadata ParsedOf(const pypi::StatedMetadata& stated, const pypi::Version& version) {
  const auto bytes =
      std::make_shared<const std::string>(index::ParsedMetadata::Pack(stated.Of(version)));
  return *index::ParsedMetadata::Open(*bytes, bytes);
}

StatedSource::StatedSource(CandidateSource& published,
                           const std::vector<pypi::StatedMetadata>& stated)
    : published_(published), stated_(stated) {
  for (const pypi::StatedMetadata& one : stated) {
    projects_.insert(one.name);
  }
}

Readiness StatedSource::StartMetadata(const index::IndexFile& file) {
  return files_.contains(file.url) ? Readiness::kThere : published_.StartMetadata(file);
}

std::optional<Arrival> StatedSource::AwaitMetadata(const index::IndexFile& file) {
  return files_.contains(file.url) ? std::nullopt : published_.AwaitMetadata(file);
}

Result<std::shared_ptr<const index::ProjectFiles>> StatedSource::Project(const pypi::Name& name) {
  auto files = published_.Project(name);
  if (!files || !projects_.contains(name)) {
    return files;
  }
  for (const index::IndexFile& file : (*files)->Files()) {
    const auto version = VersionOfFile(name, file.filename);
    const pypi::StatedMetadata* const stated =
        version ? pypi::FindStated(stated_, name, *version) : nullptr;
    if (stated == nullptr || files_.contains(file.url)) {
      continue;
    }
    index::WheelMetadata metadata;
    metadata.parsed = ParsedOf(*stated, *version);
    files_.emplace(file.url, std::make_shared<const index::WheelMetadata>(std::move(metadata)));
  }
  return files;
}

Result<std::shared_ptr<const index::WheelMetadata>> StatedSource::Metadata(
    const index::IndexFile& file) {
  const auto stated = files_.find(file.url);
  return stated == files_.end() ? published_.Metadata(file) : stated->second;
}

}  // namespace flowstone::resolve
