#include "flowstone/index/package_index.h"

#include <utility>

#include "flowstone/index/fetch_runtime.h"
#include "flowstone/index/metadata_fetcher.h"
#include "flowstone/index/once_map.h"
#include "flowstone/index/page_fetcher.h"
#include "flowstone/index/project_search.h"

namespace flowstone::index {
namespace {

// Files of equal content have equal metadata; without a digest the URL has to do.
std::string MetadataKey(const IndexFile& file) {
  return file.sha256 ? file.sha256->ToString() + " " + file.filename : file.url;
}

}  // namespace

class PackageIndex::Engine {
 public:
  Engine(net::Transport& transport, os::FileSystem& files, os::Clock& clock,
         const PackageIndexOptions& options)
      : runtime_(std::make_shared<FetchRuntime>(transport, files, clock, options.cache_directory,
                                                options.workers)),
        pages_(*runtime_),
        metadata_(*runtime_, options.mode),
        search_(*runtime_, pages_, options) {}
  ~Engine() { runtime_->Stop(); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void StartProject(const pypi::Name& name) {
    if (projects_.Claim(name)) {
      runtime_->Post([this, name] {
        search_.Start(name, [this, name](Result<ProjectFiles> project) {
          projects_.Complete(name, std::move(project));
        });
      });
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
  std::shared_ptr<FetchRuntime> runtime_;
  PageFetcher pages_;
  MetadataFetcher metadata_;
  ProjectSearch search_;
  OnceMap<pypi::Name, ProjectFiles> projects_;
  OnceMap<std::string, WheelMetadata> metadatas_;
};

PackageIndex::PackageIndex(net::Transport& transport, os::FileSystem& files, os::Clock& clock,
                           PackageIndexOptions options)
    : engine_(std::make_unique<Engine>(transport, files, clock, options)) {}

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
