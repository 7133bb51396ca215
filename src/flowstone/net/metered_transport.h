// MeteredTransport: a Transport that counts what goes through it.
#pragma once

#include <cstdint>
#include <memory>

#include "flowstone/net/transport.h"

namespace flowstone::net {

struct TransferCounters {
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;  // of bodies, as the servers say or as they came
};

class MeteredTransport final : public Transport {
 public:
  // `inner` outlives this.
  explicit MeteredTransport(Transport& inner);

  void Start(Request request, Done done) override;

  TransferCounters counters() const;

 private:
  struct Meter;

  Transport& inner_;
  // Shared with the callbacks of requests under way, which may outlive this object.
  std::shared_ptr<Meter> meter_;
};

}  // namespace flowstone::net
