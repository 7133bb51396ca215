#include "flowstone/net/curl_error.h"

#include <cerrno>
#include <utility>

#include "flowstone/net/redact.h"

namespace flowstone::net {
namespace {

struct Verdict {
  ErrorCode code = ErrorCode::kUnavailable;
  std::string reason;
  std::string hint = {};
};

std::string HostAndPort(const Url& url) {
  return url.host() + ":" + std::to_string(url.port());
}

Verdict TlsVerdict(const CurlFailure& failure, const Url& url) {
  // A handshake that the peer cut off is a connection that broke, not a certificate that lies.
  const bool broken = failure.code == CURLE_SSL_CONNECT_ERROR &&
                      (failure.os_error == ECONNRESET || failure.os_error == EPIPE ||
                       failure.detail.find("SYSCALL") != std::string::npos ||
                       failure.detail.find("unexpected eof") != std::string::npos);
  if (broken) {
    return {.reason = "the TLS handshake with " + HostAndPort(url) + " was cut off"};
  }
  switch (failure.code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return {.code = ErrorCode::kDenied,
              .reason = "the certificate of " + url.host() + " cannot be verified",
              .hint =
                  "set SSL_CERT_FILE to the certificates of your organisation, or name the "
                  "host as trusted"};
    case CURLE_SSL_CACERT_BADFILE:
      return {.code = ErrorCode::kDenied,
              .reason = "the file of trusted certificates cannot be read",
              .hint = "check SSL_CERT_FILE, REQUESTS_CA_BUNDLE and pip's `cert` setting"};
    case CURLE_SSL_CERTPROBLEM:
      return {.code = ErrorCode::kDenied,
              .reason = "the client certificate cannot be used",
              .hint = "check pip's `client-cert` setting"};
    default:
      return {.code = ErrorCode::kDenied,
              .reason = "no TLS connection to " + HostAndPort(url) + " could be agreed on"};
  }
}

Verdict VerdictOf(const CurlFailure& failure, const Url& url) {
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {.reason = "the host " + url.host() + " is not known",
              .hint = "check the spelling of the URL and the network connection"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {.reason = "the proxy's host is not known",
              .hint = "check HTTPS_PROXY, http_proxy and ALL_PROXY"};
    case CURLE_COULDNT_CONNECT:
      return {.reason = "no connection to " + HostAndPort(url),
              .hint = "check that the server runs, and the proxy settings"};
    case CURLE_OPERATION_TIMEDOUT:
      return {.reason = HostAndPort(url) + " did not answer in time"};
    case CURLE_PARTIAL_FILE:
      return {.reason = "the response was cut off"};
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      if (failure.proxy_status == 407) {
        return {.code = ErrorCode::kDenied,
                .reason = "the proxy wants credentials",
                .hint = "put them into HTTPS_PROXY as http://user:password@host:port"};
      }
      return {.reason = "the connection broke"};
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {.reason = "the HTTP/2 connection broke"};
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return TlsVerdict(failure, url);
    case CURLE_BAD_CONTENT_ENCODING:
      return {.code = ErrorCode::kCorrupt,
              .reason = "the response is not in the encoding it names"};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {.code = ErrorCode::kInvalid, .reason = "the URL is not one that can be fetched"};
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return {.code = ErrorCode::kIo, .reason = "not enough memory for the transfer"};
    default:
      return {.code = ErrorCode::kCorrupt, .reason = "the server does not speak HTTP correctly"};
  }
}

}  // namespace

Error ErrorOfCurl(const CurlFailure& failure, const Url& url) {
  Verdict verdict = VerdictOf(failure, url);
  Error error{.code = verdict.code,
              .message = "cannot fetch " + url.Redacted() + ": " + verdict.reason + " (" +
                         RedactText(failure.detail) + ")"};
  if (!verdict.hint.empty()) {
    error.hints.push_back(std::move(verdict.hint));
  }
  return error;
}

}  // namespace flowstone::net
