// WorkerPool: a few threads that run what is posted to them, in order of posting. A thread is
// started when there is work and none is free.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace flowstone::index {

class WorkerPool {
 public:
  explicit WorkerPool(int most_threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // From any thread. A job must not throw. Dropped after Stop.
  void Post(std::function<void()> job);
  // Waits for the jobs that run, drops those that wait. Not from a job.
  void Stop();

 private:
  void Run();

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopped_ = false;
  std::size_t idle_ = 0;
  std::vector<std::thread> threads_;

  const std::size_t most_threads_;
};

}  // namespace flowstone::index
