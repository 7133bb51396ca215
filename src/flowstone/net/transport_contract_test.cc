// What every Transport does, checked on the fake and on the real one against a loopback server that
// answers by the same function.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "flowstone/net/curl_transport.h"
#include "flowstone/net/fake_transport.h"
#include "flowstone/net/loopback_server.h"
#include "flowstone/net/transport.h"
#include "flowstone/net/url.h"
#include "flowstone/os/system_clock.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::net {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

// A transport with a server behind it that serves `server`.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual Transport& transport() = 0;
  virtual std::string origin() const = 0;
};

using Server = FakeTransport::Server;
enum class Ranges { kHonoured, kIgnored };
using MakeSubject = std::function<std::unique_ptr<Subject>(Server, Ranges)>;

class FakeSubject final : public Subject {
 public:
  FakeSubject(Server server, Ranges ranges)
      : transport_(std::move(server), ranges == Ranges::kHonoured
                                          ? FakeTransport::Ranges::kHonoured
                                          : FakeTransport::Ranges::kIgnored) {}
  Transport& transport() override { return transport_; }
  std::string origin() const override { return "http://fake.example"; }

 private:
  FakeTransport transport_;
};

class CurlSubject final : public Subject {
 public:
  CurlSubject(Server server, Ranges ranges)
      : server_(
            [server = std::move(server)](const Request& request) -> Result<LoopbackReply> {
              FLOWSTONE_LET(Response response, server(request));
              return LoopbackReply{.response = std::move(response)};
            },
            {.ranges = ranges == Ranges::kHonoured ? LoopbackOptions::Ranges::kHonoured
                                                   : LoopbackOptions::Ranges::kIgnored}),
        transport_(CurlOptions{}, clock_) {}
  Transport& transport() override { return transport_; }
  std::string origin() const override { return server_.origin(); }

 private:
  LoopbackServer server_;
  os::SystemClock clock_;
  CurlTransport transport_;
};

class RecordingSink final : public BodySink {
 public:
  Status Start(int status, const Headers& headers) override {
    events += "[" + std::to_string(status) + " " + headers.Get("X-Kind").value_or("-") + "]";
    return Ok();
  }
  Status Write(std::string_view bytes) override {
    events.append(bytes);
    return refuse ? Status(Error{.code = ErrorCode::kIo, .message = "disk full"}) : Ok();
  }
  std::string events;
  bool refuse = false;
};

class TransportContract : public ::testing::TestWithParam<MakeSubject> {
 protected:
  void Serve(Server server, Ranges ranges = Ranges::kHonoured) {
    subject_ = GetParam()(std::move(server), ranges);
  }
  void ServeText(const std::string& text, Ranges ranges = Ranges::kHonoured) {
    Serve([text](const Request&) { return MakeResponse(200, text, {{"X-Kind", "text"}}); }, ranges);
  }
  Request Get(const std::string& path) const {
    Request request;
    request.url = subject_->origin() + path;
    return request;
  }
  Result<Response> FetchFrom(Request request) {
    return Fetch(subject_->transport(), std::move(request));
  }

 private:
  std::unique_ptr<Subject> subject_;
};

TEST_P(TransportContract, ReturnsStatusHeadersBodyAndUrl) {
  ServeText("hello");
  const auto response = FetchFrom(Get("/a?b=c"));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->headers.Get("x-kind"), "text");
  EXPECT_EQ(response->final_url, Get("/a?b=c").url);
}

TEST_P(TransportContract, AnErrorStatusIsAResponse) {
  Serve([](const Request&) { return MakeResponse(404, "no such page"); });
  const auto response = FetchFrom(Get("/missing"));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "no such page");
}

TEST_P(TransportContract, SendsMethodHeadersAndBody) {
  Serve([](const Request& request) {
    return MakeResponse(200, request.method + " " + request.headers.Get("X-Token").value_or("") +
                                 " " + request.body);
  });
  Request request = Get("/");
  request.method = "PUT";
  request.headers.Add("X-Token", "t1");
  request.body = std::string("a\0b", 3);
  const auto response = FetchFrom(std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, std::string("PUT t1 a\0b", 10));
}

