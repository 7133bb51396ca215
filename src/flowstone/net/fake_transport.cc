#include "flowstone/net/fake_transport.h"

#include <algorithm>
#include <random>
#include <string_view>
#include <utility>

#include "flowstone/net/content_range.h"
#include "flowstone/net/redact.h"
#include "flowstone/net/url.h"

namespace flowstone::net {
namespace {

Response CutRange(Response response, const ByteRange& range) {
  const std::uint64_t total = response.body.size();
  const std::optional<ContentRange> part = Select(range, total);
  if (!part) {
    response.status = 416;
    response.body.clear();
    response.headers.Set("Content-Range", "bytes */" + std::to_string(total));
    return response;
  }
  response.status = 206;
  response.body = response.body.substr(part->offset, part->length);
  response.headers.Set("Content-Range", "bytes " + std::to_string(part->offset) + "-" +
                                            std::to_string(part->offset + part->length - 1) + "/" +
                                            std::to_string(total));
  return response;
}

// Hands the body over in pieces, as it would arrive.
Status Drain(BodySink& sink, const Response& response) {
  constexpr std::size_t piece_size = 4096;
  FLOWSTONE_TRY(sink.Start(response.status, response.headers));
  std::string_view body = response.body;
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, piece_size);
    FLOWSTONE_TRY(sink.Write(piece));
    body.remove_prefix(piece.size());
  }
  return Ok();
}

}  // namespace

FakeTransport::FakeTransport(Server server, Ranges ranges, Delivery delivery)
    : server_(std::move(server)), ranges_(ranges), delivery_(delivery) {}

FakeTransport::~FakeTransport() {
  for (Held& held : held_) {
    held.done(Error{
        .code = ErrorCode::kCancelled,
        .message = "gave up on " + RedactText(held.request.url) + ": the transport was closed"});
  }
}

void FakeTransport::Start(Request request, Done done) {
  Held held{.request = std::move(request), .done = std::move(done)};
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(held.request);
    requests_.back().sink = nullptr;
    if (delivery_ == Delivery::kHeld) {
      held_.push_back(std::move(held));
      return;
    }
  }
  Deliver(held);
}

void FakeTransport::DeliverShuffled(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  while (true) {
    Held next;
    {
      const std::lock_guard lock(mutex_);
      if (held_.empty()) {
        return;
      }
      const auto chosen = held_.begin() + static_cast<std::ptrdiff_t>(random() % held_.size());
      next = std::move(*chosen);
      held_.erase(chosen);
    }
    Deliver(next);
  }
}

std::vector<Request> FakeTransport::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int FakeTransport::CountOf(const std::string& url) const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(
      std::count_if(requests_.begin(), requests_.end(),
                    [&](const Request& request) { return request.url == url; }));
}

void FakeTransport::Deliver(const Held& held) {
  held.done(Answer(held.request));
}

Result<Response> FakeTransport::Answer(const Request& request) {
  FLOWSTONE_LET(const Url url, Url::Parse(request.url));
  FLOWSTONE_LET(Response response, server_(request));
  if (request.range && response.status == 200 && ranges_ == Ranges::kHonoured) {
    response = CutRange(std::move(response), *request.range);
  }
  if (request.method == "HEAD") {
    response.headers.Set("Content-Length", std::to_string(response.body.size()));
    response.body.clear();
  }
  if (response.body.size() > request.body_limit) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the response of " + url.Redacted() + " is longer than " +
                            std::to_string(request.body_limit) + " bytes"};
  }
  if (response.final_url.empty()) {
    response.final_url = url.WithoutCredentials().ToString();
  }
  if (request.sink != nullptr) {
    FLOWSTONE_TRY(Drain(*request.sink, response));
    response.body.clear();
  }
  return response;
}

Response MakeResponse(int status, std::string body,
                      const std::vector<std::pair<std::string, std::string>>& headers) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  for (const auto& [name, value] : headers) {
    response.headers.Add(name, value);
  }
  return response;
}

}  // namespace flowstone::net
