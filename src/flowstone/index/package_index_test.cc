// Projects: where their files are found, and how often servers are asked.
#include "flowstone/index/package_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "flowstone/index/fake_index_site.h"
#include "flowstone/net/authenticating_transport.h"
#include "flowstone/net/curl_transport.h"
#include "flowstone/net/loopback_server.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Names(const ProjectFiles& project) {
  std::vector<std::string> names;
  names.reserve(project.Files().size());
  for (const IndexFile& file : project.Files()) {
    names.push_back(file.filename);
  }
  return names;
}

const std::string kPage = "https://index.example/simple/pkg/";

class PackageIndexTest : public PackageIndexFixture {
 protected:
  void Write(const std::string& directory, const std::string& name, const std::string& text) {
    ASSERT_THAT(os::MakeDirectories(files_, directory), IsOk());
    ASSERT_THAT(os::ReplaceFile(files_, directory + "/" + name, text), IsOk());
  }
  // The headers of the last request.
  net::Headers LastHeaders() const { return server_->requests().back().headers; }
};

TEST_F(PackageIndexTest, FindsTheFilesOfAProject) {
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz", "pkg-1-py3-none-any.whl"}));
  const auto project = Find("Pkg");
  ASSERT_THAT(project, IsOk());
  EXPECT_TRUE((*project)->found);
  EXPECT_EQ((*project)->index, "https://index.example/simple");
  EXPECT_THAT(Names(**project), ElementsAre("pkg-1.tar.gz", "pkg-1-py3-none-any.whl"));
}

TEST_F(PackageIndexTest, AsksForJsonAtTheNormalizedNameWithASlash) {
  (void)Find("My.Pkg");
  EXPECT_EQ(server_->requests().at(0).url, "https://index.example/simple/my-pkg/");
  EXPECT_THAT(LastHeaders().Get("Accept"),
              ::testing::Optional(HasSubstr("application/vnd.pypi.simple.v1+json")));
}

TEST_F(PackageIndexTest, AnUnknownProjectIsAnAnswer) {
  const auto project = Find("pkg");
  ASSERT_THAT(project, IsOk());
  EXPECT_FALSE((*project)->found);
  EXPECT_THAT((*project)->Files(), IsEmpty());
}

TEST_F(PackageIndexTest, FilesOfOtherProjectsAreLeftOutWithAWarning) {
  site_.AddJson(kPage, PageOf({"other-1-py3-none-any.whl", "pkg_x-1-py3-none-any.whl",
                               "other-1.tar.gz", "pkg-1.zip"}));
  const auto project = Find("pkg");
  ASSERT_THAT(project, IsOk());
  EXPECT_THAT(Names(**project), ElementsAre("pkg-1.zip"));
  EXPECT_EQ((*project)->warnings.size(), 3U);
}

TEST_F(PackageIndexTest, AskedOnceHoweverOften) {
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}));
  PackageIndex& index = Open();
  const pypi::Name name = *pypi::Name::Parse("pkg");
  for (int i = 0; i < 5; ++i) {
    index.StartProject(name);
    EXPECT_THAT(index.Project(name), IsOk());
  }
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(PackageIndexTest, TheFirstIndexThatHasTheProjectWins) {
  options_.indexes = {{.url = "https://private.example/"},
                      {.url = "https://index.example/simple"},
                      {.url = "https://third.example/"}};
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}));
  site_.AddJson("https://third.example/pkg/", PageOf({"pkg-9.tar.gz"}));
  const auto project = Find("pkg");
  ASSERT_THAT(project, IsOk());
  EXPECT_THAT(Names(**project), ElementsAre("pkg-1.tar.gz"));
  EXPECT_EQ(server_->CountOf("https://private.example/pkg/"), 1);
  EXPECT_EQ(server_->CountOf("https://third.example/pkg/"), 0);
}

TEST_F(PackageIndexTest, AnIndexThatRefusesEndsTheSearch) {
  options_.indexes = {{.url = "https://user:canary@private.example/"},
                      {.url = "https://index.example/simple"}};
  site_.Add("https://user:canary@private.example/pkg/", net::MakeResponse(401, ""));
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}));
  const auto project = Find("pkg");
  EXPECT_THAT(project, HasCode(ErrorCode::kDenied));
  EXPECT_THAT(project, HasMessage(AllOf(HasSubstr("https://user:****@private.example/"),
                                        HasSubstr("netrc"), Not(HasSubstr("canary")))));
}

TEST_F(PackageIndexTest, AnIndexThatIsDownEndsTheSearch) {
  site_.Add(kPage, net::MakeResponse(503, ""));
  EXPECT_THAT(Find("pkg"), HasCode(ErrorCode::kUnavailable));
}

TEST_F(PackageIndexTest, NonsenseIsNotCached) {
  site_.AddJson(kPage, "{", {{"Cache-Control", "max-age=600"}});
  EXPECT_THAT(Find("pkg"), HasCode(ErrorCode::kCorrupt));
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}));
  EXPECT_THAT(Find("pkg"), IsOk());
}

