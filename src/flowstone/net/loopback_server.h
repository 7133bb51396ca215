// LoopbackServer: a small HTTP/1.1 server on 127.0.0.1 for tests of what a fake cannot show:
// connections, truncation, resets, TLS. Test code only (library flowstone_net_testing).
//
// Answers come from a function, as with FakeTransport. It runs on one thread per connection, so
// the function may be called from several threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/net/transport.h"

namespace flowstone::net {

struct LoopbackReply {
  Response response;
  // Close the connection after so many bytes of the body.
  std::optional<std::size_t> cut_after = {};
  // A Content-Length that is not the body's.
  std::optional<std::uint64_t> declared_length = {};
};

struct LoopbackOptions {
  enum class Ranges : std::uint8_t { kHonoured, kIgnored };
  enum class Security : std::uint8_t { kPlain, kTls /* with a certificate of its own making */ };
  Ranges ranges = Ranges::kHonoured;
  Security security = Security::kPlain;
};

class LoopbackServer {
 public:
  // `request.url` is absolute. An error resets the connection.
  using Handler = std::function<Result<LoopbackReply>(const Request&)>;

  explicit LoopbackServer(Handler handler, LoopbackOptions options = {});
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  // "http://127.0.0.1:PORT", without a final slash.
  std::string origin() const;
  // What was asked so far.
  std::vector<Request> requests() const;
  int connection_count() const;
  // The PEM text of the certificate of a TLS server: for a file of trusted ones.
  std::string certificate() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace flowstone::net
