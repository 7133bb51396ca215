#include "flowstone/install/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace flowstone::install {
namespace {

struct FirstFailure {
  std::mutex mutex;
  std::optional<std::pair<std::size_t, Error>> failure;

  void Offer(std::size_t index, Error error) {
    const std::lock_guard lock(mutex);
    if (!failure || index < failure->first) {
      failure.emplace(index, std::move(error));
    }
  }
};

// The thread's shell: a bug in `work` becomes an error of its index.
Status Guarded(const std::function<Status(std::size_t)>& work, std::size_t index) {
  try {
    return work(index);
  } catch (const std::exception& bug) {
    return Error{.code = ErrorCode::kInternal, .message = bug.what()};
  }
}

}  // namespace

std::size_t ProcessorCount() {
  return std::max(1U, std::thread::hardware_concurrency());
}

Status ForEachInParallel(std::size_t count, std::size_t threads,
                         const std::function<Status(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  FirstFailure first;
  const auto run = [&] {
    while (!failed) {
      const std::size_t index = next++;
      if (index >= count) {
        return;
      }
      if (Status done = Guarded(work, index); !done) {
        first.Offer(index, std::move(done.error()));
        failed = true;
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < std::min(threads, count); ++i) {
      helpers.emplace_back(run);
    }
    run();
  }
  if (first.failure) {
    return std::move(first.failure->second);
  }
  return Ok();
}

}  // namespace flowstone::install