TEST_F(PackageIndexTest, AFreshPageIsNotAskedForAgain) {
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}), {{"Cache-Control", "max-age=600"}});
  const auto first = Find("pkg");
  clock_.Advance(std::chrono::seconds(599));
  const auto second = Find("pkg");
  EXPECT_EQ(request_count(), 0U);
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ((*second)->Files(), (*first)->Files());
}

TEST_F(PackageIndexTest, AStalePageIsAskedAboutAndUsedWhenUnchanged) {
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}),
                {{"Cache-Control", "max-age=600"}, {"ETag", "\"v1\""}});
  ASSERT_THAT(Find("pkg"), IsOk());
  clock_.Advance(std::chrono::seconds(600));
  site_.Add(kPage, net::MakeResponse(304, "", {{"Cache-Control", "max-age=600"}}));
  const auto second = Find("pkg");
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Names(**second), ElementsAre("pkg-1.tar.gz"));
  EXPECT_EQ(LastHeaders().Get("If-None-Match"), "\"v1\"");
  // The 304 made it fresh again.
  ASSERT_THAT(Find("pkg"), IsOk());
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(PackageIndexTest, AStalePageIsReplacedWhenChanged) {
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}), {{"Last-Modified", "then"}});
  ASSERT_THAT(Find("pkg"), IsOk());
  site_.AddJson(kPage, PageOf({"pkg-2.tar.gz"}));
  const auto second = Find("pkg");
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(Names(**second), ElementsAre("pkg-2.tar.gz"));
  EXPECT_EQ(LastHeaders().Get("If-Modified-Since"), "then");
}

TEST_F(PackageIndexTest, A304ThatWasNotAskedForIsAnError) {
  site_.Add(kPage, net::MakeResponse(304, ""));
  EXPECT_THAT(Find("pkg"), HasCode(ErrorCode::kCorrupt));
}

TEST_F(PackageIndexTest, ThatAProjectIsMissingIsRememberedForAWhile) {
  ASSERT_THAT(Find("pkg"), IsOk());
  ASSERT_FALSE((*Find("pkg"))->found);
  EXPECT_EQ(request_count(), 0U);
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}));
  clock_.Advance(std::chrono::seconds(600));
  EXPECT_TRUE((*Find("pkg"))->found);
}

