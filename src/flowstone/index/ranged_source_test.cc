#include "flowstone/index/ranged_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/net/fake_transport.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOkAndHolds;

std::string Content(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) {
    text += std::to_string(i) + " ";
  }
  return text.substr(0, size);
}

class RangedSourceTest : public ::testing::Test {
 protected:
  RangedSource Open(net::FakeTransport& server, const std::string& content, std::size_t tail) {
    return {[&server](net::Request request) { return net::Fetch(server, std::move(request)); },
            *net::Url::Parse("https://files.example/x.whl"), content.size(),
            content.substr(content.size() - tail)};
  }
};

TEST_F(RangedSourceTest, ReadsFromTheTailWithoutRequests) {
  const std::string content = Content(50'000);
  net::FakeTransport server([&](const net::Request&) { return net::MakeResponse(200, content); });
  RangedSource source = Open(server, content, 1000);
  EXPECT_THAT(source.Size(), IsOkAndHolds(50'000U));
  EXPECT_THAT(source.ReadAt(49'000, 2000), IsOkAndHolds(content.substr(49'000)));
  EXPECT_THAT(source.ReadAt(60'000, 10), IsOkAndHolds(""));
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(RangedSourceTest, ReadsWholeBlocksOnce) {
  const std::string content = Content(50'000);
  net::FakeTransport server([&](const net::Request&) { return net::MakeResponse(200, content); });
  RangedSource source = Open(server, content, 1000);
  EXPECT_THAT(source.ReadAt(8000, 500), IsOkAndHolds(content.substr(8000, 500)));
  EXPECT_THAT(source.ReadAt(0, 100), IsOkAndHolds(content.substr(0, 100)));
  EXPECT_THAT(source.ReadAt(16'000, 100), IsOkAndHolds(content.substr(16'000, 100)));
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_THAT(source.ReadAt(45'000, 5000), IsOkAndHolds(content.substr(45'000)));
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(RangedSourceTest, AFileThatChangedIsCorrupt) {
  const std::string content = Content(50'000);
  net::FakeTransport server(
      [&](const net::Request&) { return net::MakeResponse(200, content + "x"); });
  RangedSource source = Open(server, content, 1000);
  EXPECT_THAT(source.ReadAt(0, 10), HasCode(ErrorCode::kCorrupt));
}

TEST_F(RangedSourceTest, AServerThatIgnoresTheRangeIsCorrupt) {
  const std::string content = Content(50'000);
  net::FakeTransport server([&](const net::Request&) { return net::MakeResponse(200, content); },
                            net::FakeTransport::Ranges::kIgnored);
  RangedSource source = Open(server, content, 1000);
  EXPECT_THAT(source.ReadAt(0, 10), HasCode(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace flowstone::index
