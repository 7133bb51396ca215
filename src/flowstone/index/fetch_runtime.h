// FetchRuntime: what fetching needs: the transport, the disk, the clock, the cache, and threads on
// which answers are worked on, so that the transport's thread is never kept waiting.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "flowstone/index/cache.h"
#include "flowstone/index/local_digests.h"
#include "flowstone/index/worker_pool.h"
#include "flowstone/net/transport.h"
#include "flowstone/os/clock.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::index {

// Held by shared_ptr, because callbacks of the transport may come when nobody waits any more.
// Thread-safe.
class FetchRuntime : public std::enable_shared_from_this<FetchRuntime> {
 public:
  using Then = std::function<void(Result<net::Response>)>;

  // `workers` may wait for servers, `readers` take apart what came.
  FetchRuntime(net::Transport& transport, os::FileSystem& files, os::Clock& clock,
               std::string cache_directory, int workers, int readers)
      : transport_(transport),
        files_(files),
        clock_(clock),
        digests_(files, clock, cache_directory + "/digests"),
        cache_(files, std::move(cache_directory)),
        workers_(workers),
        readers_(readers) {}

  // Starts a request; `then` runs on a worker when it has ended, unless Stop was called.
  void Start(net::Request request, Then then) {
    StartFor(workers_, std::move(request), std::move(then));
  }
  // The same for answers that take long to read and memory as well: `then` does not wait, and runs
  // on a reader, of which there are few.
  void StartReading(net::Request request, Then then) {
    StartFor(readers_, std::move(request), std::move(then));
  }
  // Sends a request and waits: for workers only.
  Result<net::Response> Fetch(net::Request request) {
    return net::Fetch(transport_, std::move(request));
  }
  void Post(std::function<void()> job) { workers_.Post(std::move(job)); }
  // After this no callback and no job runs.
  void Stop() {
    workers_.Stop();
    readers_.Stop();
  }

  os::FileSystem& files() { return files_; }
  os::Clock& clock() { return clock_; }
  LocalDigests& digests() { return digests_; }
  IndexCache& cache() { return cache_; }

 private:
  void StartFor(WorkerPool& pool, net::Request request, Then then) {
    transport_.Start(std::move(request), [self = shared_from_this(), &pool, then = std::move(then)](
                                             Result<net::Response> response) mutable {
      pool.Post([then = std::move(then), response = std::move(response)]() mutable {
        then(std::move(response));
      });
    });
  }

  net::Transport& transport_;
  os::FileSystem& files_;
  os::Clock& clock_;
  LocalDigests digests_;
  IndexCache cache_;
  WorkerPool workers_;
  WorkerPool readers_;
};

}  // namespace flowstone::index
