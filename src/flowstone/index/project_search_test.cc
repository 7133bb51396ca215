// Several indexes: which of them give the files of a project.
#include "flowstone/index/project_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/index/fake_index_site.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Two indexes: `inner` and `outer`, in this order.
class ProjectSearchTest : public PackageIndexFixture {
 protected:
  ProjectSearchTest() {
    options_.indexes = {{.name = "inner", .url = "https://inner.example/simple"},
                        {.name = "outer", .url = "https://outer.example/simple"}};
  }
  void Stock(const std::string& index, const std::vector<std::string>& filenames) {
    site_.AddJson("https://" + index + ".example/simple/pkg/", PageOf(filenames));
  }
  void AnswerWith(const std::string& index, int status) {
    site_.Add("https://" + index + ".example/simple/pkg/", net::MakeResponse(status, ""));
  }
  // "index filename" of every file that is found.
  std::vector<std::string> Found() {
    const auto project = Find("pkg");
    if (!project) {
      return {project.error().message};
    }
    std::vector<std::string> found;
    for (const IndexFile& file : (*project)->Files()) {
      const FileSource& source = (*project)->sources.at(file.source);
      const bool is_link = source.kind == FileSource::Kind::kFindLinks;
      found.push_back((is_link ? "links" : source.name) + " " + file.filename);
    }
    return found;
  }
  std::vector<std::string> Unasked() {
    std::vector<std::string> titles;
    for (const FileSource& index : (*Find("pkg"))->unasked) {
      titles.push_back(index.title());
    }
    return titles;
  }
  // "outer pkg-2.zip" of every file that the indexes have that were not asked.
  std::vector<std::string> FoundElsewhere() {
    const auto project = Find("pkg");
    const ProjectFiles elsewhere = index_->Elsewhere(**project);
    std::vector<std::string> found;
    for (const IndexFile& file : elsewhere.Files()) {
      found.push_back(elsewhere.sources.at(file.source).title() + " " + file.filename);
    }
    return found;
  }
};

