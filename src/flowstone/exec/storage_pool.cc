#include "flowstone/exec/storage_pool.h"

#include <cerrno>
#include <cstdint>
#include <exception>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/errno_error.h"

namespace flowstone::exec {

Result<std::unique_ptr<StoragePool>> StoragePool::Create(int threads) {
  os::UniqueFd wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup) {
    return os::ErrnoError(errno, "create an eventfd");
  }
  std::unique_ptr<StoragePool> pool(new StoragePool(std::move(wakeup)));
  for (int i = 0; i < threads; ++i) {
    pool->threads_.emplace_back([owner = pool.get()] { owner->Work(); });
  }
  return pool;
}

StoragePool::~StoragePool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  work_waits_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

void StoragePool::Submit(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  work_waits_.notify_one();
}

std::vector<StoragePool::Completion> StoragePool::Take() {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  // Resets the eventfd; it is empty when two calls share one wake-up.
  [[maybe_unused]] const ssize_t reset = ::read(wakeup_.get(), &count, sizeof(count));
  return std::exchange(completed_, {});
}

void StoragePool::Work() {
  while (true) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      work_waits_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) {
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    Completion completion;
    try {
      completion = job();
    } catch (const InternalError&) {
      // A bug: the loop's thread, which has the outer shell, hears of it.
      completion = [bug = std::current_exception()] { std::rethrow_exception(bug); };
    }
    const std::lock_guard lock(mutex_);
    completed_.push_back(std::move(completion));
    const std::uint64_t one = 1;
    // Cannot block: the counter would have to reach 2^64 - 1.
    [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof(one));
  }
}

}  // namespace flowstone::exec
