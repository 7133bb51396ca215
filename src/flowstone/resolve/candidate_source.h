// CandidateSource: what resolving needs of the world: the files of projects and the metadata of
// wheels. IndexCandidateSource takes them from a PackageIndex; tests have theirs in memory.
#pragma once

#include <memory>

#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"

namespace flowstone::resolve {

class CandidateSource {
 public:
  virtual ~CandidateSource() = default;

  // Begin to fetch; return at once.
  virtual void StartProject(const pypi::Name& name) = 0;
  virtual void StartMetadata(const index::IndexFile& file) = 0;
  // Wait for the answer, which does not depend on when or how often it is asked for.
  virtual Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) = 0;
  virtual Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) = 0;
};

class IndexCandidateSource final : public CandidateSource {
 public:
  // `index` outlives this.
  explicit IndexCandidateSource(index::PackageIndex& index) : index_(index) {}

  void StartProject(const pypi::Name& name) override { index_.StartProject(name); }
  void StartMetadata(const index::IndexFile& file) override { index_.StartMetadata(file); }
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override {
    return index_.Project(name);
  }
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override {
    return index_.Metadata(file);
  }

 private:
  index::PackageIndex& index_;
};

}  // namespace flowstone::resolve