TEST_F(ProjectSearchTest, TheFirstIndexThatHasAProjectIsTheOnlyOne) {
  Stock("inner", {"pkg-1.zip"});
  Stock("outer", {"pkg-2.zip"});
  EXPECT_THAT(Found(), ElementsAre("inner pkg-1.zip"));
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(ProjectSearchTest, IndexesBehindTheFirstThatHasAProjectAreTold) {
  Stock("inner", {"pkg-1.zip"});
  Stock("outer", {"pkg-2.zip"});
  EXPECT_THAT(Unasked(), ElementsAre("outer"));
  options_.strategy = IndexStrategy::kUnsafeBestMatch;
  EXPECT_THAT(Unasked(), IsEmpty());
}

TEST_F(ProjectSearchTest, IndexesThatWereNotAskedTellWhatTheyHaveWhenTheyAreAskedForIt) {
  options_.indexes.push_back({.name = "third", .url = "https://third.example/simple"});
  Stock("inner", {"pkg-1.zip"});
  Stock("outer", {"pkg-2.zip"});
  AnswerWith("third", 403);
  EXPECT_THAT(FoundElsewhere(), ElementsAre("outer pkg-2.zip"));
  EXPECT_EQ(request_count(), 3U);
}

TEST_F(ProjectSearchTest, WithoutNetworkOnlyPagesThatAreCachedTellMore) {
  Stock("inner", {"pkg-1.zip"});
  Stock("outer", {"pkg-2.zip"});
  EXPECT_THAT(Found(), ElementsAre("inner pkg-1.zip"));
  options_.mode = FetchMode::kOffline;
  EXPECT_THAT(FoundElsewhere(), IsEmpty());
  options_.mode = FetchMode::kNormal;
  EXPECT_THAT(FoundElsewhere(), ElementsAre("outer pkg-2.zip"));
  options_.mode = FetchMode::kOffline;
  EXPECT_THAT(FoundElsewhere(), ElementsAre("outer pkg-2.zip"));
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(ProjectSearchTest, OfWhatIsNotFoundTheExplicitIndexesAreTold) {
  options_.indexes[0].reach = IndexReach::kPinnedOnly;
  EXPECT_THAT(Unasked(), ElementsAre("inner"));
  options_.indexes[0].reach = IndexReach::kEveryProject;
  EXPECT_THAT(Unasked(), IsEmpty());
}

TEST_F(ProjectSearchTest, BestMatchTakesTheFilesOfAllIndexes) {
  Stock("inner", {"pkg-1.zip", "pkg-3.zip"});
  Stock("outer", {"pkg-2.zip", "pkg-3.zip"});
  options_.strategy = IndexStrategy::kUnsafeBestMatch;
  EXPECT_THAT(Found(), ElementsAre("inner pkg-1.zip", "inner pkg-3.zip", "outer pkg-2.zip"));
  EXPECT_EQ((*Find("pkg"))->version_order, VersionOrder::kAcrossSources);
}

TEST_F(ProjectSearchTest, FirstMatchExhaustsAnIndexBeforeTheNext) {
  Stock("inner", {"pkg-1.zip"});
  Stock("outer", {"pkg-2.zip"});
  options_.strategy = IndexStrategy::kUnsafeFirstMatch;
  EXPECT_THAT(Found(), ElementsAre("inner pkg-1.zip", "outer pkg-2.zip"));
  EXPECT_EQ((*Find("pkg"))->version_order, VersionOrder::kBySource);
}

TEST_F(ProjectSearchTest, AnIndexThatDoesNotAnswerIsAnErrorOfEveryStrategy) {
  AnswerWith("inner", 503);
  Stock("outer", {"pkg-2.zip"});
  for (const IndexStrategy strategy : {IndexStrategy::kFirstIndex, IndexStrategy::kUnsafeFirstMatch,
                                       IndexStrategy::kUnsafeBestMatch}) {
    options_.strategy = strategy;
    EXPECT_THAT(Find("pkg"), HasCode(ErrorCode::kUnavailable));
  }
}

TEST_F(ProjectSearchTest, ARefusalStopsTheSearch) {
  AnswerWith("inner", 403);
  Stock("outer", {"pkg-2.zip"});
  const auto found = Find("pkg");
  EXPECT_THAT(found, HasCode(ErrorCode::kDenied));
  EXPECT_THAT(found, HasMessage(AllOf(HasSubstr("https://inner.example/simple/pkg/"),
                                      HasSubstr("no credentials for it were found"))));
}

TEST_F(ProjectSearchTest, AStatusThatIsIgnoredMeansNotHere) {
  AnswerWith("inner", 403);
  Stock("outer", {"pkg-2.zip"});
  options_.indexes[0].ignored_statuses = {403};
  EXPECT_THAT(Found(), ElementsAre("outer pkg-2.zip"));
}

TEST_F(ProjectSearchTest, AnExplicitIndexIsAskedForPinnedProjectsOnly) {
  Stock("inner", {"pkg-1.zip"});
  Stock("outer", {"pkg-2.zip"});
  options_.indexes[0].reach = IndexReach::kPinnedOnly;
  EXPECT_THAT(Found(), ElementsAre("outer pkg-2.zip"));
  options_.pins = {{*pypi::Name::Parse("pkg"), "inner"}};
  EXPECT_THAT(Found(), ElementsAre("inner pkg-1.zip"));
}

TEST_F(ProjectSearchTest, APinnedProjectComesFromNowhereElse) {
  ASSERT_THAT(os::MakeDirectories(files_, "/wheels"), IsOk());
  ASSERT_THAT(os::ReplaceFile(files_, "/wheels/pkg-9.zip", "local"), IsOk());
  Stock("inner", {"pkg-1.zip"});
  options_.find_links = {"/wheels"};
  EXPECT_THAT(Found(), ElementsAre("links pkg-9.zip", "inner pkg-1.zip"));
  options_.pins = {{*pypi::Name::Parse("pkg"), "outer"}};
  EXPECT_THAT(Found(), IsEmpty());
}

TEST_F(ProjectSearchTest, APinToAnUnknownIndexIsAMistake) {
  options_.pins = {{*pypi::Name::Parse("pkg"), "other"}};
  const auto found = Find("pkg");
  EXPECT_THAT(found, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(found, HasMessage(HasSubstr("pinned to the index 'other'")));
}

TEST_F(ProjectSearchTest, AFlatIndexIsOnePageOfAllProjects) {
  options_.indexes[0].format = IndexFormat::kFlat;
  site_.Add("https://inner.example/simple",
            net::MakeResponse(200, "<a href=pkg-1.zip>x</a><a href=other-1.zip>x</a>",
                              {{"Content-Type", "text/html"}}));
  Stock("outer", {"pkg-2.zip"});
  EXPECT_THAT(Found(), ElementsAre("inner pkg-1.zip"));
}

TEST_F(ProjectSearchTest, ARefreshedProjectIsAskedForAgain) {
  site_.AddJson("https://inner.example/simple/pkg/", PageOf({"pkg-1.zip"}),
                {{"Cache-Control", "max-age=600"}});
  (void)Found();
  (void)Found();
  EXPECT_EQ(request_count(), 0U);
  options_.refreshed = {*pypi::Name::Parse("other")};
  (void)Found();
  EXPECT_EQ(request_count(), 0U);
  options_.refreshed = {*pypi::Name::Parse("pkg")};
  (void)Found();
  EXPECT_EQ(request_count(), 1U);
}

}  // namespace
}  // namespace flowstone::index
