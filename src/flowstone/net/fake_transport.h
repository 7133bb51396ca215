// FakeTransport: a Transport whose server is a function that the test gives.
//
// Like the real one it hands bodies to sinks, enforces the body limit, and cuts ranges out of the
// 200 responses of the function (206 and Content-Range, or 416), unless told to be a server that
// ignores Range. Responses are delivered inside Start, or held until the test delivers them in an
// order of its choice.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "flowstone/net/transport.h"

namespace flowstone::net {

class FakeTransport final : public Transport {
 public:
  using Server = std::function<Result<Response>(const Request&)>;
  enum class Ranges : std::uint8_t { kHonoured, kIgnored };
  enum class Delivery : std::uint8_t { kAtOnce, kHeld };

  explicit FakeTransport(Server server, Ranges ranges = Ranges::kHonoured,
                         Delivery delivery = Delivery::kAtOnce);
  // Requests still held end with kCancelled.
  ~FakeTransport() override;
  FakeTransport(const FakeTransport&) = delete;
  FakeTransport& operator=(const FakeTransport&) = delete;

  // `server` may be called from several threads at once.
  void Start(Request request, Done done) override;

  // Delivers held requests, and those started meanwhile, in an order drawn from `seed`, until none
  // is left.
  void DeliverShuffled(std::uint64_t seed);

  // What was asked so far, in the order of Start. Sinks are cleared.
  std::vector<Request> requests() const;
  // How many requests went to that URL.
  int CountOf(const std::string& url) const;

 private:
  struct Held {
    Request request;
    Done done;
  };
  void Deliver(const Held& held);
  Result<Response> Answer(const Request& request);

  const Server server_;
  const Ranges ranges_;
  const Delivery delivery_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Request> requests_;
  std::vector<Held> held_;
};

// A response made of its parts, for the functions of tests.
Response MakeResponse(int status, std::string body,
                      const std::vector<std::pair<std::string, std::string>>& headers = {});

}  // namespace flowstone::net
