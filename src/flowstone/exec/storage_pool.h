// StoragePool: a few threads for work that hashes, compresses and reads artifacts while the event
// loop goes on. A job returns what the loop's thread has to do with its result; `fd` becomes
// readable when such completions wait. Destroying the pool finishes the job at hand of each thread
// and drops the others with all completions.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::exec {

class StoragePool {
 public:
  // Runs on the loop's thread.
  using Completion = std::function<void()>;
  // Runs on a thread of the pool.
  using Job = std::function<Completion()>;

  static Result<std::unique_ptr<StoragePool>> Create(int threads);
  ~StoragePool();
  StoragePool(const StoragePool&) = delete;
  StoragePool& operator=(const StoragePool&) = delete;

  void Submit(Job job);
  int fd() const { return wakeup_.get(); }
  // Takes the completions that wait, in the order the jobs ended.
  std::vector<Completion> Take();

 private:
  explicit StoragePool(os::UniqueFd wakeup) : wakeup_(std::move(wakeup)) {}
  void Work();

  os::UniqueFd wakeup_;  // an eventfd
  std::mutex mutex_;
  std::condition_variable work_waits_;
  std::deque<Job> jobs_;               // guarded by mutex_
  std::vector<Completion> completed_;  // guarded by mutex_
  bool stopping_ = false;              // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace flowstone::exec
