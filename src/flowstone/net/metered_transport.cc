#include "flowstone/net/metered_transport.h"

#include <atomic>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace flowstone::net {
namespace {

// What a sink took is not in the response.
std::uint64_t SizeOf(const Response& response) {
  std::uint64_t size = 0;
  if (const std::optional<std::string> length = response.headers.Get("Content-Length")) {
    std::from_chars(length->data(), length->data() + length->size(), size);
  }
  return size == 0 ? response.body.size() : size;
}

}  // namespace

struct MeteredTransport::Meter {
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> bytes = 0;
};

MeteredTransport::MeteredTransport(Transport& inner)
    : inner_(inner), meter_(std::make_shared<Meter>()) {}

void MeteredTransport::Start(Request request, Done done) {
  ++meter_->requests;
  inner_.Start(std::move(request),
               [meter = meter_, done = std::move(done)](Result<Response> response) {
                 if (response) {
                   meter->bytes += SizeOf(*response);
                 }
                 done(std::move(response));
               });
}

TransferCounters MeteredTransport::counters() const {
  return {.requests = meter_->requests, .bytes = meter_->bytes};
}

}  // namespace flowstone::net
