// Transport: the one way to the network. One method.
//
// CurlTransport (net/curl_transport.h) is the real one: libcurl multi on a thread of its own.
// FakeTransport (net/fake_transport.h) answers from a function that the test gives.
// RetryingTransport and the others that add behaviour wrap a Transport and are one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::net {

// Header names compare without case; kept in the order they were sent or came.
class Headers {
 public:
  void Add(std::string name, std::string value);
  void Set(std::string name, std::string value);
  // The first value of that name.
  std::optional<std::string> Get(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

// A range of bytes, inclusive as in RFC 9110 §14: first-last, or the last `suffix` bytes.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last = {};
  std::optional<std::uint64_t> suffix = {};  // when set, `first` and `last` are ignored
};

// Receives a body as it arrives, on the transport's thread: keep it short, and copy what you keep.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // Called once per attempt before the first byte, with the final status and headers, and again
  // when the transfer is started anew: forget what came before. An error aborts the transfer and is
  // its result.
  virtual Status Start(int status, const Headers& headers) = 0;
  virtual Status Write(std::string_view bytes) = 0;
  // Whether this attempt brought bytes that are worth keeping. Then nobody in between starts a
  // transfer anew that broke off: the caller goes on where it stopped, with a range.
  virtual bool HoldsProgress() const { return false; }
};

struct Request {
  std::string method = "GET";
  std::string url = {};  // http, https or file; may carry user:password@
  Headers headers = {};
  std::string body = {};
  std::optional<ByteRange> range = {};
  BodySink* sink = nullptr;  // when null the body is returned in Response; outlives the transfer
  std::uint64_t body_limit = std::uint64_t{1} << 30U;  // bytes; a longer body is kCorrupt
};

struct Response {
  int status = 0;  // as the server sent it: 404 is a response, not an error
  Headers headers = {};
  std::string body = {};       // decoded; empty when a sink took it
  std::string final_url = {};  // after redirects, without credentials
  // Whose credentials AuthenticatingTransport tried, in this order, for people: "ada, from the file
  // /home/ada/.netrc". The last one is what this answers to.
  std::vector<std::string> logins = {};
};

class Transport {
 public:
  using Done = std::function<void(Result<Response>)>;

  virtual ~Transport() = default;
  // Starts a request and returns. `done` is called exactly once, on any thread, possibly before
  // Start returns; it must not block. Errors: kUnavailable (no connection, timeout, truncated
  // body), kDenied (TLS refused, proxy authentication), kCorrupt (broken protocol, too long),
  // kInvalid (URL), kCancelled (the transport was destroyed). Messages never contain credentials.
  virtual void Start(Request request, Done done) = 0;
};

// Starts one request and waits for it.
Result<Response> Fetch(Transport& transport, Request request);

}  // namespace flowstone::net
