#include "flowstone/index/project_search.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::index {
namespace {

// Its find-links are numbered before its indexes, so that a file's source is also its rank.
ProjectFiles EmptyProject(const pypi::Name& name, IndexStrategy strategy) {
  ProjectFiles project{.name = name};
  project.version_order = strategy == IndexStrategy::kUnsafeFirstMatch
                              ? VersionOrder::kBySource
                              : VersionOrder::kAcrossSources;
  return project;
}

}  // namespace

struct ProjectSearch::Search {
  ProjectFiles project;
  std::vector<std::size_t> route;
  Done done;
};

struct ProjectSearch::Gathering {
  Search search;
  // What is done when all have answered.
  std::function<void(Gathering&)> finish;
  std::mutex mutex;  // guards what follows
  std::vector<std::optional<PageFetcher::Answer>> answers;
  std::size_t missing = 0;
};

ProjectSearch::ProjectSearch(FetchRuntime& runtime, PageFetcher& pages,
                             const PackageIndexOptions& options)
    : pages_(pages),
      mode_(options.mode),
      stale_pages_(options.stale_pages),
      strategy_(options.strategy),
      refreshed_(options.refreshed),
      pins_(options.pins),
      links_(runtime, options.mode, options.find_links),
      indexes_(OpenIndexes(runtime, options)) {}

std::vector<ProjectSearch::Index> ProjectSearch::OpenIndexes(FetchRuntime& runtime,
                                                             const PackageIndexOptions& options) {
  std::vector<Index> indexes;
  indexes.reserve(options.indexes.size());
  for (const IndexDefinition& definition : options.indexes) {
    Index index{.definition = definition, .url = net::Url::Parse(definition.url)};
    if (index.url) {
      index.location = index.url->Redacted();
    }
    if (definition.format == IndexFormat::kFlat) {
      index.flat = std::make_unique<FlatSources>(runtime, options.mode,
                                                 std::vector<std::string>{definition.url});
    }
    indexes.push_back(std::move(index));
  }
  return indexes;
}

bool ProjectSearch::MayWait() const {
  return !links_.empty() || std::ranges::any_of(indexes_, [](const Index& index) {
    return index.flat != nullptr || !index.url || index.url->scheme() == "file";
  });
}

void ProjectSearch::Start(const pypi::Name& name, const std::optional<std::string>& pin,
                          Done done) {
  const auto configured = pins_.find(name);
  const std::optional<std::string> only =
      pin || configured == pins_.end() ? pin : std::optional(configured->second);
  Result<std::vector<std::size_t>> route = RouteOf(name, only);
  if (!route) {
    done(std::move(route.error()));
    return;
  }
  ProjectFiles project = EmptyProject(name, strategy_);
  // A pin means that index and nothing else.
  if (!only) {
    Result<std::vector<IndexFile>> files = links_.FilesOf(name);
    if (!files) {
      done(std::move(files.error()));
      return;
    }
    if (!files->empty()) {
      project.found = true;
      project.sources.push_back({.kind = FileSource::Kind::kFindLinks});
      project.listings.push_back(Listing::Of({.name = {}, .files = *std::move(files)}, name));
    }
  }
  Search search{.project = std::move(project), .route = *std::move(route), .done = std::move(done)};
  if (strategy_ == IndexStrategy::kFirstIndex) {
    SearchOnward(std::move(search), 0);
  } else {
    SearchAll(std::move(search));
  }
}

Result<std::vector<std::size_t>> ProjectSearch::RouteOf(
    const pypi::Name& name, const std::optional<std::string>& pin) const {
  std::vector<std::size_t> route;
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    const IndexDefinition& definition = indexes_[i].definition;
    const bool wanted =
        pin ? definition.name == *pin : definition.reach == IndexReach::kEveryProject;
    if (wanted) {
      route.push_back(i);
    }
  }
  if (pin && route.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = name.ToString() + " is pinned to the index '" + *pin +
                            "', and no index has that name",
                 .hints = {"name one with --index " + *pin + "=URL"}};
  }
  return route;
}

void ProjectSearch::Ask(const pypi::Name& name, std::size_t index, StalePages stale_pages,
                        PageFetcher::Done done) {
  Index& asked = indexes_[index];
  if (!asked.url) {
    done(Error(asked.url.error()));
    return;
  }
  if (asked.flat != nullptr) {
    Result<std::vector<IndexFile>> files = asked.flat->FilesOf(name);
    if (!files) {
      done(std::move(files.error()));
    } else if (files->empty()) {
      done(std::optional<Listing>());
    } else {
      done(std::optional(Listing::Of({.name = {}, .files = *std::move(files)}, name)));
    }
    return;
  }
  const FetchMode mode =
      mode_ == FetchMode::kNormal && refreshed_.contains(name) ? FetchMode::kRefresh : mode_;
  pages_.Fetch({.index = *asked.url,
                .name = name,
                .mode = mode,
                .stale_pages = stale_pages,
                .ignored_statuses = asked.definition.ignored_statuses},
               std::move(done));
}

