#include "flowstone/net/curl_transfer.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"
#include "flowstone/net/content_encoding.h"
#include "flowstone/net/content_range.h"
#include "flowstone/net/curl_error.h"
#include "flowstone/os/posix_filesystem.h"

namespace flowstone::net {
namespace {

constexpr int kMaxRedirects = 10;
constexpr long kReceiveBuffer = 256L * 1024;  // bytes per transfer

// Runs a callback's work behind libcurl's C frames, which no exception may cross.
template <class Work>
Status Guarded(const Work& work) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return Error{.code = ErrorCode::kInternal, .message = exception.what()};
  }
}

int ParseStatusLine(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) {
    return 0;
  }
  const std::string_view rest = line.substr(space + 1);
  int status = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), status);
  return status;
}

}  // namespace

Result<std::unique_ptr<CurlTransfer>> CurlTransfer::Create(const CurlLibrary& curl, Request request,
                                                           const CurlOptions& options,
                                                           CURLSH* share, os::Clock& clock) {
  FLOWSTONE_LET(const Url url, Url::Parse(request.url));
  return std::unique_ptr<CurlTransfer>(
      new CurlTransfer(curl, std::move(request), url, options, share, clock));
}

CurlTransfer::CurlTransfer(const CurlLibrary& curl, Request request, const Url& url,
                           const CurlOptions& options, CURLSH* share, os::Clock& clock)
    : curl_(curl),
      options_(options),
      share_(share),
      clock_(clock),
      easy_(curl.easy_init()),
      request_(std::move(request)),
      url_(url.WithoutCredentials()) {
  FLOWSTONE_CHECK(easy_ != nullptr);
  if (url.credentials() && !request_.headers.Get("Authorization")) {
    request_.headers.Set("Authorization", BasicAuthorization(*url.credentials()).Reveal());
  }
}

CurlTransfer::~CurlTransfer() {
  curl_.easy_cleanup(easy_);
  curl_.slist_free_all(sent_headers_);
}

// libcurl's interface is variadic in C: it cannot check the type, so callers must. An option that
// this build of libcurl does not know is a bug of ours.
template <class T>
void CurlTransfer::SetOption(CURLoption option, T value) {
  FLOWSTONE_CHECK(curl_.easy_setopt(easy_, option, value) == CURLE_OK);
}

