#include "flowstone/net/retrying_transport.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "flowstone/net/fake_transport.h"
#include "flowstone/os/fake_clock.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::net {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Le;

class RetryingTransportTest : public ::testing::Test {
 protected:
  // Answers the n-th request, counted from 0.
  using Answer = std::function<Result<Response>(int)>;

  Result<Response> Fetch(Answer answer, const std::string& method = "GET",
                         RetryOptions options = {}) {
    server_ =
        std::make_unique<FakeTransport>([answer = std::move(answer), count = 0](
                                            const Request&) mutable { return answer(count++); });
    RetryingTransport transport(*server_, clock_, options);
    return net::Fetch(transport, {.method = method, .url = "https://index.example/"});
  }
  std::size_t attempts() const { return server_->requests().size(); }
  nanoseconds waited() { return nanoseconds(clock_.MonotonicNs()); }

  os::FakeClock clock_;
  std::unique_ptr<FakeTransport> server_;
};

Error Unavailable() {
  return Error{.code = ErrorCode::kUnavailable, .message = "no connection"};
}

TEST_F(RetryingTransportTest, ASuccessIsNotRepeated) {
  EXPECT_THAT(Fetch([](int) { return MakeResponse(200, "x"); }), IsOk());
  EXPECT_EQ(attempts(), 1U);
}

TEST_F(RetryingTransportTest, TriesAgainUntilItWorks) {
  const auto response = Fetch([](int n) -> Result<Response> {
    return n < 3 ? Result<Response>(Unavailable()) : MakeResponse(200, "x");
  });
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->body, "x");
  EXPECT_EQ(attempts(), 4U);
}

TEST_F(RetryingTransportTest, GivesUpAfterFiveAttemptsAndSaysSo) {
  const auto response = Fetch([](int) -> Result<Response> { return Unavailable(); });
  EXPECT_THAT(response, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(response, HasMessage(HasSubstr("after 5 attempts")));
  EXPECT_EQ(attempts(), 5U);
}

// A sink that keeps what came, and a server whose bodies break off after some bytes.
TEST_F(RetryingTransportTest, ABreakBehindBytesThatTheSinkHoldsIsTheOutcome) {
  class Keeping final : public BodySink {
   public:
    Status Start(int, const Headers&) override { return Ok(); }
    Status Write(std::string_view bytes) override {
      count_ += bytes.size();
      return Ok();
    }
    bool HoldsProgress() const override { return count_ > 0; }

   private:
    std::size_t count_ = 0;
  };
  Keeping sink;
  int count = 0;
  FakeTransport server([&](const Request& request) -> Result<Response> {
    if (++count == 2) {  // the first attempt brings nothing
      EXPECT_THAT(request.sink->Write("begin"), IsOk());
    }
    return Unavailable();
  });
  RetryingTransport transport(server, clock_, {});
  EXPECT_THAT(net::Fetch(transport, {.url = "https://index.example/", .sink = &sink}),
              HasCode(ErrorCode::kUnavailable));
  EXPECT_EQ(count, 2);
}

TEST_F(RetryingTransportTest, TheLastStatusIsTheOutcome) {
  const auto response = Fetch([](int) { return MakeResponse(503, "busy"); });
  ASSERT_THAT(response, IsOk());
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(attempts(), 5U);
}

TEST_F(RetryingTransportTest, OnlyPassingFailuresAreRepeated) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    (void)Fetch([status](int) { return MakeResponse(status, ""); });
    EXPECT_EQ(attempts(), 5U) << status;
  }
  for (const int status : {200, 206, 304, 400, 401, 403, 404, 416, 501, 505}) {
    (void)Fetch([status](int) { return MakeResponse(status, ""); });
    EXPECT_EQ(attempts(), 1U) << status;
  }
  (void)Fetch(
      [](int) -> Result<Response> { return Error{.code = ErrorCode::kDenied, .message = "no"}; });
  EXPECT_EQ(attempts(), 1U);
}

