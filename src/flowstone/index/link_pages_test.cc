// Pages of links over HTTP are cached by the rules of project pages.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "flowstone/index/fake_index_site.h"
#include "flowstone/index/package_index.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;

constexpr const char* kLinks = "https://links.example/wheels.html";

class LinkPagesTest : public PackageIndexFixture {
 protected:
  LinkPagesTest() {
    options_.indexes = {};
    options_.find_links = {kLinks};
    Serve("pkg-1-py3-none-any.whl");
  }

  void Serve(const std::string& file, const std::string& cache_control = "max-age=60") {
    const std::string body = "<a href=\"files/" + file + "\">" + file + "</a>";
    const std::string etag = '"' + file + '"';
    site_.Add(kLinks, [=](const net::Request& request) {
      if (request.headers.Get("If-None-Match") == etag) {
        return net::MakeResponse(304, "", {{"Cache-Control", cache_control}});
      }
      return net::MakeResponse(
          200, body,
          {{"Content-Type", "text/html"}, {"Cache-Control", cache_control}, {"ETag", etag}});
    });
  }
  std::string FirstUrl() {
    const auto project = Find("pkg");
    EXPECT_THAT(project, IsOk());
    return project && (*project)->found ? (*project)->Files().front().url : "";
  }
};

TEST_F(LinkPagesTest, FreshPageIsNotAskedFor) {
  EXPECT_EQ(FirstUrl(), "https://links.example/files/pkg-1-py3-none-any.whl");
  EXPECT_EQ(request_count(), 1U);
  EXPECT_EQ(FirstUrl(), "https://links.example/files/pkg-1-py3-none-any.whl");
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(LinkPagesTest, StalePageIsRevalidated) {
  FirstUrl();
  clock_.Advance(std::chrono::minutes(2));
  EXPECT_EQ(FirstUrl(), "https://links.example/files/pkg-1-py3-none-any.whl");
  EXPECT_EQ(request_count(), 1U);
  EXPECT_EQ(server_->requests().front().headers.Get("If-None-Match"), "\"pkg-1-py3-none-any.whl\"");
  FirstUrl();
  EXPECT_EQ(request_count(), 0U) << "the 304 made it fresh again";
}

TEST_F(LinkPagesTest, ChangedPageIsTaken) {
  FirstUrl();
  clock_.Advance(std::chrono::minutes(2));
  Serve("pkg-2-py3-none-any.whl");
  EXPECT_EQ(FirstUrl(), "https://links.example/files/pkg-2-py3-none-any.whl");
}

TEST_F(LinkPagesTest, PageWithoutValidatorsIsFreshForTenMinutes) {
  site_.Add(kLinks, net::MakeResponse(200, "<a href=\"pkg-1.tar.gz\">x</a>",
                                      {{"Content-Type", "text/html"}}));
  FirstUrl();
  clock_.Advance(std::chrono::minutes(9));
  FirstUrl();
  EXPECT_EQ(request_count(), 0U);
  clock_.Advance(std::chrono::minutes(2));
  FirstUrl();
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(LinkPagesTest, RefreshAsksAboutAFreshPage) {
  FirstUrl();
  options_.mode = FetchMode::kRefresh;
  FirstUrl();
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(LinkPagesTest, OfflineUsesWhatIsCachedHoweverOld) {
  FirstUrl();
  clock_.Advance(std::chrono::hours(1000));
  options_.mode = FetchMode::kOffline;
  EXPECT_EQ(FirstUrl(), "https://links.example/files/pkg-1-py3-none-any.whl");
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(LinkPagesTest, OfflineWithoutACopyIsAnError) {
  options_.mode = FetchMode::kOffline;
  EXPECT_THAT(Find("pkg"), HasCode(ErrorCode::kUnavailable));
}

TEST_F(LinkPagesTest, PageThatMustNotBeStoredIsAskedForEachTime) {
  Serve("pkg-1-py3-none-any.whl", "no-store");
  FirstUrl();
  FirstUrl();
  EXPECT_EQ(request_count(), 1U);
}

}  // namespace
}  // namespace flowstone::index