TEST_F(PackageIndexTest, RefreshAsksAboutFreshPagesOnce) {
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}), {{"Cache-Control", "max-age=600"}});
  ASSERT_THAT(Find("pkg"), IsOk());
  options_.mode = FetchMode::kRefresh;
  ASSERT_THAT(Find("pkg"), IsOk());
  ASSERT_THAT(index_->Project(*pypi::Name::Parse("pkg")), IsOk());
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(PackageIndexTest, OfflineUsesWhatIsCachedHoweverOld) {
  site_.AddJson(kPage, PageOf({"pkg-1.tar.gz"}));
  ASSERT_THAT(Find("pkg"), IsOk());
  clock_.Advance(std::chrono::hours(1000));
  options_.mode = FetchMode::kOffline;
  EXPECT_THAT(Find("pkg"), IsOk());
  const auto other = Find("other");
  EXPECT_THAT(other, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(other, HasMessage(HasSubstr("other on https://index.example/simple")));
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(PackageIndexTest, FindLinksComeBeforeTheIndex) {
  Write("/wheels", "pkg-1-py3-none-any.whl", "local");
  Write("/wheels", "pkg-3.tar.gz", "local");
  Write("/wheels", "other-1-py3-none-any.whl", "local");
  Write("/wheels", "notes.txt", "no distribution");
  options_.find_links = {"/wheels", "https://links.example/page.html"};
  site_.Add("https://links.example/page.html",
            net::MakeResponse(200, "<a href=pkg-2.zip>x</a>", {{"Content-Type", "text/html"}}));
  site_.AddJson(kPage, PageOf({"pkg-1-py3-none-any.whl", "pkg-4.tar.gz"}));
  const auto project = Find("pkg");
  ASSERT_THAT(project, IsOk());
  EXPECT_THAT(Names(**project),
              ElementsAre("pkg-1-py3-none-any.whl", "pkg-2.zip", "pkg-3.tar.gz", "pkg-4.tar.gz"));
  EXPECT_EQ((*project)->Files()[0].url, "file:///wheels/pkg-1-py3-none-any.whl");
  EXPECT_EQ((*project)->Files()[0].size, 5U);
  EXPECT_EQ((*project)->Files()[0].sha256, Digest::Of("local"));
}

TEST_F(PackageIndexTest, FindLinksAloneNeedNoNetwork) {
  Write("/wheels", "pkg-1-py3-none-any.whl", "local");
  options_.indexes = {};
  options_.find_links = {"file:///wheels"};
  options_.mode = FetchMode::kOffline;
  const auto project = Find("pkg");
  ASSERT_THAT(project, IsOk());
  EXPECT_TRUE((*project)->found);
  EXPECT_EQ((*project)->index, "");
}

TEST_F(PackageIndexTest, AMissingFindLinksDirectoryIsAnError) {
  options_.find_links = {"/nowhere"};
  EXPECT_THAT(Find("pkg"), HasMessage(AllOf(HasSubstr("/nowhere"), HasSubstr("find-links"))));
}

TEST_F(PackageIndexTest, AnIndexMayBeATreeOfDirectories) {
  Write("/mirror/pkg", "index.html", "<a href=../files/pkg-1.zip#sha256=00>pkg-1.zip</a>");
  Write("/mirror/flat", "flat-1.zip", "");
  options_.indexes = {{.url = "file:///mirror"}};
  EXPECT_EQ((*Find("pkg"))->Files().at(0).url, "file:///mirror/files/pkg-1.zip");
  EXPECT_THAT(Names(**Find("flat")), ElementsAre("flat-1.zip"));
  EXPECT_FALSE((*Find("missing"))->found);
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(PackageIndexTest, TheOrderOfAnswersDoesNotMatter) {
  options_.indexes = {{.url = "https://first.example/"}, {.url = "https://second.example/"}};
  std::vector<pypi::Name> names;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "p" + std::to_string(i);
    names.push_back(*pypi::Name::Parse(name));
    const std::string origin = i % 3 == 0 ? "https://first.example/" : "https://second.example/";
    site_.AddJson(origin + name + "/", PageOf({name + "-1.zip"}));
  }
  std::vector<std::string> results;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    os::MemoryFileSystem files;
    net::FakeTransport server([this](const net::Request& r) { return site_.Answer(r); },
                              net::FakeTransport::Ranges::kHonoured,
                              net::FakeTransport::Delivery::kHeld);
    PackageIndex index(server, files, clock_, options_);
    for (const pypi::Name& name : names) {
      index.StartProject(name);
    }
    auto all = std::async(std::launch::async, [&] {
      std::string text;
      for (const pypi::Name& name : names) {
        const auto project = *index.Project(name);
        text += project->index + " " + Names(*project).at(0) + "\n";
      }
      return text;
    });
    while (all.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      server.DeliverShuffled(seed);
      std::this_thread::yield();
    }
    results.push_back(all.get());
  }
  for (const std::string& result : results) {
    EXPECT_EQ(result, results[0]);
  }
}

TEST_F(PackageIndexTest, ClosingWithRequestsUnderWayIsSafe) {
  net::FakeTransport server([this](const net::Request& r) { return site_.Answer(r); },
                            net::FakeTransport::Ranges::kHonoured,
                            net::FakeTransport::Delivery::kHeld);
  {
    PackageIndex index(server, files_, clock_, options_);
    index.StartProject(*pypi::Name::Parse("pkg"));
    while (server.requests().empty()) {
      std::this_thread::yield();
    }
  }
  server.DeliverShuffled(0);
}

// Over real connections, with the login of the index.
TEST_F(PackageIndexTest, NoCredentialsReachTheCache) {
  const std::string wheel = MakeWheel(1000);
  net::LoopbackServer server([&](const net::Request& request) -> Result<net::LoopbackReply> {
    if (!request.headers.Get("Authorization")) {
      return net::LoopbackReply{.response = net::MakeResponse(401, "")};
    }
    if (request.url.ends_with(".whl")) {
      return net::LoopbackReply{.response = net::MakeResponse(200, wheel)};
    }
    return net::LoopbackReply{
        .response = net::MakeResponse(
            200,
            R"({"files":[{"filename":"pkg-1-py3-none-any.whl",)"
            R"("url":"../files/pkg-1-py3-none-any.whl"}]})",
            {{"Content-Type", "application/json"}, {"Cache-Control", "max-age=60"}})};
  });
  const net::Url url = net::Url::Parse(server.origin() + "/simple/")
                           ->WithCredentials(net::Credentials{"user", net::Secret("canary")});
  net::CurlTransport curl(net::CurlOptions{}, clock_);
  net::CredentialStore store;
  store.Add(url, "the test");
  net::AuthenticatingTransport transport(curl, store);
  options_.indexes = {{.url = url.ToString()}};
  auto index = std::make_unique<PackageIndex>(transport, files_, clock_, options_);
  const auto project = index->Project(*pypi::Name::Parse("pkg"));
  ASSERT_THAT(project, IsOk());
  const auto metadata = index->Metadata((*project)->Files().at(0));
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ((*metadata)->parsed.name(), "pkg");
  EXPECT_EQ((*metadata)->source, MetadataSource::kRanges);
  index.reset();

  int count = 0;
  ASSERT_THAT(os::WalkTree(files_, "/",
                           [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
                             EXPECT_THAT(entry.path, Not(HasSubstr("canary")));
                             if (entry.info.type == os::FileType::kFile) {
                               ++count;
                               EXPECT_THAT(*files_.ReadFile("/" + entry.path),
                                           Not(HasSubstr("canary")));
                             }
                             return os::WalkNext::kDescend;
                           }),
              IsOk());
  EXPECT_EQ(count, 2);  // the log of what was learnt, and its lock
}

}  // namespace
}  // namespace flowstone::index
