#include "flowstone/index/package_index.h"

#include <set>
#include <utility>

#include "flowstone/index/fetch_runtime.h"
#include "flowstone/index/flat_source.h"
#include "flowstone/index/metadata_fetcher.h"
#include "flowstone/index/once_map.h"
#include "flowstone/index/page_fetcher.h"
#include "flowstone/net/url.h"

namespace flowstone::index {
namespace {

// Files of equal content have equal metadata; without a digest the URL has to do.
std::string MetadataKey(const IndexFile& file) {
  return file.sha256 ? file.sha256->ToString() + " " + file.filename : file.url;
}

// Takes over the files of a page that may be of the project; others would be a way to slip in a
// file of another name. What find-links has already is not taken again.
void TakePage(ProjectFiles& project, ProjectPage page, const net::Url& index) {
  project.found = true;
  project.index = index.Redacted();
  project.status = page.status;
  project.status_reason = std::move(page.status_reason);
  project.warnings = std::move(page.warnings);
  std::set<std::string> known;
  for (const IndexFile& file : project.files) {
    known.insert(file.filename);
  }
  for (IndexFile& file : page.files) {
    if (known.contains(file.filename)) {
      continue;
    }
    if (MayBelongTo(project.name, file.filename)) {
      project.files.push_back(std::move(file));
    } else {
      project.warnings.push_back("left out " + file.filename + ": its name is not one of " +
                                 project.name.ToString());
    }
  }
}

}  // namespace

class PackageIndex::Engine {
 public:
  Engine(net::Transport& transport, os::FileSystem& files, os::Clock& clock,
         PackageIndexOptions options)
      : runtime_(std::make_shared<FetchRuntime>(
            transport, files, clock, std::move(options.cache_directory), options.workers)),
        pages_(*runtime_, options.mode),
        metadata_(*runtime_, options.mode),
        flat_(*runtime_, options.mode, std::move(options.find_links)) {
    for (const std::string& text : options.indexes) {
      indexes_.push_back(net::Url::Parse(text));
    }
  }
  ~Engine() { runtime_->Stop(); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void StartProject(const pypi::Name& name) {
    if (projects_.Claim(name)) {
      runtime_->Post([this, name] { SearchFlat(name); });
    }
  }
  Result<std::shared_ptr<const ProjectFiles>> Project(const pypi::Name& name) {
    StartProject(name);
    return projects_.Wait(name);
  }

  void StartMetadata(const IndexFile& file) {
    if (const std::string key = MetadataKey(file); metadatas_.Claim(key)) {
      runtime_->Post([this, key, file] {
        metadata_.Fetch(file, [this, key](MetadataFetcher::Answer answer) {
          metadatas_.Complete(key, std::move(answer));
        });
      });
    }
  }
  Result<std::shared_ptr<const WheelMetadata>> Metadata(const IndexFile& file) {
    StartMetadata(file);
    return metadatas_.Wait(MetadataKey(file));
  }

 private:
  void SearchFlat(const pypi::Name& name) {
    ProjectFiles project{.name = name};
    Result<std::vector<IndexFile>> files = flat_.FilesOf(name);
    if (!files) {
      projects_.Complete(name, std::move(files.error()));
      return;
    }
    project.found = !files->empty();
    project.files = *std::move(files);
    SearchIndex(std::move(project), 0);
  }

  // Looks at the index at that position, and at those after it while it does not have the project.
  void SearchIndex(ProjectFiles project, std::size_t position) {
    const pypi::Name name = project.name;
    if (position == indexes_.size()) {
      projects_.Complete(name, std::move(project));
      return;
    }
    const Result<net::Url>& index = indexes_[position];
    if (!index) {
      projects_.Complete(name, Error(index.error()));
      return;
    }
    pages_.Fetch(
        *index, name,
        [this, project = std::move(project), position](PageFetcher::Answer answer) mutable {
          TakeAnswer(std::move(project), position, std::move(answer));
        });
  }

  void TakeAnswer(ProjectFiles project, std::size_t position, PageFetcher::Answer answer) {
    const pypi::Name name = project.name;
    if (!answer) {
      projects_.Complete(name, std::move(answer.error()));
      return;
    }
    if (!*answer) {
      SearchIndex(std::move(project), position + 1);
      return;
    }
    TakePage(project, **std::move(answer), *indexes_[position]);
    projects_.Complete(name, std::move(project));
  }

  std::shared_ptr<FetchRuntime> runtime_;
  PageFetcher pages_;
  MetadataFetcher metadata_;
  FlatSources flat_;
  std::vector<Result<net::Url>> indexes_;
  OnceMap<pypi::Name, ProjectFiles> projects_;
  OnceMap<std::string, WheelMetadata> metadatas_;
};

PackageIndex::PackageIndex(net::Transport& transport, os::FileSystem& files, os::Clock& clock,
                           PackageIndexOptions options)
    : engine_(std::make_unique<Engine>(transport, files, clock, std::move(options))) {}

PackageIndex::~PackageIndex() = default;

void PackageIndex::StartProject(const pypi::Name& name) {
  engine_->StartProject(name);
}

Result<std::shared_ptr<const ProjectFiles>> PackageIndex::Project(const pypi::Name& name) {
  return engine_->Project(name);
}

void PackageIndex::StartMetadata(const IndexFile& file) {
  engine_->StartMetadata(file);
}

Result<std::shared_ptr<const WheelMetadata>> PackageIndex::Metadata(const IndexFile& file) {
  return engine_->Metadata(file);
}

}  // namespace flowstone::index
