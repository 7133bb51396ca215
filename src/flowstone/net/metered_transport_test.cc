#include "flowstone/net/metered_transport.h"

#include <gtest/gtest.h>

#include "flowstone/net/fake_transport.h"

namespace flowstone::net {
namespace {

TEST(MeteredTransport, CountsRequestsAndTheBytesOfTheirAnswers) {
  FakeTransport inner([](const Request& request) -> Result<Response> {
    if (request.url.ends_with("broken")) {
      return Error{ErrorCode::kUnavailable, "no answer"};
    }
    return Response{.status = 200, .body = "twelve bytes"};
  });
  MeteredTransport metered(inner);
  EXPECT_TRUE(Fetch(metered, {.url = "http://127.0.0.1/a"}));
  EXPECT_TRUE(Fetch(metered, {.url = "http://127.0.0.1/b"}));
  EXPECT_FALSE(Fetch(metered, {.url = "http://127.0.0.1/broken"}));
  EXPECT_EQ(metered.counters().requests, 3U);
  EXPECT_EQ(metered.counters().bytes, 24U);
}

}  // namespace
}  // namespace flowstone::net