TEST_F(RetryingTransportTest, APostIsNotRepeated) {
  (void)Fetch([](int) { return MakeResponse(503, ""); }, "POST");
  EXPECT_EQ(attempts(), 1U);
}

TEST_F(RetryingTransportTest, WaitsAtMostTwiceAsLongEachTime) {
  (void)Fetch([](int) { return MakeResponse(503, ""); });
  EXPECT_GT(waited(), milliseconds(0));
  EXPECT_LE(waited(), milliseconds(250 + 500 + 1000 + 2000));
}

TEST_F(RetryingTransportTest, TheSeedDecidesTheWaits) {
  const auto waits = [this](std::uint64_t seed) {
    const auto before = waited();
    (void)Fetch([](int) { return MakeResponse(503, ""); }, "GET", {.seed = seed});
    return waited() - before;
  };
  const auto first = waits(1);
  EXPECT_EQ(first, waits(1));
  EXPECT_NE(first, waits(2));
}

TEST_F(RetryingTransportTest, WaitsAsLongAsTheServerAsks) {
  (void)Fetch([](int n) {
    return n == 0 ? MakeResponse(429, "", {{"Retry-After", "30"}}) : MakeResponse(200, "");
  });
  EXPECT_EQ(waited(), seconds(30));
}

TEST_F(RetryingTransportTest, WaitsUntilTheDateTheServerNames) {
  clock_.SetNow(std::chrono::nanoseconds(seconds(784111777)).count());
  (void)Fetch([](int n) {
    return n == 0 ? MakeResponse(503, "", {{"Retry-After", "Sun, 06 Nov 1994 08:49:57 GMT"}})
                  : MakeResponse(200, "");
  });
  EXPECT_EQ(waited(), seconds(20));
}

TEST_F(RetryingTransportTest, DoesNotWaitForeverBecauseAServerSaysSo) {
  for (const std::string value : {"86400", "99999999999999999999"}) {
    const auto before = waited();
    (void)Fetch([&](int n) {
      return n == 0 ? MakeResponse(503, "", {{"Retry-After", value}}) : MakeResponse(200, "");
    });
    EXPECT_EQ(waited() - before, seconds(60));
  }
}

TEST_F(RetryingTransportTest, ClosingCancelsWhatWaits) {
  // A clock on which no time passes, so that the wait cannot end.
  class StoppedClock final : public os::Clock {
   public:
    std::int64_t NowNs() override { return 0; }
    std::int64_t MonotonicNs() override { return 0; }
    void Sleep(nanoseconds) override {}
  };
  StoppedClock clock;
  FakeTransport server([](const Request&) {
    return MakeResponse(503, "", {{"Retry-After", "1"}});
  });
  std::promise<Result<Response>> outcome;
  {
    RetryingTransport transport(server, clock, {});
    transport.Start({.url = "https://u:canary@index.example/"},
                    [&](Result<Response> result) { outcome.set_value(std::move(result)); });
  }
  const auto result = outcome.get_future().get();
  EXPECT_THAT(result, HasCode(ErrorCode::kCancelled));
  EXPECT_EQ(result.error().message.find("canary"), std::string::npos);
}

TEST_F(RetryingTransportTest, AnAttemptThatEndsAfterClosingKeepsItsOutcome) {
  FakeTransport server([](const Request&) { return MakeResponse(503, "busy"); },
                       FakeTransport::Ranges::kHonoured, FakeTransport::Delivery::kHeld);
  std::promise<Result<Response>> outcome;
  {
    RetryingTransport transport(server, clock_, {});
    transport.Start({.url = "https://index.example/"},
                    [&](Result<Response> result) { outcome.set_value(std::move(result)); });
  }
  server.DeliverShuffled(0);
  EXPECT_EQ(outcome.get_future().get()->status, 503);
}

}  // namespace
}  // namespace flowstone::net
