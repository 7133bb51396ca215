// What only connections show: keep-alive, redirects, truncation, TLS, proxies, compression.
#include "flowstone/net/curl_transport.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>

#include "flowstone/archive/gzip.h"
#include "flowstone/net/fake_transport.h"
#include "flowstone/net/loopback_server.h"
#include "flowstone/net/secret.h"
#include "flowstone/os/fake_clock.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::net {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

LoopbackReply Text(const std::string& body) {
  return {.response = MakeResponse(200, body)};
}

LoopbackReply RedirectTo(int status, const std::string& url) {
  return {.response = MakeResponse(status, "moved", {{"Location", url}})};
}

// A transport, and time that moves when a test says so.
class CurlTransportTest : public ::testing::Test {
 protected:
  std::unique_ptr<CurlTransport> Open(CurlOptions options = {}) {
    return std::make_unique<CurlTransport>(std::move(options), clock_);
  }

  Result<Response> Get(const std::string& url, CurlOptions options = {}) {
    const auto transport = Open(std::move(options));
    return Fetch(*transport, {.url = url});
  }

  os::FakeClock clock_;
};

// A file in the test's own directory, removed at the end.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& content)
      : path_(::testing::TempDir() + "/flowstone-curl-test-" + std::to_string(getpid())) {
    std::FILE* const file = std::fopen(path_.c_str(), "wb");
    std::fwrite(content.data(), 1, content.size(), file);
    std::fclose(file);
  }
  ~ScratchFile() { std::remove(path_.c_str()); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_F(CurlTransportTest, KeepsConnectionsBetweenRequests) {
  LoopbackServer server([](const Request&) { return Text("x"); });
  const auto transport = Open();
  for (int i = 0; i < 5; ++i) {
    ASSERT_THAT(Fetch(*transport, {.url = server.origin() + "/"}), IsOk());
  }
  EXPECT_EQ(server.connection_count(), 1);
}

TEST_F(CurlTransportTest, RunsManyRequestsAtOnce) {
  LoopbackServer server([](const Request& request) { return Text(request.url); });
  const auto transport = Open();
  std::vector<std::future<Result<Response>>> results;
  for (int i = 0; i < 100; ++i) {
    auto promise = std::make_shared<std::promise<Result<Response>>>();
    results.push_back(promise->get_future());
    transport->Start({.url = server.origin() + "/" + std::to_string(i)},
                     [promise](Result<Response> result) { promise->set_value(std::move(result)); });
  }
  for (int i = 0; i < 100; ++i) {
    const auto result = results[static_cast<std::size_t>(i)].get();
    ASSERT_THAT(result, IsOk());
    EXPECT_EQ(result->body, server.origin() + "/" + std::to_string(i));
  }
  EXPECT_LE(server.connection_count(), CurlOptions().max_connections_per_host);
}

TEST_F(CurlTransportTest, FollowsRedirects) {
  LoopbackServer server([](const Request& request) {
    return request.url.ends_with("/new/b") ? Text("here") : RedirectTo(301, "/new/b");
  });
  const auto response = Get(server.origin() + "/old/a");
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "here");
  EXPECT_EQ(response->final_url, server.origin() + "/new/b");
}

TEST_F(CurlTransportTest, GivesUpAfterTenRedirects) {
  LoopbackServer server([](const Request&) { return RedirectTo(302, "/again"); });
  EXPECT_THAT(Get(server.origin() + "/"), HasMessage(HasSubstr("more than 10 redirects")));
  EXPECT_EQ(server.requests().size(), 11U);
}

TEST_F(CurlTransportTest, SeeOtherTurnsAPutIntoAGet) {
  LoopbackServer server([](const Request& request) {
    return request.method == "GET" ? Text("body:" + request.body) : RedirectTo(303, "/result");
  });
  const auto transport = Open();
  const auto response =
      Fetch(*transport, {.method = "PUT", .url = server.origin() + "/", .body = "data"});
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "body:");
}

TEST_F(CurlTransportTest, KeepsAuthorizationWithinTheOrigin) {
  LoopbackServer server([](const Request& request) {
    return request.url.ends_with("/b") ? Text(request.headers.Get("Authorization").value_or("none"))
                                       : RedirectTo(302, "/b");
  });
  std::string url = server.origin() + "/a";
  url.insert(url.find("://") + 3, "user:canary@");
  const auto response = Get(url);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, BasicAuthorization({"user", Secret("canary")}).Reveal());
}

