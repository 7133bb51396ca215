// PackageIndex: where the files of a project come from: indexes in order, and flat sources
// (directories of files, pages of links).
//
//   PackageIndex index(transport, files, clock, options);
//   index.StartProject(*Name::Parse("numpy"));                  // returns at once
//   FLOWSTONE_LET(const auto project, index.Project(name));     // waits
//   FLOWSTONE_LET(const auto metadata, index.Metadata(project->File(0, 0)));
//
// Everything is fetched once however often it is asked for, and what is returned depends on what
// the servers answer, never on the order in which they do. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/index_definition.h"
#include "flowstone/index/listing.h"
#include "flowstone/index/parsed_metadata.h"
#include "flowstone/index/project_page.h"
#include "flowstone/net/transport.h"
#include "flowstone/os/clock.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

enum class FetchMode : std::uint8_t {
  kNormal,   // cached pages are used while they are fresh
  kRefresh,  // every cached page is revalidated once, every file that was not there is asked for
  kOffline,  // only what is cached, however old, and what is on disk
};

// What a page is good for that may be out of date.
enum class StalePages : std::uint8_t {
  kRevalidatedFirst,  // nothing, before the index was asked
  kUsedMeanwhile,     // it is given out while the index is asked: see PackageIndex::Confirm
};

// Whether the callers' time is measured: it costs two readings of the clock a call.
enum class CallTiming : std::uint8_t { kOff, kOn };

struct PackageIndexOptions {
  // The preferred one first; file: URLs of directory trees as well. Their credentials are not used
  // here: give them to AuthenticatingTransport.
  std::vector<IndexDefinition> indexes = {};
  IndexStrategy strategy = IndexStrategy::kFirstIndex;
  // Projects that come from the index of that name, and from nowhere else.
  std::map<pypi::Name, std::string> pins = {};
  // URLs of pages of links, file: URLs or absolute paths of directories of files. Their files come
  // before those of the indexes.
  std::vector<std::string> find_links = {};
  FetchMode mode = FetchMode::kNormal;
  StalePages stale_pages = StalePages::kRevalidatedFirst;
  std::set<pypi::Name> refreshed = {};  // are asked about as in kRefresh
  std::string cache_directory;          // of IndexCache
  int workers = 8;                      // threads that wait for ranges and whole wheels
  int readers = 2;  // threads that parse pages: each may hold one of some megabytes
  CallTiming timing = CallTiming::kOff;
};

// A place that gave files of a project.
struct FileSource {
  enum class Kind : std::uint8_t { kIndex, kFindLinks };
  Kind kind = Kind::kIndex;
  std::string name = {};      // of the index, when it has one
  std::string location = {};  // its URL, redacted; empty for find-links

  // What people call an index: its name, or its URL.
  const std::string& title() const { return name.empty() ? location : name; }
  friend bool operator==(const FileSource&, const FileSource&) = default;
};

// What the versions of several sources mean to each other.
enum class VersionOrder : std::uint8_t {
  kAcrossSources,  // the version decides; of equal ones the earlier source
  kBySource,       // all versions of an earlier source come before those of a later one
};

// The files of one project. `found` is false when no source has it: that is an answer, and the
// caller's conflict to explain.
struct ProjectFiles {
  pypi::Name name;
  bool found = false;
  // The first index that has the project, redacted; empty when all files are from find-links.
  std::string index = {};
  // In order of preference: find-links, then the indexes that gave files, in their order. A file
  // name that several sources have counts for the first of them.
  std::vector<FileSource> sources = {};  // that IndexFile::source names
  std::vector<Listing> listings = {};    // of each source; only files that can be of the project
  VersionOrder version_order = VersionOrder::kAcrossSources;
  // Of the first index that has the project.
  ProjectStatus status = ProjectStatus::kActive;
  std::string status_reason = {};
  std::vector<std::string> warnings = {};
  // The indexes that were not asked: those behind the one that was found to have the project; of a
  // project that was not found, those that serve pinned projects alone.
  std::vector<FileSource> unasked = {};

  // One file of the listing of that source.
  IndexFile File(std::uint32_t source, std::uint32_t file) const;
  // All that count, by source, then by version.
  std::vector<IndexFile> Files() const;
};

