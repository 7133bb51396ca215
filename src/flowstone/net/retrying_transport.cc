#include "flowstone/net/retrying_transport.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/net/http_date.h"
#include "flowstone/net/redact.h"

namespace flowstone::net {
namespace {

using std::chrono::nanoseconds;

bool MayBeRepeated(const std::string& method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS";
}

bool IsTransient(const Result<Response>& outcome) {
  if (!outcome) {
    return outcome.error().code == ErrorCode::kUnavailable;
  }
  const int status = outcome->status;
  return status == 408 || status == 425 || status == 429 ||
         (status >= 500 && status < 600 && status != 501 && status != 505);
}

// The wait that a Retry-After header asks for: seconds, or a date.
nanoseconds RetryAfter(const Result<Response>& outcome, std::int64_t now_ns) {
  const auto value = outcome ? outcome->headers.Get("Retry-After") : std::nullopt;
  if (!value) {
    return nanoseconds(0);
  }
  const std::string_view text = TrimText(*value);
  std::int32_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (end == text.data() + text.size() && !text.empty()) {
    const bool huge = failure == std::errc::result_out_of_range;
    return std::chrono::seconds(huge ? std::numeric_limits<std::int32_t>::max()
                                     : std::max(seconds, 0));
  }
  const std::optional<std::int64_t> date = ParseHttpDate(text);
  return date ? std::max(nanoseconds(std::chrono::seconds(*date)) - nanoseconds(now_ns),
                         nanoseconds(0))
              : nanoseconds(0);
}

}  // namespace

// Owns the thread that waits. Attempts under way hold it through shared_ptr, because their
// callbacks may come after the transport is gone; then they pass on what came and touch nothing.
class RetryingTransport::Scheduler : public std::enable_shared_from_this<Scheduler> {
 public:
  Scheduler(Transport& inner, os::Clock& clock, const RetryOptions& options)
      : inner_(inner), clock_(clock), options_(options), random_(options.seed) {}

  void Attempt(Request request, Done done, int attempt) {
    if (!MayBeRepeated(request.method)) {
      inner_.Start(std::move(request), std::move(done));
      return;
    }
    Request sent = request;
    inner_.Start(std::move(sent),
                 [self = shared_from_this(), request = std::move(request), done = std::move(done),
                  attempt](Result<Response> outcome) mutable {
                   self->Finish(std::move(request), std::move(done), attempt, std::move(outcome));
                 });
  }

  void Stop() {
    std::vector<Waiting> left;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      left.swap(waiting_);
    }
    changed_.notify_all();
    if (thread_.joinable()) {
      thread_.join();
    }
    for (Waiting& waiting : left) {
      waiting.done(Error{.code = ErrorCode::kCancelled,
                         .message = "gave up on " + RedactText(waiting.request.url) +
                                    ": the transport was closed"});
    }
  }

 private:
  struct Waiting {
    std::int64_t due_ns = 0;
    Request request;
    Done done;
    int attempt = 0;
  };

  void Finish(Request request, Done done, int attempt, Result<Response> outcome) {
    const bool is_continued = !outcome && request.sink != nullptr && request.sink->HoldsProgress();
    if (IsTransient(outcome) && !is_continued && attempt < options_.retries) {
      const std::lock_guard lock(mutex_);
      if (!stopped_) {
        const nanoseconds wait =
            std::max(Jitter(attempt), std::min(RetryAfter(outcome, clock_.NowNs()),
                                               nanoseconds(options_.longest_retry_after)));
        waiting_.push_back({.due_ns = clock_.MonotonicNs() + wait.count(),
                            .request = std::move(request),
                            .done = std::move(done),
                            .attempt = attempt + 1});
        if (!thread_.joinable()) {
          thread_ = std::thread([this] { Run(); });
        }
        changed_.notify_all();
        return;
      }
    }
    if (!outcome && attempt > 0) {
      outcome.error().context.push_back("after " + std::to_string(attempt + 1) + " attempts");
    }
    done(std::move(outcome));
  }

  // REQUIRES: mutex_ is held.
  nanoseconds Jitter(int attempt) {
    nanoseconds longest = options_.first_wait;
    for (int i = 0; i < attempt && longest < options_.longest_wait; ++i) {
      longest *= 2;
    }
    longest = std::min<nanoseconds>(longest, options_.longest_wait);
    return nanoseconds(std::uniform_int_distribution<std::int64_t>(0, longest.count())(random_));
  }

  // Sleeps in slices: short enough that an attempt that is due earlier than the one slept for, or
  // the end of the transport, is not missed.
  void Run() {
    constexpr nanoseconds slice = std::chrono::milliseconds(20);
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (waiting_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const auto next =
          std::min_element(waiting_.begin(), waiting_.end(),
                           [](const auto& a, const auto& b) { return a.due_ns < b.due_ns; });
      const nanoseconds left(next->due_ns - clock_.MonotonicNs());
      if (left > nanoseconds(0)) {
        lock.unlock();
        clock_.Sleep(std::min(left, slice));
        lock.lock();
        continue;
      }
      Waiting due = std::move(*next);
      waiting_.erase(next);
      lock.unlock();
      Attempt(std::move(due.request), std::move(due.done), due.attempt);
      lock.lock();
    }
  }

  Transport& inner_;
  os::Clock& clock_;
  const RetryOptions options_;
  std::mutex mutex_;  // guards what follows, the start of thread_ included
  std::condition_variable changed_;
  std::mt19937_64 random_;
  std::vector<Waiting> waiting_;
  bool stopped_ = false;
  std::thread thread_;
};

RetryingTransport::RetryingTransport(Transport& inner, os::Clock& clock, RetryOptions options)
    : scheduler_(std::make_shared<Scheduler>(inner, clock, options)) {}

RetryingTransport::~RetryingTransport() {
  scheduler_->Stop();
}

void RetryingTransport::Start(Request request, Done done) {
  scheduler_->Attempt(std::move(request), std::move(done), 0);
}

}  // namespace flowstone::net