TEST_F(CurlTransportTest, DropsAuthorizationWhenARedirectLeavesTheOrigin) {
  LoopbackServer other([](const Request& request) {
    return Text(request.headers.Get("Authorization").value_or("none"));
  });
  LoopbackServer server([&](const Request&) { return RedirectTo(302, other.origin() + "/b"); });
  std::string url = server.origin() + "/a";
  url.insert(url.find("://") + 3, "user:canary@");
  const auto response = Get(url);
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "none");
}

TEST_F(CurlTransportTest, CookiesStayWithTheirOrigin) {
  LoopbackServer other(
      [](const Request& request) { return Text(request.headers.Get("Cookie").value_or("none")); });
  LoopbackServer server([&](const Request&) { return RedirectTo(302, other.origin() + "/b"); });
  Request request{.url = server.origin() + "/a"};
  request.headers.Set("Cookie", "session=canary");
  const auto transport = Open();
  const auto response = Fetch(*transport, std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "none");
}

TEST_F(CurlTransportTest, ALoginInARedirectIsNotUsed) {
  LoopbackServer server([&](const Request& request) {
    return request.url.ends_with("/b")
               ? Text(request.headers.Get("Authorization").value_or("none"))
               : RedirectTo(302, "http://u:canary@" + request.url.substr(7) + "b");
  });
  const auto response = Get(server.origin() + "/");
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "none");
  EXPECT_EQ(response->final_url, server.origin() + "/b");
}

TEST_F(CurlTransportTest, ARedirectToAFileIsRefused) {
  LoopbackServer server([](const Request&) { return RedirectTo(302, "file:///etc/passwd"); });
  EXPECT_THAT(Get(server.origin() + "/"), HasCode(ErrorCode::kInvalid));
}

TEST_F(CurlTransportTest, ARedirectFromHttpsToHttpIsRefused) {
  LoopbackServer server([](const Request&) { return RedirectTo(302, "http://127.0.0.1:1/"); },
                        {.security = LoopbackOptions::Security::kTls});
  EXPECT_THAT(Get(server.origin() + "/", {.trusted_hosts = {"127.0.0.1"}}),
              HasMessage(HasSubstr("leads from https to http")));
}

TEST_F(CurlTransportTest, ASinkSeesNothingOfRedirects) {
  class Sink final : public BodySink {
   public:
    Status Start(int status, const Headers&) override {
      seen += std::to_string(status) + ":";
      return Ok();
    }
    Status Write(std::string_view bytes) override {
      seen.append(bytes);
      return Ok();
    }
    std::string seen;
  };
  LoopbackServer server([](const Request& request) {
    return request.url.ends_with("/b") ? Text("here") : RedirectTo(302, "/b");
  });
  Sink sink;
  const auto transport = Open();
  ASSERT_THAT(Fetch(*transport, {.url = server.origin() + "/a", .sink = &sink}), IsOk());
  EXPECT_EQ(sink.seen, "200:here");
}

TEST_F(CurlTransportTest, ATruncatedBodyIsUnavailable) {
  LoopbackServer server([](const Request&) {
    return LoopbackReply{.response = MakeResponse(200, "0123456789"), .cut_after = 4};
  });
  EXPECT_THAT(Get(server.origin() + "/"), HasCode(ErrorCode::kUnavailable));
}

TEST_F(CurlTransportTest, ALongerBodyThanDeclaredIsCutAtTheDeclaredLength) {
  LoopbackServer server([](const Request&) {
    return LoopbackReply{.response = MakeResponse(200, "0123456789"), .declared_length = 4};
  });
  const auto response = Get(server.origin() + "/");
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "0123");
}

