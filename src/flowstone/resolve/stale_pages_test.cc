// Solving from pages that are past their freshness, while their index is asked about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "flowstone/base/digest.h"
#include "flowstone/base/progress.h"
#include "flowstone/index/package_index.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/net/fake_transport.h"
#include "flowstone/os/fake_clock.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/scenario.h"

namespace flowstone::resolve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// An index that says how long its pages are fresh and whether they changed.
class DatedSite {
 public:
  void Publish(const PublishedRelease& release) {
    const std::string file = release.name + "-" + release.version + "-py3-none-any.whl";
    std::string& entries = entries_[release.name];
    entries += entries.empty() ? "" : ",";
    entries += R"({"filename":")" + file + R"(","url":"https://index.example/files/)" + file +
               R"(","hashes":{"sha256":")" + Digest::Of(file).ToString() +
               R"("},"core-metadata":true})";
    metadata_["https://index.example/files/" + file + ".metadata"] = MetadataText(release);
  }
  void Remove(const std::string& project) { entries_.erase(project); }
  void FailFor(const std::string& project) { failing_ = project; }

  Result<net::Response> Answer(const net::Request& request) const {
    if (const auto text = metadata_.find(request.url); text != metadata_.end()) {
      return net::MakeResponse(200, text->second);
    }
    for (const auto& [name, entries] : entries_) {
      if (request.url != "https://index.example/simple/" + name + "/") {
        continue;
      }
      if (name == failing_) {
        return Error{ErrorCode::kUnavailable, "connection refused"};
      }
      const std::string etag = '"' + Digest::Of(entries).ToString() + '"';
      if (request.headers.Get("If-None-Match") == etag) {
        return net::MakeResponse(304, "", {{"Cache-Control", "max-age=600"}, {"ETag", etag}});
      }
      std::string page = R"({"meta":{"api-version":"1.1"},"name":")";
      page.append(name).append(R"(","files":[)").append(entries).append("]}");
      return net::MakeResponse(200, std::move(page),
                               {{"Content-Type", "application/vnd.pypi.simple.v1+json"},
                                {"Cache-Control", "max-age=600"},
                                {"ETag", etag}});
    }
    return net::MakeResponse(404, "");
  }

 private:
  std::map<std::string, std::string> entries_;
  std::map<std::string, std::string> metadata_;
  std::string failing_;
};

class StalePagesTest : public ::testing::Test {
 protected:
  StalePagesTest() {
    site_.Publish({.name = "app", .version = "1", .dependencies = {"lib"}});
    site_.Publish({.name = "lib", .version = "1", .dependencies = {"base"}});
    site_.Publish({.name = "base", .version = "1"});
    request_.requirements.push_back({*pypi::Requirement::Parse("app"), "test"});
    EXPECT_THAT(LockText(), HasSubstr("name = \"base\""));
    clock_.Advance(std::chrono::hours(1));
  }

  // As a new process would resolve it.
  std::string LockText(index::FetchMode mode = index::FetchMode::kNormal,
                       index::StalePages stale = index::StalePages::kUsedMeanwhile) {
    server_ = std::make_unique<net::FakeTransport>(
        [this](const net::Request& request) { return site_.Answer(request); });
    index::PackageIndex index(*server_, files_, clock_,
                              {.indexes = {{.url = "https://index.example/simple/"}},
                               .mode = mode,
                               .stale_pages = stale,
                               .cache_directory = "/cache"});
    IndexCandidateSource source(index);
    NoProgress progress;
    const auto answer = Resolve(request_, source, progress);
    if (!answer) {
      return answer.error().ToString();
    }
    const auto* resolution = std::get_if<Resolution>(&*answer);
    return resolution == nullptr ? std::get<ResolveConflict>(*answer).ToError().ToString()
                                 : lock::WriteLock(resolution->lock);
  }
  std::size_t requests() const { return server_->requests().size(); }

  DatedSite site_;
  os::MemoryFileSystem files_;
  os::FakeClock clock_;
  ResolveRequest request_{.requirements = {}, .target = LinuxTarget("3.12")};
  std::unique_ptr<net::FakeTransport> server_;
};

TEST_F(StalePagesTest, UnchangedPagesCostOneConditionalRequestEach) {
  const std::string lock = LockText();
  EXPECT_THAT(lock, HasSubstr("name = \"base\""));
  EXPECT_EQ(requests(), 3U);
  for (const net::Request& request : server_->requests()) {
    EXPECT_TRUE(request.headers.Get("If-None-Match")) << request.url;
  }
  EXPECT_EQ(LockText(), lock);
  EXPECT_EQ(requests(), 0U) << "they are fresh again";
}

TEST_F(StalePagesTest, ChangedPageChangesTheAnswer) {
  site_.Publish({.name = "lib", .version = "2", .dependencies = {"base", "addition"}});
  site_.Publish({.name = "addition", .version = "1"});
  const std::string lock = LockText();
  EXPECT_THAT(lock, HasSubstr("lib-2-py3"));
  EXPECT_THAT(lock, HasSubstr("addition-1-py3"));
  // Three pages, the new one, and the metadata of two new releases.
  EXPECT_EQ(requests(), 6U);
}

TEST_F(StalePagesTest, AnswerIsTheOneOfRevalidatingFirst) {
  site_.Publish({.name = "lib", .version = "2"});
  site_.Remove("base");
  const std::string lock = LockText();
  EXPECT_THAT(lock, Not(HasSubstr("name = \"base\"")));
  EXPECT_EQ(lock, LockText(index::FetchMode::kRefresh, index::StalePages::kRevalidatedFirst));
}

TEST_F(StalePagesTest, ConflictOfStalePagesIsNotTheAnswer) {
  request_.requirements.push_back({*pypi::Requirement::Parse("lib>=2"), "test"});
  site_.Publish({.name = "lib", .version = "2"});
  EXPECT_THAT(LockText(), HasSubstr("lib-2-py3"));
}

TEST_F(StalePagesTest, ProjectThatIsGoneIsNotTakenFromItsOldPage) {
  site_.Remove("lib");
  EXPECT_THAT(LockText(), HasSubstr("lib was not found in any index"));
}

TEST_F(StalePagesTest, UnreachableIndexIsAnError) {
  site_.FailFor("lib");
  const std::string error = LockText();
  EXPECT_THAT(error, HasSubstr("connection refused"));
  EXPECT_THAT(error, HasSubstr("while looking for lib"));
  EXPECT_THAT(LockText(index::FetchMode::kOffline), HasSubstr("lib-1-py3"));
  EXPECT_EQ(requests(), 0U);
}

TEST_F(StalePagesTest, RefreshAsksAboutFreshPagesAsWell) {
  LockText();
  EXPECT_THAT(LockText(index::FetchMode::kRefresh), HasSubstr("lib-1-py3"));
  EXPECT_EQ(requests(), 3U);
}

}  // namespace
}  // namespace flowstone::resolve