TEST_P(TransportContract, HeadHasNoBody) {
  ServeText("hello");
  Request request = Get("/");
  request.method = "HEAD";
  const auto response = FetchFrom(std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(response->headers.Get("Content-Length"), "5");
}

TEST_P(TransportContract, GivesTheRangeThatWasAskedFor) {
  ServeText("0123456789");
  Request request = Get("/");
  request.range = ByteRange{.first = 2, .last = 4};
  const auto response = FetchFrom(std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 206);
  EXPECT_EQ(response->body, "234");
  EXPECT_EQ(response->headers.Get("Content-Range"), "bytes 2-4/10");
}

TEST_P(TransportContract, GivesTheSuffixThatWasAskedFor) {
  ServeText("0123456789");
  Request request = Get("/");
  request.range = ByteRange{.suffix = 3};
  const auto response = FetchFrom(std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "789");
}

TEST_P(TransportContract, ARangeBehindTheEndIs416) {
  ServeText("0123456789");
  Request request = Get("/");
  request.range = ByteRange{.first = 10};
  const auto response = FetchFrom(std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 416);
}

TEST_P(TransportContract, AServerThatIgnoresRangesGivesEverything) {
  ServeText("0123456789", Ranges::kIgnored);
  Request request = Get("/");
  request.range = ByteRange{.first = 2, .last = 4};
  const auto response = FetchFrom(std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "0123456789");
}

TEST_P(TransportContract, ASinkGetsTheBodyInsteadOfTheResponse) {
  ServeText("hello");
  RecordingSink sink;
  Request request = Get("/");
  request.sink = &sink;
  const auto response = FetchFrom(std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(sink.events, "[200 text]hello");
}

TEST_P(TransportContract, ASinkHearsOfAnEmptyBody) {
  ServeText("");
  RecordingSink sink;
  Request request = Get("/");
  request.sink = &sink;
  ASSERT_THAT(FetchFrom(std::move(request)), IsOk());
  EXPECT_EQ(sink.events, "[200 text]");
}

TEST_P(TransportContract, TheErrorOfASinkIsTheResult) {
  ServeText("hello");
  RecordingSink sink;
  sink.refuse = true;
  Request request = Get("/");
  request.sink = &sink;
  EXPECT_THAT(FetchFrom(std::move(request)), HasCode(ErrorCode::kIo));
}

TEST_P(TransportContract, ABodyAboveTheLimitIsCorrupt) {
  ServeText("0123456789");
  Request request = Get("/");
  request.body_limit = 9;
  EXPECT_THAT(FetchFrom(request), HasCode(ErrorCode::kCorrupt));
  request.body_limit = 10;
  EXPECT_THAT(FetchFrom(request), IsOk());
}

TEST_P(TransportContract, NoConnectionIsUnavailable) {
  Serve([](const Request&) -> Result<Response> {
    return Error{.code = ErrorCode::kUnavailable, .message = "reset"};
  });
  EXPECT_THAT(FetchFrom(Get("/")), HasCode(ErrorCode::kUnavailable));
}

TEST_P(TransportContract, AnUnusableUrlIsInvalid) {
  ServeText("hello");
  Request request;
  request.url = "ftp://user:canary@server.example/x";
  const auto response = FetchFrom(std::move(request));
  EXPECT_THAT(response, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(response.error().ToString(), Not(HasSubstr("canary")));
}

TEST_P(TransportContract, FinalUrlHasNoCredentials) {
  ServeText("hello");
  Request request = Get("/x");
  const std::string plain = request.url;
  request.url = Url::Parse(request.url)
                    ->WithCredentials(Credentials{.user = "u", .password = Secret("canary")})
                    .ToString();
  const auto response = FetchFrom(std::move(request));
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->final_url, plain);
}

INSTANTIATE_TEST_SUITE_P(Fake, TransportContract,
                         ::testing::Values(MakeSubject([](Server server, Ranges ranges) {
                           return std::make_unique<FakeSubject>(std::move(server), ranges);
                         })));
INSTANTIATE_TEST_SUITE_P(Curl, TransportContract,
                         ::testing::Values(MakeSubject([](Server server, Ranges ranges) {
                           return std::make_unique<CurlSubject>(std::move(server), ranges);
                         })));

}  // namespace
}  // namespace flowstone::net
