// MetadataFetcher: the METADATA of a wheel, from where it costs least: the cache, the copy beside
// the wheel (PEP 658), ranges of the wheel, the whole wheel.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/fetch_runtime.h"
#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/index/tail_sink.h"
#include "flowstone/net/url.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

class MetadataFetcher {
 public:
  using Answer = Result<WheelMetadata>;
  using Done = std::function<void(Answer)>;

  // `runtime` outlives this. Answers about `refreshed` projects that may change are asked for anew.
  MetadataFetcher(FetchRuntime& runtime, FetchMode mode, std::set<pypi::Name> refreshed)
      : runtime_(runtime), mode_(mode), refreshed_(std::move(refreshed)) {}

  // Whether Fetch reads the disk or waits for a server before it returns, and so is for workers.
  static bool MayWait(const IndexFile& file);
  // Calls `done` once, on this thread or on a worker. `this` outlives the workers.
  void Fetch(const IndexFile& file, Done done);

 private:
  // One wheel on its way through the sources.
  struct Job {
    IndexFile file;
    net::Url url;
    pypi::Name project;
    Done done;
    std::vector<std::string> warnings = {};
  };
  // What a server does with ranges.
  enum class RangeUse : std::uint8_t { kUnknown, kNoSuffix, kNone };

  Answer ReadLocal(const Job& job);
  // What was said before of a file that is not there, while that may be believed.
  std::optional<Error> KnownAbsence(const Job& job);
  // Of an answer that is none of the file; that it is not there is remembered.
  Error RefusalOf(const Job& job, const net::Response& response);
  void FetchSidecar(Job job);
  // The text, or why the copy beside the wheel is of no use.
  Result<std::string> CheckSidecar(const Job& job, const net::Response& response);
  void FetchTail(Job job);
  void TakeTail(Job job, const net::ByteRange& asked, TailSink& tail,
                Result<net::Response> outcome);
  void ReadRanges(Job job, std::uint64_t size, std::string tail);
  Result<std::uint64_t> AskSize(const net::Url& url);
  void FetchWhole(Job job);
  Result<std::string> ReadWhole(const Job& job);
  void Finish(Job job, Result<std::string> text, MetadataSource source);

  // What is known of the servers that serve files, by origin. It saves requests and decides
  // nothing else.
  RangeUse RangeUseOf(const net::Url& url);
  void Remember(const net::Url& url, RangeUse use);

  FetchRuntime& runtime_;
  const FetchMode mode_;
  const std::set<pypi::Name> refreshed_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, RangeUse> range_uses_;
};

}  // namespace flowstone::index
