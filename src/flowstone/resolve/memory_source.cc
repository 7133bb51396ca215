#include "flowstone/resolve/memory_source.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/base/error.h"
#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"

namespace flowstone::resolve {
namespace {

// The requirement, for those who ask for the extra.
std::string WithExtra(const std::string& requirement, const std::string& extra) {
  const std::size_t semicolon = requirement.find(';');
  const std::string condition = "extra == '" + extra + "'";
  if (semicolon == std::string::npos) {
    return requirement + "; " + condition;
  }
  return requirement.substr(0, semicolon) + "; (" + requirement.substr(semicolon + 1) + ") and " +
         condition;
}

}  // namespace

std::string MetadataText(const PublishedRelease& release) {
  std::string text =
      "Metadata-Version: 2.1\nName: " + release.name + "\nVersion: " + release.version + "\n";
  if (release.requires_python) {
    text += "Requires-Python: " + *release.requires_python + "\n";
  }
  for (const std::string& dependency : release.dependencies) {
    text += "Requires-Dist: " + dependency + "\n";
  }
  for (const auto& [extra, dependencies] : release.extras) {
    text += "Provides-Extra: " + extra + "\n";
    for (const std::string& dependency : dependencies) {
      text += "Requires-Dist: " + WithExtra(dependency, extra) + "\n";
    }
  }
  return text;
}

void MemorySource::Publish(const PublishedRelease& release) {
  const pypi::Name name = *pypi::Name::Parse(release.name);
  const auto publish = [&](const std::string& filename) {
    index::IndexFile file{.filename = filename,
                          .url = "https://files.example/" + filename,
                          .sha256 = Digest::Of(filename)};
    file.requires_python = release.requires_python;
    file.yanked = release.yanked;
    file.is_yanked_by_empty_text = release.is_yanked_by_empty_text;
    file.size = filename.size();
    file.upload_time_us = release.upload_time_us;
    Page(release.name).files.push_back(std::move(file));
    metadata_[filename] = MetadataText(release);
  };
  for (const std::string& tag : release.wheel_tags) {
    publish(name.Escaped() + "-" + release.version + "-" + tag + ".whl");
  }
  if (release.has_source) {
    publish(name.Escaped() + "-" + release.version + ".tar.gz");
  }
}

index::ProjectPage& MemorySource::Page(const std::string& name) {
  const pypi::Name normalized = *pypi::Name::Parse(name);
  index::ProjectPage& page = pages_[normalized.ToString()];
  page.name = normalized.ToString();
  return page;
}

void MemorySource::FailMetadata(const std::string& filename, Error error) {
  failures_.emplace(filename, std::move(error));
}

void MemorySource::FailProject(const std::string& name, Error error) {
  failures_.emplace(name, std::move(error));
}

void MemorySource::ReplaceMetadata(const std::string& filename, std::string text) {
  metadata_[filename] = std::move(text);
}

void MemorySource::Ask(const std::string& what) {
  if (was_asked_.insert(what).second) {
    asked_.push_back(what);
  }
}

Readiness MemorySource::StartProject(const pypi::Name& name) {
  Ask(name.ToString());
  return Readiness::kThere;
}

Readiness MemorySource::StartMetadata(const index::IndexFile& file) {
  Ask(file.filename);
  return Readiness::kThere;
}

Result<std::shared_ptr<const index::ProjectFiles>> MemorySource::Project(const pypi::Name& name) {
  Ask(name.ToString());
  if (const auto failure = failures_.find(name.ToString()); failure != failures_.end()) {
    return Error(failure->second);
  }
  index::ProjectFiles files{.name = name};
  if (const auto found = pages_.find(name.ToString()); found != pages_.end()) {
    files.found = true;
    files.index = "https://index.example/simple/";
    files.status = found->second.status;
    files.status_reason = found->second.status_reason;
    files.sources.push_back({.location = files.index});
    files.listings.push_back(index::Listing::Of(found->second, name));
  }
  return std::make_shared<const index::ProjectFiles>(std::move(files));
}

Result<std::shared_ptr<const index::WheelMetadata>> MemorySource::Metadata(
    const index::IndexFile& file) {
  Ask(file.filename);
  if (const auto failure = failures_.find(file.filename); failure != failures_.end()) {
    return Error(failure->second);
  }
  return std::make_shared<const index::WheelMetadata>(
      index::WheelMetadata{.parsed = index::ParsedMetadata::Of(metadata_.at(file.filename))});
}

}  // namespace flowstone::resolve