void ProjectSearch::SearchOnward(Search search, std::size_t step) {
  if (step == search.route.size()) {
    search.route.clear();
    NoteUnasked(search);
    search.done(std::move(search.project));
    return;
  }
  const pypi::Name name = search.project.name;
  const std::size_t index = search.route[step];
  Ask(name, index, stale_pages_,
      [this, index, step, search = std::move(search)](PageFetcher::Answer answer) mutable {
        if (!answer) {
          search.done(std::move(answer.error()));
        } else if (!*answer) {
          SearchOnward(std::move(search), step + 1);
        } else {
          TakeListing(search.project, **std::move(answer), index);
          search.route.erase(search.route.begin(),
                             search.route.begin() + static_cast<std::ptrdiff_t>(step + 1));
          NoteUnasked(search);
          search.done(std::move(search.project));
        }
      });
}

// REQUIRES: of a project that was found, the route is what is left of it.
void ProjectSearch::NoteUnasked(Search& search) const {
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    const Index& index = indexes_[i];
    const bool is_unasked = search.project.found
                                ? std::ranges::find(search.route, i) != search.route.end()
                                : index.definition.reach == IndexReach::kPinnedOnly &&
                                      !pins_.contains(search.project.name);
    if (is_unasked && index.url) {
      search.project.unasked.push_back(SourceOf(i));
    }
  }
}

void ProjectSearch::SearchAll(Search search) {
  auto gathering = std::make_shared<Gathering>();
  gathering->search = std::move(search);
  gathering->finish = [this](Gathering& complete) { Merge(complete); };
  AskAll(gathering, stale_pages_);
}

void ProjectSearch::AskAll(const std::shared_ptr<Gathering>& gathering, StalePages stale_pages) {
  const std::vector<std::size_t> route = gathering->search.route;
  const pypi::Name name = gathering->search.project.name;
  if (route.empty()) {
    gathering->finish(*gathering);
    return;
  }
  gathering->answers.resize(route.size());
  gathering->missing = route.size();
  for (std::size_t i = 0; i < route.size(); ++i) {
    Ask(name, route[i], stale_pages, [gathering, i](PageFetcher::Answer answer) {
      {
        const std::lock_guard lock(gathering->mutex);
        gathering->answers[i] = std::move(answer);
        if (--gathering->missing != 0) {
          return;
        }
      }
      gathering->finish(*gathering);
    });
  }
}

void ProjectSearch::StartElsewhere(const pypi::Name& name, const std::vector<FileSource>& indexes,
                                   std::function<void(ProjectFiles)> done) {
  auto gathering = std::make_shared<Gathering>();
  gathering->search.project = EmptyProject(name, IndexStrategy::kUnsafeBestMatch);
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    if (indexes_[i].url && std::ranges::find(indexes, SourceOf(i)) != indexes.end()) {
      gathering->search.route.push_back(i);
    }
  }
  gathering->finish = [this, done = std::move(done)](Gathering& complete) {
    Search& search = complete.search;
    for (std::size_t i = 0; i < search.route.size(); ++i) {
      if (PageFetcher::Answer& answer = *complete.answers[i]; answer && *answer) {
        TakeListing(search.project, **std::move(answer), search.route[i]);
      }
    }
    done(std::move(search.project));
  };
  // A stale page would have to be confirmed.
  AskAll(gathering, StalePages::kRevalidatedFirst);
}

void ProjectSearch::Merge(Gathering& gathering) {
  Search& search = gathering.search;
  for (std::size_t i = 0; i < search.route.size(); ++i) {
    PageFetcher::Answer& answer = *gathering.answers[i];
    if (!answer) {
      // An index that is not heard must not change what is chosen.
      search.done(std::move(answer.error()));
      return;
    }
    if (*answer) {
      TakeListing(search.project, **std::move(answer), search.route[i]);
    }
  }
  search.done(std::move(search.project));
}

FileSource ProjectSearch::SourceOf(std::size_t index) const {
  return {.kind = FileSource::Kind::kIndex,
          .name = indexes_[index].definition.name,
          .location = indexes_[index].location};
}

void ProjectSearch::TakeListing(ProjectFiles& project, Listing listing, std::size_t index) const {
  project.sources.push_back(SourceOf(index));
  if (project.index.empty()) {
    project.index = project.sources.back().location;
    project.status = listing.status();
    project.status_reason = listing.status_reason();
  }
  project.found = true;
  std::ranges::move(listing.Warnings(), std::back_inserter(project.warnings));
  project.listings.push_back(std::move(listing));
}

}  // namespace flowstone::index
