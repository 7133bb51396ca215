// ProjectSearch: which sources give the files of a project: find-links, then the indexes that the
// strategy and the project's pin lead to, merged in the order of their configuration. The order in
// which servers answer has no influence.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/fetch_runtime.h"
#include "flowstone/index/flat_source.h"
#include "flowstone/index/index_definition.h"
#include "flowstone/index/listing.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/page_fetcher.h"
#include "flowstone/net/url.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

class ProjectSearch {
 public:
  using Done = std::function<void(Result<ProjectFiles>)>;

  // `runtime` and `pages` outlive this.
  ProjectSearch(FetchRuntime& runtime, PageFetcher& pages, const PackageIndexOptions& options);

  // Whether Start reads the disk or waits for a page before it returns, and so is for workers.
  bool MayWait() const;
  // Calls `done` once, on this thread or on a worker. `this` outlives the workers. `pin` names the
  // only index that counts, whatever the options say.
  void Start(const pypi::Name& name, const std::optional<std::string>& pin, Done done);
  // What these indexes have of the project, whatever strategy and pin say; those that fail have
  // nothing. For workers only.
  void StartElsewhere(const pypi::Name& name, const std::vector<FileSource>& indexes,
                      std::function<void(ProjectFiles)> done);

 private:
  // One index, opened.
  struct Index {
    IndexDefinition definition;
    Result<net::Url> url;
    std::string location = {};                    // the URL as it may be shown
    std::unique_ptr<FlatSources> flat = nullptr;  // null for an index of pages
  };
  // A project on its way through the indexes.
  struct Search;
  // The answers of all indexes to one search, while they come in.
  struct Gathering;

  static std::vector<Index> OpenIndexes(FetchRuntime& runtime, const PackageIndexOptions& options);
  // Positions in indexes_ of those that may give files of the project; kInvalid for a pin to an
  // index that does not exist.
  Result<std::vector<std::size_t>> RouteOf(const pypi::Name& name,
                                           const std::optional<std::string>& pin) const;
  void Ask(const pypi::Name& name, std::size_t index, StalePages stale_pages,
           PageFetcher::Done done);
  // Asks one index after the other until one has the project.
  void SearchOnward(Search search, std::size_t step);
  // Tells the project which indexes it was not asked of.
  void NoteUnasked(Search& search) const;
  // Asks all of them at once.
  void SearchAll(Search search);
  void AskAll(const std::shared_ptr<Gathering>& gathering, StalePages stale_pages);
  void Merge(Gathering& gathering);
  // As a source of files.
  FileSource SourceOf(std::size_t index) const;
  // Takes over what an index says about the project.
  void TakeListing(ProjectFiles& project, Listing listing, std::size_t index) const;

  PageFetcher& pages_;
  const FetchMode mode_;
  const StalePages stale_pages_;
  const IndexStrategy strategy_;
  const std::set<pypi::Name> refreshed_;
  const std::map<pypi::Name, std::string> pins_;
  FlatSources links_;
  std::vector<Index> indexes_;
};

}  // namespace flowstone::index
