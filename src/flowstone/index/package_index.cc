#include "flowstone/index/package_index.h"

#include <mutex>
#include <optional>
#include <set>
#include <string_view>
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

std::string ProjectKey(const pypi::Name& name, const std::optional<std::string>& pin) {
  return pin ? name.ToString() + " " + *pin : name.ToString();
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
  ~Engine() {
    runtime_->Stop();
    // A full disk must not keep anybody from resolving.
    (void)runtime_->cache().Flush();
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // `pin`: the only index that counts, whatever the options say.
  void StartProject(const pypi::Name& name, const std::optional<std::string>& pin = {}) {
    const std::string key = ProjectKey(name, pin);
    if (!projects_.Claim(key)) {
      return;
    }
    auto search = [this, name, pin, key] {
      search_.Start(name, pin, [this, key](Result<ProjectFiles> project) {
        projects_.Complete(key, std::move(project));
      });
    };
    if (search_.MayWait()) {
      runtime_->Post(std::move(search));
    } else {
      search();
    }
  }
  Result<std::shared_ptr<const ProjectFiles>> Project(const pypi::Name& name,
                                                      const std::optional<std::string>& pin = {}) {
    StartProject(name, pin);
    return projects_.Wait(ProjectKey(name, pin));
  }

  void StartMetadata(const IndexFile& file) {
    const std::string key = MetadataKey(file);
    if (!metadatas_.Claim(key)) {
      return;
    }
    if (std::optional<ParsedMetadata> known = runtime_->cache().FindMetadata(file)) {
      metadatas_.Complete(key, WheelMetadata{.parsed = *std::move(known)});
    } else {
      runtime_->Post([this, key, file] {
        metadata_.Fetch(file, [this, key](MetadataFetcher::Answer answer) {
          metadatas_.Complete(key, std::move(answer));
        });
      });
    }
  }
  Result<std::shared_ptr<const WheelMetadata>> Metadata(const IndexFile& file) {
    StartMetadata(file);
    auto metadata = metadatas_.Wait(MetadataKey(file));
    if (metadata && !(*metadata)->warnings.empty()) {
      const std::lock_guard lock(mutex_);
      warnings_.insert((*metadata)->warnings.begin(), (*metadata)->warnings.end());
    }
    return metadata;
  }

  IndexCounters Counters() { return {projects_.size(), metadatas_.size()}; }

  std::vector<std::string> MetadataWarnings() {
    const std::lock_guard lock(mutex_);
    return {warnings_.begin(), warnings_.end()};
  }

 private:
  std::shared_ptr<FetchRuntime> runtime_;
  PageFetcher pages_;
  MetadataFetcher metadata_;
  ProjectSearch search_;
  OnceMap<std::string, ProjectFiles> projects_;
  OnceMap<std::string, WheelMetadata> metadatas_;
  std::mutex mutex_;
  std::set<std::string> warnings_;  // guarded by mutex_; of metadata that was waited for
};

IndexFile ProjectFiles::File(std::uint32_t source, std::uint32_t file) const {
  IndexFile known = listings[source].File(file);
  known.source = source;
  return known;
}

std::vector<IndexFile> ProjectFiles::Files() const {
  std::vector<IndexFile> all;
  std::set<std::string_view> names;
  for (std::uint32_t source = 0; source < listings.size(); ++source) {
    for (std::uint32_t file = 0; file < listings[source].file_count(); ++file) {
      if (names.insert(listings[source].Filename(file)).second) {
        all.push_back(File(source, file));
      }
    }
  }
  return all;
}

PackageIndex::PackageIndex(net::Transport& transport, os::FileSystem& files, os::Clock& clock,
                           const PackageIndexOptions& options)
    : engine_(std::make_unique<Engine>(transport, files, clock, options)) {}

PackageIndex::~PackageIndex() = default;

void PackageIndex::StartProject(const pypi::Name& name) {
  engine_->StartProject(name);
}

Result<std::shared_ptr<const ProjectFiles>> PackageIndex::Project(const pypi::Name& name) {
  return engine_->Project(name);
}

void PackageIndex::StartProjectOf(const std::string& index, const pypi::Name& name) {
  engine_->StartProject(name, index);
}

Result<std::shared_ptr<const ProjectFiles>> PackageIndex::ProjectOf(const std::string& index,
                                                                    const pypi::Name& name) {
  return engine_->Project(name, index);
}

void PackageIndex::StartMetadata(const IndexFile& file) {
  engine_->StartMetadata(file);
}

Result<std::shared_ptr<const WheelMetadata>> PackageIndex::Metadata(const IndexFile& file) {
  return engine_->Metadata(file);
}

IndexCounters PackageIndex::Counters() const {
  return engine_->Counters();
}

std::vector<std::string> PackageIndex::MetadataWarnings() const {
  return engine_->MetadataWarnings();
}

}  // namespace flowstone::index