TEST_F(CurlTransportTest, AMissingServerIsNamedWithoutCredentials) {
  std::string origin;
  {
    origin = LoopbackServer([](const Request&) { return Text(""); }).origin();
  }
  std::string url = origin + "/simple/?token=canary";
  url.insert(url.find("://") + 3, "user:canary@");
  const auto response = Get(url);
  EXPECT_THAT(response, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(response.error().message, HasSubstr(origin + "/simple/"));
  EXPECT_THAT(response.error().ToString(), Not(HasSubstr("canary")));
}

TEST_F(CurlTransportTest, AnUnknownCertificateIsDeniedWithAHint) {
  LoopbackServer server([](const Request&) { return Text("secret"); },
                        {.security = LoopbackOptions::Security::kTls});
  const auto response = Get(server.origin() + "/");
  EXPECT_THAT(response, HasCode(ErrorCode::kDenied));
  EXPECT_THAT(response, HasMessage(HasSubstr("SSL_CERT_FILE")));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(CurlTransportTest, AGivenCertificateIsTrusted) {
  LoopbackServer server([](const Request&) { return Text("secret"); },
                        {.security = LoopbackOptions::Security::kTls});
  const ScratchFile certificates(server.certificate());
  EXPECT_THAT(Get(server.origin() + "/", {.ca_file = certificates.path()}), IsOk());
}

TEST_F(CurlTransportTest, ATrustedHostNeedsNoCertificate) {
  LoopbackServer server([](const Request&) { return Text("secret"); },
                        {.security = LoopbackOptions::Security::kTls});
  const std::string host = server.origin().substr(std::string("https://").size());
  EXPECT_THAT(Get(server.origin() + "/", {.trusted_hosts = {host}}), IsOk());
  EXPECT_THAT(Get(server.origin() + "/", {.trusted_hosts = {"127.0.0.1"}}), IsOk());
  EXPECT_THAT(Get(server.origin() + "/", {.trusted_hosts = {"other.example", "127.0.0.1:1"}}),
              HasCode(ErrorCode::kDenied));
}

TEST_F(CurlTransportTest, AsksForGzipOnlyWhenTheBodyIsTakenWhole) {
  LoopbackServer server([](const Request& request) {
    return Text(request.headers.Get("Accept-Encoding").value_or(""));
  });
  const auto transport = Open();
  const std::string url = server.origin() + "/";
  EXPECT_EQ(Fetch(*transport, {.url = url})->body, "gzip");
  EXPECT_EQ(Fetch(*transport, {.url = url, .range = ByteRange{.first = 0}})->body, "identity");
}

TEST_F(CurlTransportTest, DecodesGzip) {
  // printf hello | gzip -n
  const std::string gzip(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00"
      "\x00\x00",
      25);
  LoopbackServer server([&](const Request&) {
    return LoopbackReply{.response = MakeResponse(200, gzip, {{"Content-Encoding", "gzip"}})};
  });
  const auto response = Get(server.origin() + "/");
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "hello");
}

TEST_F(CurlTransportTest, ACompressedBodyThatEndsEarlyIsNoBody) {
  const std::string gzip = archive::GzipCompress("a body long enough to be cut anywhere");
  std::size_t length = 0;
  LoopbackServer server([&](const Request&) {
    return LoopbackReply{
        .response = MakeResponse(200, gzip.substr(0, length), {{"Content-Encoding", "gzip"}})};
  });
  const auto transport = Open();
  for (length = 1; length < gzip.size(); length += 7) {
    EXPECT_THAT(Fetch(*transport, {.url = server.origin() + "/"}), HasCode(ErrorCode::kCorrupt))
        << length;
  }
}

TEST_F(CurlTransportTest, AnEncodingThatWasNotAskedForIsRefused) {
  LoopbackServer server([](const Request&) {
    return LoopbackReply{.response = MakeResponse(200, "?", {{"Content-Encoding", "br"}})};
  });
  EXPECT_THAT(Get(server.origin() + "/"), HasMessage(HasSubstr("'br'")));
}

TEST_F(CurlTransportTest, GoesThroughTheProxyExceptForExemptHosts) {
  LoopbackServer proxy([](const Request& request) { return Text("proxied " + request.url); });
  const auto proxied = Get("http://index.example/simple/", {.http_proxy = proxy.origin()});
  ASSERT_THAT(proxied, IsOk());
  EXPECT_EQ(proxied->body, "proxied http://index.example/simple/");

  LoopbackServer server([](const Request&) { return Text("direct"); });
  const auto direct =
      Get(server.origin() + "/", {.http_proxy = proxy.origin(), .no_proxy = "127.0.0.1"});
  ASSERT_THAT(direct, IsOk());
  EXPECT_EQ(direct->body, "direct");
}

TEST_F(CurlTransportTest, AProxyThatWantsCredentialsIsDenied) {
  LoopbackServer proxy(
      [](const Request&) { return LoopbackReply{.response = MakeResponse(407, "")}; });
  EXPECT_THAT(Get("http://index.example/", {.http_proxy = proxy.origin()}),
              HasCode(ErrorCode::kDenied));
}

TEST_F(CurlTransportTest, ServesFiles) {
  const ScratchFile file("0123456789");
  const auto whole = Get("file://" + file.path());
  ASSERT_THAT(whole, IsOk());
  EXPECT_EQ(whole->status, 200);
  EXPECT_EQ(whole->body, "0123456789");
  EXPECT_EQ(Get("file://" + file.path() + ".missing")->status, 404);
}

TEST_F(CurlTransportTest, ServesRangesOfFiles) {
  const ScratchFile file("0123456789");
  const auto transport = Open();
  const auto part = [&](ByteRange range) {
    return Fetch(*transport, {.url = "file://" + file.path(), .range = range});
  };
  EXPECT_EQ(part({.first = 2, .last = 4})->body, "234");
  EXPECT_EQ(part({.first = 2, .last = 4})->status, 206);
  EXPECT_EQ(part({.suffix = 3})->body, "789");
  EXPECT_EQ(part({.first = 11})->status, 416);
}

TEST_F(CurlTransportTest, ADirectoryIsNotAFile) {
  EXPECT_EQ(Get("file://" + ::testing::TempDir())->status, 404);
}

TEST_F(CurlTransportTest, ClosingCancelsWhatIsUnderWay) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  LoopbackServer server([released](const Request&) {
    released.wait();
    return Text("late");
  });
  std::promise<Result<Response>> outcome;
  auto transport = Open();
  transport->Start({.url = server.origin() + "/"},
                   [&](Result<Response> result) { outcome.set_value(std::move(result)); });
  transport.reset();
  EXPECT_THAT(outcome.get_future().get(), HasCode(ErrorCode::kCancelled));
  release.set_value();
}

