#include "flowstone/index/package_index.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
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
  if (!file.sha256) {
    return file.url;
  }
  const std::string_view digest(reinterpret_cast<const char*>(file.sha256->bytes().data()),
                                file.sha256->bytes().size());
  std::string key;
  key.reserve(digest.size() + file.filename.size());
  return key.append(digest).append(file.filename);
}

// For how long what only a hint needs is waited for.
constexpr std::chrono::seconds kPatience{5};

std::string ProjectKey(const pypi::Name& name, const std::optional<std::string>& pin) {
  return pin ? name.ToString() + " " + *pin : name.ToString();
}

}  // namespace

// Adds what passes while it lives, when that is to be measured.
class PackageIndex::Stopwatch {
 public:
  Stopwatch(os::Clock* clock, std::atomic<std::int64_t>& sum_ns)
      : clock_(clock), sum_ns_(sum_ns), began_ns_(clock == nullptr ? 0 : clock->MonotonicNs()) {}
  ~Stopwatch() {
    if (clock_ != nullptr) {
      sum_ns_ += clock_->MonotonicNs() - began_ns_;
    }
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  os::Clock* const clock_;
  std::atomic<std::int64_t>& sum_ns_;
  const std::int64_t began_ns_;
};

class PackageIndex::Engine {
 public:
  Engine(net::Transport& transport, os::FileSystem& files, os::Clock& clock,
         const PackageIndexOptions& options)
      : runtime_(std::make_shared<FetchRuntime>(transport, files, clock, options.cache_directory,
                                                options.workers, options.readers)),
        timing_clock_(options.timing == CallTiming::kOn ? &clock : nullptr),
        pages_(*runtime_),
        metadata_(*runtime_, options.mode, options.refreshed),
        search_(*runtime_, pages_, options) {}
  ~Engine() {
    runtime_->Stop();
    // A full disk must not keep anybody from resolving.
    (void)runtime_->cache().Flush();
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // `pin`: the only index that counts, whatever the options say.
  Readiness StartProject(const pypi::Name& name, const std::optional<std::string>& pin = {}) {
    const std::string key = ProjectKey(name, pin);
    if (!projects_.Claim(key)) {
      return ReadinessOf(projects_, key);
    }
    auto search = [this, name, pin, key, asker = std::this_thread::get_id()] {
      search_.Start(name, pin, [this, name, key, asker](Result<ProjectFiles> project) {
        projects_.Complete(key, std::move(project));
        Tell(asker, name);
      });
    };
    if (search_.MayWait()) {
      runtime_->Post(std::move(search));
    } else {
      search();
    }
    return ReadinessOf(projects_, key);
  }
  Result<std::shared_ptr<const ProjectFiles>> Project(const pypi::Name& name,
                                                      const std::optional<std::string>& pin = {}) {
    const std::string key = ProjectKey(name, pin);
    if (auto known = projects_.Find(key)) {
      return *std::move(known);
    }
    StartProject(name, pin);
    return projects_.Wait(key);
  }

  ProjectFiles Elsewhere(const ProjectFiles& project) {
    if (project.unasked.empty()) {
      return {.name = project.name};
    }
    auto answer = std::make_shared<std::promise<ProjectFiles>>();
    std::future<ProjectFiles> files = answer->get_future();
    runtime_->Post([this, name = project.name, indexes = project.unasked, answer] {
      search_.StartElsewhere(name, indexes,
                             [answer](ProjectFiles found) { answer->set_value(std::move(found)); });
    });
    return files.wait_for(kPatience) == std::future_status::ready
               ? files.get()
               : ProjectFiles{.name = project.name};
  }

  std::vector<std::string> KnownProjects() { return runtime_->cache().KnownProjects(); }

  Readiness StartMetadata(const IndexFile& file) { return StartMetadata(file, MetadataKey(file)); }
  Readiness StartMetadata(const IndexFile& file, const std::string& key) {
    if (!metadatas_.Claim(key)) {
      return ReadinessOf(metadatas_, key);
    }
    const std::thread::id asker = std::this_thread::get_id();
    if (std::optional<ParsedMetadata> known = runtime_->cache().FindMetadata(file)) {
      ++cached_metadata_;
      metadatas_.Complete(key, WheelMetadata{.parsed = *std::move(known)});
      Tell(asker, file);
      return Readiness::kThere;
    }
    auto fetch = [this, key, file, asker] {
      metadata_.Fetch(file, [this, key, file, asker](MetadataFetcher::Answer answer) {
        metadatas_.Complete(key, std::move(answer));
        Tell(asker, file);
      });
    };
    if (MetadataFetcher::MayWait(file)) {
      runtime_->Post(std::move(fetch));
    } else {
      fetch();
    }
    return ReadinessOf(metadatas_, key);
  }

  std::optional<Arrival> AwaitProject(const pypi::Name& name,
                                      const std::optional<std::string>& pin = {}) {
    StartProject(name, pin);
    return Await([&, key = ProjectKey(name, pin)] { return projects_.Has(key); });
  }
  std::optional<Arrival> AwaitMetadata(const IndexFile& file) {
    const std::string key = MetadataKey(file);
    StartMetadata(file, key);
    return Await([&] { return metadatas_.Has(key); });
  }
  Result<std::shared_ptr<const WheelMetadata>> Metadata(const IndexFile& file) {
    const std::string key = MetadataKey(file);
    auto known = metadatas_.Find(key);
    if (!known) {
      StartMetadata(file, key);
      known = metadatas_.Wait(key);
    }
    Result<std::shared_ptr<const WheelMetadata>> metadata = *std::move(known);
    if (metadata && !(*metadata)->warnings.empty()) {
      const std::lock_guard lock(mutex_);
      warnings_.insert((*metadata)->warnings.begin(), (*metadata)->warnings.end());
    }
    return metadata;
  }

  IndexCounters Counters() {
    return {.pages = pages_.pages(),
            .cached_pages = pages_.cached_pages(),
            .metadata = metadatas_.size(),
            .cached_metadata = cached_metadata_,
            .pages_ns = pages_ns_,
            .metadata_ns = metadata_ns_};
  }
  Stopwatch TimePages() { return {timing_clock_, pages_ns_}; }
  Stopwatch TimeMetadata() { return {timing_clock_, metadata_ns_}; }

  Result<Confirmation> Confirm() {
    FLOWSTONE_LET(const std::set<pypi::Name> changed, pages_.revalidations().WaitForAll());
    if (changed.empty()) {
      return Confirmation::kStands;
    }
    projects_.ForgetIf(
        [&changed](const ProjectFiles& project) { return changed.contains(project.name); });
    return Confirmation::kChanged;
  }

  std::vector<std::string> MetadataWarnings() {
    const std::lock_guard lock(mutex_);
    return {warnings_.begin(), warnings_.end()};
  }

 private:
  template <class Key, class Value>
  static Readiness ReadinessOf(OnceMap<Key, Value>& answers, const Key& key) {
    return answers.Has(key) ? Readiness::kThere : Readiness::kUnderWay;
  }

  // Who asked knows already what was there on the spot.
  void Tell(std::thread::id asker, Arrival arrival) {
    {
      const std::lock_guard lock(arrivals_mutex_);
      if (std::this_thread::get_id() != asker) {
        arrivals_.push_back(std::move(arrival));
      }
    }
    arrived_.notify_all();
  }

  template <class IsThere>
  std::optional<Arrival> Await(const IsThere& is_there) {
    std::unique_lock lock(arrivals_mutex_);
    while (arrivals_.empty()) {
      if (is_there()) {
        return std::nullopt;
      }
      arrived_.wait(lock);
    }
    Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    return arrival;
  }

  std::shared_ptr<FetchRuntime> runtime_;
  os::Clock* const timing_clock_;  // null: nothing is measured
  std::atomic<std::int64_t> pages_ns_ = 0;
  std::atomic<std::int64_t> metadata_ns_ = 0;
  std::atomic<std::uint64_t> cached_metadata_ = 0;
  PageFetcher pages_;
  MetadataFetcher metadata_;
  ProjectSearch search_;
  OnceMap<std::string, ProjectFiles> projects_;
  OnceMap<std::string, WheelMetadata> metadatas_;
  std::mutex mutex_;
  std::mutex arrivals_mutex_;  // guards arrivals_
  std::condition_variable arrived_;
  std::deque<Arrival> arrivals_;    // that nobody was told of
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

Readiness PackageIndex::StartProject(const pypi::Name& name) {
  const Stopwatch stopwatch = engine_->TimePages();
  return engine_->StartProject(name);
}

Result<std::shared_ptr<const ProjectFiles>> PackageIndex::Project(const pypi::Name& name) {
  const Stopwatch stopwatch = engine_->TimePages();
  return engine_->Project(name);
}

Readiness PackageIndex::StartProjectOf(const std::string& index, const pypi::Name& name) {
  const Stopwatch stopwatch = engine_->TimePages();
  return engine_->StartProject(name, index);
}

Result<std::shared_ptr<const ProjectFiles>> PackageIndex::ProjectOf(const std::string& index,
                                                                    const pypi::Name& name) {
  const Stopwatch stopwatch = engine_->TimePages();
  return engine_->Project(name, index);
}

Readiness PackageIndex::StartMetadata(const IndexFile& file) {
  const Stopwatch stopwatch = engine_->TimeMetadata();
  return engine_->StartMetadata(file);
}

ProjectFiles PackageIndex::Elsewhere(const ProjectFiles& project) {
  return engine_->Elsewhere(project);
}

std::vector<std::string> PackageIndex::KnownProjects() {
  return engine_->KnownProjects();
}

std::optional<Arrival> PackageIndex::AwaitProject(const pypi::Name& name) {
  const Stopwatch stopwatch = engine_->TimePages();
  return engine_->AwaitProject(name);
}

std::optional<Arrival> PackageIndex::AwaitProjectOf(const std::string& index,
                                                    const pypi::Name& name) {
  const Stopwatch stopwatch = engine_->TimePages();
  return engine_->AwaitProject(name, index);
}

std::optional<Arrival> PackageIndex::AwaitMetadata(const IndexFile& file) {
  const Stopwatch stopwatch = engine_->TimeMetadata();
  return engine_->AwaitMetadata(file);
}

Result<std::shared_ptr<const WheelMetadata>> PackageIndex::Metadata(const IndexFile& file) {
  const Stopwatch stopwatch = engine_->TimeMetadata();
  return engine_->Metadata(file);
}

IndexCounters PackageIndex::Counters() const {
  return engine_->Counters();
}

Result<Confirmation> PackageIndex::Confirm() {
  const Stopwatch stopwatch = engine_->TimePages();
  return engine_->Confirm();
}

std::vector<std::string> PackageIndex::MetadataWarnings() const {
  return engine_->MetadataWarnings();
}

}  // namespace flowstone::index
