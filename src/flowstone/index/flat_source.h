// FlatSources: what --find-links names: directories of distributions, single files, and pages of
// links. Each is read once, when the first project is looked for.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/fetch_runtime.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

class FlatSources {
 public:
  // URLs, or absolute paths. `runtime` outlives this.
  FlatSources(FetchRuntime& runtime, FetchMode mode, std::vector<std::string> sources)
      : runtime_(runtime), mode_(mode), sources_(std::move(sources)) {}

  bool empty() const { return sources_.empty(); }

  // The files of a project, in the order of the sources. Waits for pages: for workers only.
  // Thread-safe.
  Result<std::vector<IndexFile>> FilesOf(const pypi::Name& name);

 private:
  Status Load();
  Result<std::vector<IndexFile>> LoadSource(const std::string& source);
  Result<std::vector<IndexFile>> LoadPath(const std::string& path);
  Result<std::vector<IndexFile>> LoadPage(const net::Url& url);

  FetchRuntime& runtime_;
  const FetchMode mode_;
  const std::vector<std::string> sources_;
  std::once_flag loaded_;
  Status status_;                 // written once, under loaded_, as is what follows
  std::vector<IndexFile> files_;  // of all projects
};

// Whether the file can be one of the project, by the start of its name.
bool MayBelongTo(const pypi::Name& name, std::string_view filename);

}  // namespace flowstone::index