// Servers of these tests let time pass while they are asked. The loop looks at the clock when
// something else wakes it.
TEST_F(CurlTransportTest, GivesUpWhatStops) {
  std::promise<void> asked;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  LoopbackServer server([&, released](const Request& request) {
    if (request.url.ends_with("/stops")) {
      clock_.Advance(std::chrono::seconds(31));
      asked.set_value();
      released.wait();
    }
    return Text("x");
  });
  const auto transport = Open();
  std::promise<Result<Response>> outcome;
  transport->Start({.url = server.origin() + "/stops"},
                   [&](Result<Response> result) { outcome.set_value(std::move(result)); });
  asked.get_future().wait();
  EXPECT_THAT(Fetch(*transport, {.url = server.origin() + "/other"}), IsOk());
  const Result<Response> stopped = outcome.get_future().get();
  EXPECT_THAT(stopped, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(stopped, HasMessage(HasSubstr("did not answer in time (nothing came for 30 s)")));
  release.set_value();
}

TEST_F(CurlTransportTest, WaitingForAConnectionIsNoStop) {
  std::promise<void> asked;
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  LoopbackServer server([&, released](const Request& request) {
    if (request.url.ends_with("/first") || request.url.ends_with("/second")) {
      clock_.Advance(std::chrono::seconds(20));
    }
    if (request.url.ends_with("/second")) {
      asked.set_value();
      released.wait();
    }
    return Text("x");
  });
  const auto transport = Open({.max_connections = 1});
  std::vector<std::future<Result<Response>>> results;
  const auto start = [&](const std::string& path) {
    auto promise = std::make_shared<std::promise<Result<Response>>>();
    results.push_back(promise->get_future());
    transport->Start({.url = server.origin() + path},
                     [promise](Result<Response> result) { promise->set_value(std::move(result)); });
  };
  start("/first");
  start("/second");
  start("/waits");
  asked.get_future().wait();
  // When the second of these is answered, the loop has looked at the clock after the first.
  EXPECT_THAT(Fetch(*transport, {.url = "none"}), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(Fetch(*transport, {.url = "none"}), HasCode(ErrorCode::kInvalid));
  release.set_value();
  for (std::future<Result<Response>>& result : results) {
    EXPECT_THAT(result.get(), IsOk());
  }
}

TEST(CurlOptionsTest, TakesTheStandardVariables) {
  const CurlOptions options = CurlOptionsFromEnvironment(os::Environment({
      {"HTTP_PROXY", "http://not-this.example"},  // a CGI client could set it
      {"ALL_PROXY", "http://all.example"},
      {"HTTPS_PROXY", "http://secure.example"},
      {"no_proxy", "localhost"},
      {"REQUESTS_CA_BUNDLE", "/ca.pem"},
  }));
  EXPECT_EQ(options.http_proxy, "http://all.example");
  EXPECT_EQ(options.https_proxy, "http://secure.example");
  EXPECT_EQ(options.no_proxy, "localhost");
  EXPECT_EQ(options.ca_file, "/ca.pem");
}

}  // namespace
}  // namespace flowstone::net