void CurlTransfer::Configure(HttpVersion version) {
  curl_.easy_reset(easy_);
  detail_.fill('\0');
  response_ = Response();
  heard_ns_.reset();
  headers_complete_ = false;
  body_begun_ = false;
  body_size_ = 0;

  SetOption(CURLOPT_PRIVATE, this);
  SetOption(CURLOPT_SHARE, share_);
  SetOption(CURLOPT_ERRORBUFFER, detail_.data());
  SetOption(CURLOPT_NOSIGNAL, 1L);
  SetOption(CURLOPT_URL, url_.WithoutFragment().ToString().c_str());
  SetOption(CURLOPT_PROTOCOLS_STR, url_.scheme().c_str());
  SetOption(CURLOPT_HTTP_VERSION,
            static_cast<long>(version == HttpVersion::kHttp1 ? CURL_HTTP_VERSION_1_1
                                                             : CURL_HTTP_VERSION_2TLS));
  // Wait whether the first connection to the host can be shared. Without TLS it cannot: there is
  // nothing to agree on HTTP/2 with.
  SetOption(CURLOPT_PIPEWAIT, url_.scheme() == "https" ? 1L : 0L);
  SetOption(CURLOPT_BUFFERSIZE, kReceiveBuffer);
  SetOption(CURLOPT_TCP_KEEPALIVE, 1L);
  SetOption(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  // What trickles. What stops is seen by heard_ns(): libcurl averages over five seconds.
  SetOption(CURLOPT_LOW_SPEED_LIMIT, 1L);
  SetOption(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_timeout.count()));
  SetOption(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SetOption(CURLOPT_USERAGENT, options_.user_agent.c_str());
  SetOption(CURLOPT_PREREQFUNCTION, &CurlTransfer::OnRequest);
  SetOption(CURLOPT_PREREQDATA, this);
  SetOption(CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader);
  SetOption(CURLOPT_HEADERDATA, this);
  SetOption(CURLOPT_WRITEFUNCTION, &CurlTransfer::OnBody);
  SetOption(CURLOPT_WRITEDATA, this);
  if (request_.range) {
    SetOption(CURLOPT_RANGE, RangeSpec(*request_.range).c_str());
  }
  ConfigureMethod();
  ConfigureHeaders();
  ConfigureProxy();
  ConfigureTls();
}

void CurlTransfer::ConfigureMethod() {
  if (request_.method == "GET") {
    SetOption(CURLOPT_HTTPGET, 1L);
    return;
  }
  if (request_.method == "HEAD") {
    SetOption(CURLOPT_NOBODY, 1L);
    return;
  }
  SetOption(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  SetOption(CURLOPT_POSTFIELDS, request_.body.data());
  SetOption(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
}

// Gzip is decoded for the caller who gets the whole body and did not choose an encoding. A range
// of an encoded body would be a range of something else. It is done here, because libcurl takes a
// stream that ends early for a whole one (seen with 7.88).
bool CurlTransfer::DecodesBody() const {
  return !request_.range && request_.sink == nullptr && !request_.headers.Get("Accept-Encoding");
}

void CurlTransfer::ConfigureHeaders() {
  curl_.slist_free_all(std::exchange(sent_headers_, nullptr));
  const auto append = [this](const std::string& line) {
    curl_slist* const longer = curl_.slist_append(sent_headers_, line.c_str());
    FLOWSTONE_CHECK(longer != nullptr);
    sent_headers_ = longer;
  };
  for (const auto& [name, value] : request_.headers.entries()) {
    // libcurl sends a header with an empty value only when it is written with ";".
    std::string line = name;
    append(value.empty() ? line.append(";") : line.append(": ").append(value));
  }
  append("Expect:");
  if (!request_.headers.Get("Content-Type")) {
    append("Content-Type:");
  }
  if (!request_.headers.Get("Accept-Encoding")) {
    append(DecodesBody() ? "Accept-Encoding: gzip" : "Accept-Encoding: identity");
  }
  SetOption(CURLOPT_HTTPHEADER, sent_headers_);
}

// Set even when empty: libcurl would look into the process's environment otherwise.
void CurlTransfer::ConfigureProxy() {
  const std::string& proxy = url_.scheme() == "https" ? options_.https_proxy : options_.http_proxy;
  SetOption(CURLOPT_PROXY, proxy.c_str());
  SetOption(CURLOPT_NOPROXY, options_.no_proxy.c_str());
}

bool CurlTransfer::IsTrustedHost() const {
  const std::string with_port = url_.host() + ":" + std::to_string(url_.port());
  return std::any_of(options_.trusted_hosts.begin(), options_.trusted_hosts.end(),
                     [&](const std::string& trusted) {
                       const std::string lower = AsciiLower(trusted);
                       return lower == url_.host() || lower == with_port;
                     });
}

void CurlTransfer::ConfigureTls() {
  if (url_.scheme() != "https") {
    return;
  }
  SetOption(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) {
    SetOption(CURLOPT_CAINFO, options_.ca_file.c_str());
  }
  if (!options_.ca_directory.empty()) {
    SetOption(CURLOPT_CAPATH, options_.ca_directory.c_str());
  }
  if (!options_.client_certificate.empty()) {
    const std::string& key =
        options_.client_key.empty() ? options_.client_certificate : options_.client_key;
    SetOption(CURLOPT_SSLCERT, options_.client_certificate.c_str());
    SetOption(CURLOPT_SSLKEY, key.c_str());
  }
  if (IsTrustedHost()) {
    SetOption(CURLOPT_SSL_VERIFYPEER, 0L);
    SetOption(CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

// libcurl calls it when the connection is there, new or not.
int CurlTransfer::OnRequest(void* self, char* /*address*/, char* /*own_address*/, int /*port*/,
                            int /*own_port*/) {
  auto* const transfer = static_cast<CurlTransfer*>(self);
  transfer->heard_ns_ = transfer->clock_.MonotonicNs();
  return CURL_PREREQFUNC_OK;
}

std::size_t CurlTransfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* const transfer = static_cast<CurlTransfer*>(self);
  transfer->heard_ns_ = transfer->clock_.MonotonicNs();
  Status taken =
      Guarded([&] { return transfer->TakeHeaderLine(std::string_view(data, size * count)); });
  if (!taken) {
    transfer->refusal_ = std::move(taken.error());
    return 0;
  }
  return size * count;
}

std::size_t CurlTransfer::OnBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto* const transfer = static_cast<CurlTransfer*>(self);
  transfer->heard_ns_ = transfer->clock_.MonotonicNs();
  Status taken = Guarded([&] { return transfer->TakeBody(std::string_view(data, size * count)); });
  if (!taken) {
    transfer->refusal_ = std::move(taken.error());
    return 0;
  }
  return size * count;
}

// libcurl gives the lines of every response of the exchange, interim ones (1xx) and trailers
// included; only the headers of the last response are kept.
Status CurlTransfer::TakeHeaderLine(std::string_view line) {
  line = TrimText(line);
  if (line.starts_with("HTTP/")) {
    response_ = Response();
    response_.status = ParseStatusLine(line);
    headers_complete_ = false;
    return Ok();
  }
  if (headers_complete_) {
    return Ok();
  }
  if (line.empty()) {
    headers_complete_ = response_.status >= 200;
    return Ok();
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    response_.headers.Add(std::string(TrimText(line.substr(0, colon))),
                          std::string(TrimText(line.substr(colon + 1))));
  }
  return Ok();
}

Status CurlTransfer::BeginBody() {
  if (body_begun_) {
    return Ok();
  }
  body_begun_ = true;
  if (url_.scheme() == "file") {
    response_.status = request_.range ? 206 : 200;
  }
  return request_.sink == nullptr ? Ok()
                                  : request_.sink->Start(response_.status, response_.headers);
}

Status CurlTransfer::TakeBody(std::string_view bytes) {
  if (IsRedirect()) {
    return Ok();
  }
  FLOWSTONE_TRY(BeginBody());
  body_size_ += bytes.size();
  if (body_size_ > request_.body_limit) {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the response of " + url_.Redacted() + " is longer than " +
                            std::to_string(request_.body_limit) + " bytes"};
  }
  if (request_.sink != nullptr) {
    return request_.sink->Write(bytes);
  }
  response_.body.append(bytes);
  return Ok();
}

bool CurlTransfer::IsRedirect() const {
  const int status = response_.status;
  const bool moves =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  return moves && response_.headers.Get("Location");
}

Status CurlTransfer::FollowRedirect() {
  const std::string location = *response_.headers.Get("Location");
  const std::string from = "redirect of " + url_.Redacted();
  if (++redirects_ > kMaxRedirects) {
    return Error{
        .code = ErrorCode::kCorrupt,
        .message = from + ": more than " + std::to_string(kMaxRedirects) + " redirects in a row"};
  }
  FLOWSTONE_LET(const Url target, Annotate(url_.Resolve(location), "while following the " + from));
  if (url_.scheme() == "https" && target.scheme() == "http") {
    return Error{.code = ErrorCode::kDenied,
                 .message = from + " leads from https to http, to " + target.Redacted()};
  }
  const bool same_origin = target.Origin() == url_.Origin();
  if (!same_origin) {
    Headers kept;
    for (const auto& [name, value] : request_.headers.entries()) {
      const std::string lower = AsciiLower(name);
      if (lower != "authorization" && lower != "cookie") {
        kept.Add(name, value);
      }
    }
    request_.headers = std::move(kept);
  }
  // RFC 9110 §15.4: 303 asks for GET; after 301 and 302 a POST has become GET since browsers began.
  const int status = response_.status;
  const bool becomes_get =
      (status == 303 && request_.method != "HEAD") || (status <= 302 && request_.method == "POST");
  if (becomes_get) {
    request_.method = "GET";
    request_.body.clear();
  }
  url_ = target.WithoutCredentials();
  return Ok();
}

// libcurl takes a directory for an empty file.
bool CurlTransfer::IsDirectory() const {
  const auto info = os::PosixFileSystem().Stat(url_.DecodedPath());
  return body_size_ == 0 && info && info->type == os::FileType::kDirectory;
}

// The statuses that a server would give for what happened to a file.
Result<Response> CurlTransfer::FinishFile(CURLcode code) {
  int status = request_.range ? 206 : 200;
  if (code == CURLE_FILE_COULDNT_READ_FILE || code == CURLE_READ_ERROR || IsDirectory()) {
    status = 404;
  } else if (code == CURLE_BAD_DOWNLOAD_RESUME || code == CURLE_RANGE_ERROR) {
    status = 416;
  } else if (code != CURLE_OK) {
    return FailureOf(code);
  }
  if (status >= 400 && request_.sink != nullptr) {
    FLOWSTONE_TRY(request_.sink->Start(status, response_.headers));
    body_begun_ = true;
  }
  FLOWSTONE_TRY(BeginBody());
  response_.status = status;
  response_.final_url = url_.ToString();
  return std::move(response_);
}

Status CurlTransfer::DecodeBody() {
  return DecodesBody() ? DecodeContent(response_, url_, request_.body_limit) : Ok();
}

Error CurlTransfer::FailureOf(CURLcode code) {
  CurlFailure failure{.code = code, .detail = detail_.data()};
  if (failure.detail.empty()) {
    failure.detail = curl_.easy_strerror(code);
  }
  curl_.easy_getinfo(easy_, CURLINFO_OS_ERRNO, &failure.os_error);
  curl_.easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &failure.proxy_status);
  return ErrorOfCurl(failure, url_);
}

Error CurlTransfer::StallError() const {
  const std::string patience = std::to_string(options_.stall_timeout.count());
  return ErrorOfCurl(
      {.code = CURLE_OPERATION_TIMEDOUT, .detail = "nothing came for " + patience + " s"}, url_);
}

std::optional<Result<Response>> CurlTransfer::Finish(CURLcode code) {
  if (refusal_) {
    return Result<Response>(*std::exchange(refusal_, std::nullopt));
  }
  if (url_.scheme() == "file") {
    return FinishFile(code);
  }
  if (code != CURLE_OK) {
    return Result<Response>(FailureOf(code));
  }
  if (IsRedirect()) {
    if (Status followed = FollowRedirect(); !followed) {
      return Result<Response>(std::move(followed.error()));
    }
    return std::nullopt;
  }
  if (response_.status == 407) {
    return Result<Response>(
        Error{.code = ErrorCode::kDenied,
              .message = "cannot fetch " + url_.Redacted() + ": the proxy wants credentials",
              .hints = {"put them into http_proxy as http://user:password@host:port"}});
  }
  if (Status begun = Guarded([&] { return BeginBody(); }); !begun) {
    return Result<Response>(std::move(begun.error()));
  }
  if (Status decoded = DecodeBody(); !decoded) {
    return Result<Response>(std::move(decoded.error()));
  }
  response_.final_url = url_.ToString();
  return Result<Response>(std::move(response_));
}

}  // namespace flowstone::net