// Of one index object, since it was made.
struct IndexCounters {
  std::uint64_t pages = 0;            // of projects on indexes, that were looked for
  std::uint64_t cached_pages = 0;     // of them: used without waiting for a server
  std::uint64_t metadata = 0;         // of files
  std::uint64_t cached_metadata = 0;  // the same
  // What callers spent on asking for them and waiting, with CallTiming::kOn.
  std::int64_t pages_ns = 0;
  std::int64_t metadata_ns = 0;
};

enum class MetadataSource : std::uint8_t { kCache, kSidecar /* PEP 658 */, kRanges, kWholeFile };

struct WheelMetadata {
  ParsedMetadata parsed = {};
  MetadataSource source = MetadataSource::kCache;
  std::vector<std::string> warnings = {};
};

// Whether what was asked for is there already.
enum class Readiness : std::uint8_t { kUnderWay, kThere };

// What became of answers that were given for the time being.
enum class Confirmation : std::uint8_t { kStands, kChanged };

// What came in, after its request had been under way: the files of a project, or metadata.
using Arrival = std::variant<pypi::Name, IndexFile>;

class PackageIndex {
 public:
  // The references outlive this.
  PackageIndex(net::Transport& transport, os::FileSystem& files, os::Clock& clock,
               const PackageIndexOptions& options);
  // Gives up what is under way: callbacks that come later do nothing.
  ~PackageIndex();
  PackageIndex(const PackageIndex&) = delete;
  PackageIndex& operator=(const PackageIndex&) = delete;

  // Begins to find the files of a project, unless that was begun before. What is cached is found
  // on the spot; servers are never waited for.
  Readiness StartProject(const pypi::Name& name);
  // The files of a project; begins if need be, and waits. Which indexes are asked is the strategy's
  // choice, and the pin's. Errors: kDenied when an index wants other credentials,
  // kUnavailable when one does not answer or the page is not cached and the mode is kOffline,
  // kCorrupt when it answers nonsense.
  Result<std::shared_ptr<const ProjectFiles>> Project(const pypi::Name& name);
  // The same for the files that the index of that name has, and nothing else.
  Readiness StartProjectOf(const std::string& index, const pypi::Name& name);
  Result<std::shared_ptr<const ProjectFiles>> ProjectOf(const std::string& index,
                                                        const pypi::Name& name);

  // What the indexes that were not asked for a project have of it, for hints: it has no influence
  // on what is found. Waits, but not long: indexes that fail or are slow have nothing to say, in
  // kOffline all those whose page is not cached.
  ProjectFiles Elsewhere(const ProjectFiles& project);

  // The names of projects that any index was found to have, in this run or an earlier one, sorted.
  // Reads much of the cache, and asks nobody.
  std::vector<std::string> KnownProjects();

  // As Project, of the METADATA of a wheel. In this order: the cache, the copy that the index
  // serves beside it (PEP 658; its hash is verified), byte ranges of the wheel, the whole wheel.
  // kInvalid for a file that is no wheel.
  Readiness StartMetadata(const IndexFile& file);
  Result<std::shared_ptr<const WheelMetadata>> Metadata(const IndexFile& file);

  // Waits until something has come in that nobody was told of, and tells. Nothing when there is no
  // such thing and the answer is there.
  std::optional<Arrival> AwaitProject(const pypi::Name& name);
  std::optional<Arrival> AwaitProjectOf(const std::string& index, const pypi::Name& name);
  std::optional<Arrival> AwaitMetadata(const IndexFile& file);

  // Waits until the index was asked about every stale page that was given out. kChanged when what
  // follows from them has to be done again: Project gives what the index says now. Errors are those
  // of Project: a page that cannot be had is never replaced by a stale one.
  Result<Confirmation> Confirm();

  // The warnings of all metadata that was waited for, each once, sorted: what servers said of files
  // and was not true.
  std::vector<std::string> MetadataWarnings() const;
  IndexCounters Counters() const;

 private:
  class Engine;
  class Stopwatch;
  std::unique_ptr<Engine> engine_;
};

}  // namespace flowstone::index
