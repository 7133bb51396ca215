// RetryingTransport: a Transport that tries again what may work the next time.
//
// Tried again are kUnavailable errors and the statuses 408, 425, 429 and 5xx except 501 and 505,
// for methods that may be repeated (GET, HEAD, PUT, DELETE, OPTIONS). Waits grow from 0.25 s to 8 s
// with full jitter; a Retry-After header is a lower bound for the wait, up to a cap. When the
// attempts are used up, the last outcome is the outcome; so is a break when the sink holds what
// came before it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "flowstone/net/transport.h"
#include "flowstone/os/clock.h"

namespace flowstone::net {

struct RetryOptions {
  int retries = 4;  // attempts after the first
  std::chrono::milliseconds first_wait{250};
  std::chrono::milliseconds longest_wait{8000};
  std::chrono::seconds longest_retry_after{60};
  std::uint64_t seed = 0;  // of the jitter
};

class RetryingTransport final : public Transport {
 public:
  // `inner` and `clock` outlive this. Waiting is done by one thread of its own, on `clock`.
  RetryingTransport(Transport& inner, os::Clock& clock, RetryOptions options);
  // Requests that wait for their next attempt end with kCancelled; those under way end with the
  // outcome of this attempt.
  ~RetryingTransport() override;
  RetryingTransport(const RetryingTransport&) = delete;
  RetryingTransport& operator=(const RetryingTransport&) = delete;

  void Start(Request request, Done done) override;

 private:
  class Scheduler;
  // Shared with the callbacks of attempts under way, which may outlive this object.
  std::shared_ptr<Scheduler> scheduler_;
};

}  // namespace flowstone::net
