#include "flowstone/cli/lazy_connection.h"

#include <cstdint>
#include <utility>

#include "flowstone/net/redact.h"
#include "flowstone/net/transport.h"

namespace flowstone::cli {

LazyConnection::LazyConnection(const app::Machine& machine, app::PackageConnection::Options options)
    : machine_(machine), options_(std::move(options)) {}

Result<app::PackageConnection*> LazyConnection::Get() {
  if (connection_ == nullptr) {
    FLOWSTONE_LET(connection_, app::PackageConnection::Open(machine_, options_));
  }
  return connection_.get();
}

Result<std::string> LazyConnection::FetchText(const std::string& url) {
  constexpr std::uint64_t longest = 16U << 20U;
  constexpr int ok = 200;
  constexpr int not_found = 404;
  FLOWSTONE_LET(app::PackageConnection * connection, Get());
  FLOWSTONE_LET(net::Response response,
                net::Fetch(connection->transport(), {.url = url, .body_limit = longest}));
  if (response.status != ok) {
    return Error{
        .code = response.status == not_found ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
        .message =
            net::RedactText(url) + ": the server answers " + std::to_string(response.status)};
  }
  return std::move(response.body);
}

}  // namespace flowstone::cli
