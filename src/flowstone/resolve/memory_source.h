// MemorySource: a candidate source for tests, filled release by release.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"
#include "flowstone/resolve/candidate_source.h"

namespace flowstone::resolve {

struct PublishedRelease {
  std::string name;
  std::string version;
  std::vector<std::string> dependencies = {};                   // Requires-Dist
  std::map<std::string, std::vector<std::string>> extras = {};  // extra → what it adds
  std::optional<std::string> requires_python = {};              // in the page and the metadata
  std::vector<std::string> wheel_tags = {"py3-none-any"};       // a wheel each
  bool has_source = false;
  std::optional<std::string> yanked = {};
  bool is_yanked_by_empty_text = false;
  std::optional<std::int64_t> upload_time_us = {};
};

// The METADATA of a release.
std::string MetadataText(const PublishedRelease& release);

class MemorySource final : public CandidateSource {
 public:
  void Publish(const PublishedRelease& release);
  // Asking for the metadata of this file, or for this project, fails.
  void FailMetadata(const std::string& filename, Error error);
  void FailProject(const std::string& name, Error error);
  void ReplaceMetadata(const std::string& filename, std::string text);
  // The page of a project, made when it is missing.
  index::ProjectPage& Page(const std::string& name);

  // The names of files and projects in the order in which they were first asked for.
  const std::vector<std::string>& asked() const { return asked_; }

  Readiness StartProject(const pypi::Name& name) override;
  Readiness StartMetadata(const index::IndexFile& file) override;
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override;
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override;

 private:
  void Ask(const std::string& what);

  std::map<std::string, index::ProjectPage> pages_;  // by normalised name
  std::map<std::string, std::string> metadata_;      // by file name
  std::map<std::string, Error> failures_;            // by file name or project
  std::vector<std::string> asked_;
  std::unordered_set<std::string> was_asked_;
};

}  // namespace flowstone::resolve
