// CurlTransfer: one request of CurlTransport, over all its redirects: configures a libcurl easy
// handle for the current URL and takes in what libcurl calls back with. Lives on the transport's
// thread.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "flowstone/net/curl_library.h"
#include "flowstone/net/curl_transport.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"

namespace flowstone::net {

class CurlTransfer {
 public:
  // kInvalid when the URL cannot be fetched. Does not consume `request` then.
  static Result<std::unique_ptr<CurlTransfer>> Create(const CurlLibrary& curl, Request request,
                                                      const CurlOptions& options, CURLSH* share,
                                                      os::Clock& clock);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* handle() const { return easy_; }
  const Url& url() const { return url_; }

  // Makes the handle ready for url(). Call before each time it is added to the multi handle.
  void Configure(HttpVersion version);

  // Takes in the end of a transfer. Nothing when a redirect leads on: configure and add again.
  std::optional<Result<Response>> Finish(CURLcode code);

  // When its request went out or something last came, on the clock; nothing while it waits for a
  // connection.
  std::optional<std::int64_t> heard_ns() const { return heard_ns_; }
  // The outcome of a transfer of which nothing came for too long.
  Error StallError() const;

 private:
  CurlTransfer(const CurlLibrary& curl, Request request, const Url& url, const CurlOptions& options,
               CURLSH* share, os::Clock& clock);

  template <class T>
  void SetOption(CURLoption option, T value);

  static int OnRequest(void* self, char* address, char* own_address, int port, int own_port);
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* self);

  void ConfigureMethod();
  void ConfigureHeaders();
  void ConfigureProxy();
  void ConfigureTls();
  bool DecodesBody() const;
  bool IsTrustedHost() const;

  Status TakeHeaderLine(std::string_view line);
  Status TakeBody(std::string_view bytes);
  // Tells the sink that a body begins, once.
  Status BeginBody();
  bool IsRedirect() const;
  // Moves on to the target of the redirect.
  Status FollowRedirect();
  bool IsDirectory() const;
  // Takes the compression off a body that was asked for with it.
  Status DecodeBody();
  Result<Response> FinishFile(CURLcode code);
  Error FailureOf(CURLcode code);

  const CurlLibrary& curl_;
  const CurlOptions& options_;
  CURLSH* share_;
  os::Clock& clock_;
  CURL* easy_;
  Request request_;
  Url url_;
  int redirects_ = 0;
  curl_slist* sent_headers_ = nullptr;
  std::array<char, CURL_ERROR_SIZE> detail_{};

  // Of the response that is coming in.
  Response response_;
  std::optional<std::int64_t> heard_ns_;
  bool headers_complete_ = false;
  bool body_begun_ = false;
  std::uint64_t body_size_ = 0;
  std::optional<Error> refusal_;  // why we stopped the transfer
};

}  // namespace flowstone::net
