#include "flowstone/index/simple_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/index/page_file.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kJson = "application/vnd.pypi.simple.v1+json";
const std::string kSha(64, 'a');

net::Url PageUrl() {
  return *net::Url::Parse("https://index.example/simple/pkg/");
}

Result<ProjectPage> Json(const std::string& body) {
  return ParseSimpleJson(body, PageUrl());
}
Result<ProjectPage> Html(const std::string& body) {
  return ParseSimpleHtml(body, PageUrl());
}

// The one file of a page whose entry holds these facts besides name and URL.
IndexFile JsonFile(const std::string& facts) {
  const auto page =
      Json(R"({"name":"pkg","files":[{"filename":"pkg-1-py3-none-any.whl","url":"x.whl")" +
           (facts.empty() ? "" : "," + facts) + "}]}");
  EXPECT_THAT(page, IsOk()) << facts;
  return page && page->files.size() == 1 ? page->files[0] : IndexFile();
}
IndexFile HtmlFile(const std::string& attributes) {
  const auto page = Html("<a href=pkg-1-py3-none-any.whl " + attributes + ">x</a>");
  EXPECT_THAT(page, IsOk()) << attributes;
  return page && page->files.size() == 1 ? page->files[0] : IndexFile();
}

std::vector<std::string> Urls(const Result<ProjectPage>& page) {
  EXPECT_THAT(page, IsOk());
  std::vector<std::string> urls;
  for (const IndexFile& file : page->files) {
    urls.push_back(file.url);
  }
  return urls;
}

TEST(SimpleJsonTest, ReadsAWholeEntry) {
  const auto page = Json(R"({
    "meta": {"api-version": "1.1", "_last-serial": 7},
    "name": "Pkg", "versions": ["1.0"], "alternate-locations": [],
    "files": [{
      "filename": "pkg-1.0-py3-none-any.whl", "url": "../../files/pkg-1.0-py3-none-any.whl",
      "hashes": {"sha256": ")" +
                         kSha + R"(", "md5": "0123"},
      "requires-python": ">=3.8", "core-metadata": {"sha256": ")" +
                         kSha + R"("},
      "dist-info-metadata": false, "yanked": "broken", "size": 1234, "gpg-sig": false,
      "upload-time": "2022-01-01T00:00:01.5Z", "provenance": null, "_private": {"a": [1, {}]}
    }]})");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->name, "Pkg");
  EXPECT_THAT(page->warnings, IsEmpty());
  ASSERT_EQ(page->files.size(), 1U);
  const Digest digest = *Digest::Parse(kSha);
  EXPECT_EQ(page->files[0],
            (IndexFile{.filename = "pkg-1.0-py3-none-any.whl",
                       .url = "https://index.example/files/pkg-1.0-py3-none-any.whl",
                       .sha256 = digest,
                       .other_hashes = {{"md5", "0123"}},
                       .requires_python = ">=3.8",
                       .metadata = MetadataOffer{digest},
                       .yanked = "broken",
                       .size = 1234,
                       .upload_time_us = 1'640'995'201'500'000}));
}

TEST(SimpleJsonTest, AnEmptyProjectIsAPage) {
  const auto page = Json(R"({"meta":{"api-version":"1.0"},"name":"pkg","files":[]})");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->files, IsEmpty());
}

TEST(SimpleJsonTest, EmptyHashesAreNone) {
  EXPECT_EQ(JsonFile(R"("hashes":{})").sha256, std::nullopt);
  EXPECT_EQ(JsonFile("").sha256, std::nullopt);
}

TEST(SimpleJsonTest, HashesInTheFragmentCountToo) {
  const auto page =
      Json(R"({"files":[{"filename":"a.whl","url":"a.whl#sha256=)" + kSha + R"("}]})");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->files.at(0).url, "https://index.example/simple/pkg/a.whl");
}

TEST(SimpleJsonTest, CoreMetadata) {
  EXPECT_EQ(JsonFile("").metadata, std::nullopt);
  EXPECT_EQ(JsonFile(R"("core-metadata":false)").metadata, std::nullopt);
  EXPECT_EQ(JsonFile(R"("core-metadata":true)").metadata, MetadataOffer());
  EXPECT_EQ(JsonFile(R"("core-metadata":{})").metadata, MetadataOffer());
  EXPECT_EQ(JsonFile(R"("core-metadata":{"md5":"00"})").metadata, MetadataOffer());
  EXPECT_EQ(JsonFile(R"("dist-info-metadata":true)").metadata, MetadataOffer());
  EXPECT_EQ(JsonFile(R"("core-metadata":"yes")").metadata, std::nullopt);
}

TEST(SimpleJsonTest, CoreMetadataCountsBeforeItsOldNameInEitherOrder) {
  EXPECT_EQ(JsonFile(R"("core-metadata":true,"dist-info-metadata":false)").metadata,
            MetadataOffer());
  EXPECT_EQ(JsonFile(R"("dist-info-metadata":true,"core-metadata":false)").metadata, std::nullopt);
  EXPECT_EQ(JsonFile(R"("core-metadata":null,"dist-info-metadata":true)").metadata,
            MetadataOffer());
}

// Plain links are read in a shorter way; they must come out as others do.
TEST(SimpleJsonTest, LinksOfEachKindMeanWhatTheyMeanAlone) {
  const net::Url page = *net::Url::Parse("https://index.example/simple/pkg/");
  const std::vector<std::string> links = {"https://files.example/a/pkg-1.tar.gz",
                                          "https://files.example/b/pkg-2.tar.gz",
                                          "https://FILES.example/b/pkg-3.tar.gz",
                                          "https://files.example:8443/c/pkg-4.tar.gz",
                                          "https://files.example/d/../pkg-5.tar.gz",
                                          "https://files.example/d/.hidden/pkg-6.tar.gz",
                                          "https://files.example//pkg-7.tar.gz",
                                          "https://files.example/pkg-8%2Bx.tar.gz",
                                          "https://files.example/pkg-9.tar.gz?x=1",
                                          "https://files.example/pkg-10.tar.gz#sha1=aa",
                                          "https://user:secret@files.example/pkg-11.tar.gz",
                                          "../../files/pkg-12.tar.gz",
                                          "../../files/sub/pkg-13.tar.gz",
                                          "../../files/../pkg-14.tar.gz",
                                          "../pkg-15.tar.gz",
                                          "/files/pkg-16.tar.gz",
                                          "/files/pkg-17.tar.gz",
                                          "//other.example/pkg-18.tar.gz",
                                          "pkg-19.tar.gz",
                                          "./pkg-20.tar.gz",
                                          "https://files.example/pkg 21.tar.gz"};
  LinkReader reader(page);
  for (int round = 0; round < 2; ++round) {
    for (const std::string& link : links) {
      const Result<IndexFile> alone = MakeIndexFile(page, link, "pkg.tar.gz");
      const Result<std::string> among_others = reader.Read(link, "pkg.tar.gz");
      ASSERT_EQ(among_others.has_value(), alone.has_value()) << link;
      if (alone) {
        EXPECT_EQ(*among_others, alone->url) << link;
      }
    }
  }
}

TEST(SimpleJsonTest, Yanked) {
  EXPECT_EQ(JsonFile("").yanked, std::nullopt);
  EXPECT_EQ(JsonFile(R"("yanked":false)").yanked, std::nullopt);
  EXPECT_EQ(JsonFile(R"("yanked":null)").yanked, std::nullopt);
  EXPECT_EQ(JsonFile(R"("yanked":true)").yanked, "");
  EXPECT_FALSE(JsonFile(R"("yanked":true)").is_yanked_by_empty_text);
  EXPECT_EQ(JsonFile(R"("yanked":"")").yanked, "");
  EXPECT_TRUE(JsonFile(R"("yanked":"")").is_yanked_by_empty_text);
  EXPECT_EQ(JsonFile(R"("yanked":"bad \"wheel\"")").yanked, "bad \"wheel\"");
}

TEST(SimpleJsonTest, AnInvalidRequiresPythonIsKeptAsGiven) {
  EXPECT_EQ(JsonFile(R"("requires-python":">=3.6.*")").requires_python, ">=3.6.*");
  EXPECT_EQ(JsonFile(R"("requires-python":null)").requires_python, std::nullopt);
}

TEST(SimpleJsonTest, AMalformedFactIsAWarningAndCountsAsAbsent) {
  const auto page = Json(R"({"files":[
    {"filename":"a.whl","url":"a.whl","size":-1,"upload-time":"yesterday","hashes":{"sha256":"x"}},
    {"filename":"b.whl","url":"b.whl","size":2.5}]})");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->files.size(), 2U);
  EXPECT_EQ(page->files[0].size, std::nullopt);
  EXPECT_EQ(page->files[0].upload_time_us, std::nullopt);
  EXPECT_EQ(page->files[0].sha256, std::nullopt);
  EXPECT_THAT(page->warnings,
              ElementsAre(HasSubstr("size of a.whl"), HasSubstr("upload-time of a.whl"),
                          HasSubstr("sha256 of a.whl"), HasSubstr("size of b.whl")));
}

TEST(SimpleJsonTest, AFileThatCannotBeUsedIsLeftOutWithAWarning) {
  const auto page = Json(R"({"files":[{"filename":"../a.whl","url":"a.whl"},
    {"filename":"b.whl"},{"url":"c.whl"},{"filename":"d.whl","url":"ftp://x/d.whl"},
    {"filename":"e.whl","url":"file:///etc/e.whl"}, 7, {"filename":"f.whl","url":"f.whl"}]})");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(Urls(page), ElementsAre("https://index.example/simple/pkg/f.whl"));
  EXPECT_EQ(page->warnings.size(), 6U);
}

TEST(SimpleJsonTest, LinksLoseTheirCredentials) {
  EXPECT_THAT(
      Urls(Json(R"({"files":[{"filename":"a.whl","url":"https://u:canary@f.example/a.whl"}]})")),
      ElementsAre("https://f.example/a.whl"));
}

TEST(SimpleJsonTest, TheFirstOfSeveralEntriesOfAFileCounts) {
  EXPECT_THAT(Urls(Json(R"({"files":[{"filename":"a.whl","url":"1/a.whl"},
                                     {"filename":"b.whl","url":"1/b.whl"},
                                     {"filename":"a.whl","url":"2/a.whl"}]})")),
              ElementsAre("https://index.example/simple/pkg/1/a.whl",
                          "https://index.example/simple/pkg/1/b.whl"));
}

TEST(SimpleJsonTest, AQuarantinedProjectHasNoFiles) {
  const auto page = Json(R"({"project-status":{"status":"quarantined","reason":"malware"},
                            "files":[{"filename":"a.whl","url":"a.whl"}]})");
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->status, ProjectStatus::kQuarantined);
  EXPECT_EQ(page->status_reason, "malware");
  EXPECT_THAT(page->files, IsEmpty());
}

TEST(SimpleJsonTest, AnotherMajorVersionIsRefusedANewerMinorOneIsAWarning) {
  EXPECT_THAT(Json(R"({"files":[],"meta":{"api-version":"2.0"}})"),
              HasMessage(HasSubstr("API version 2.0")));
  const auto page = Json(R"({"files":[],"meta":{"api-version":"1.12"}})");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->warnings, ElementsAre(HasSubstr("1.12")));
}

TEST(SimpleJsonTest, BrokenJsonIsCorrupt) {
  for (const std::string body :
       {"", "null", "[]", "{", R"({"files":[)", R"({"files":[{"filename":"a)",
        R"({"files":[]} trailing)", R"({"files":[{"filename":"a.whl" "url":"b"}]})",
        "{\"files\":[{\"filename\":\"\xff\"}]}", R"({"name":"pkg"})", R"({"files":{}})"}) {
    EXPECT_THAT(Json(body), HasCode(ErrorCode::kCorrupt)) << body;
  }
}

TEST(SimpleJsonTest, AByteOrderMarkIsSkipped) {
  EXPECT_THAT(Json("\xEF\xBB\xBF{\"files\":[]}"), IsOk());
}

TEST(SimpleHtmlTest, ReadsAWholeEntry) {
  const auto page = Html(R"(<!DOCTYPE html><html><head>
    <meta name="pypi:repository-version" content="1.1"><title>Links for pkg</title></head><body>
    <h1>Links for pkg</h1>
    <a href="../../files/pkg-1.0.tar.gz#sha256=)" +
                         kSha + R"(" data-requires-python="&gt;=3.8"
       data-core-metadata="sha256=)" +
                         kSha + R"(" data-yanked="broken">pkg-1.0.tar.gz</a><br/>
    </body></html>)");
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->files.size(), 1U);
  const Digest digest = *Digest::Parse(kSha);
  EXPECT_EQ(page->files[0], (IndexFile{.filename = "pkg-1.0.tar.gz",
                                       .url = "https://index.example/files/pkg-1.0.tar.gz",
                                       .sha256 = digest,
                                       .requires_python = ">=3.8",
                                       .metadata = MetadataOffer{digest},
                                       .yanked = "broken"}));
}

TEST(SimpleHtmlTest, AttributesInAnyCaseAndQuoting) {
  EXPECT_EQ(HtmlFile("DATA-Requires-Python='>=3.7'").requires_python, ">=3.7");
  EXPECT_EQ(HtmlFile("data-requires-python=\"&gt;=3.7,&lt;4\"").requires_python, ">=3.7,<4");
}

TEST(SimpleHtmlTest, RequiresPythonMayBeEscapedTwice) {
  EXPECT_EQ(HtmlFile("data-requires-python=\"&amp;gt;=3.7\"").requires_python, ">=3.7");
}

TEST(SimpleHtmlTest, YankedMayHaveNoReason) {
  EXPECT_EQ(HtmlFile("data-yanked").yanked, "");
  EXPECT_EQ(HtmlFile("data-yanked=\"\"").yanked, "");
  EXPECT_FALSE(HtmlFile("data-yanked=\"\"").is_yanked_by_empty_text) << "to nobody it is none";
  EXPECT_EQ(HtmlFile("").yanked, std::nullopt);
}

TEST(SimpleHtmlTest, CoreMetadata) {
  EXPECT_EQ(HtmlFile("data-core-metadata=true").metadata, MetadataOffer());
  EXPECT_EQ(HtmlFile("data-core-metadata").metadata, MetadataOffer());
  EXPECT_EQ(HtmlFile("data-core-metadata=false").metadata, std::nullopt);
  EXPECT_EQ(HtmlFile("data-dist-info-metadata=sha256=" + kSha).metadata,
            MetadataOffer{*Digest::Parse(kSha)});
  EXPECT_EQ(HtmlFile("data-core-metadata=false data-dist-info-metadata=true").metadata,
            std::nullopt);
}

TEST(SimpleHtmlTest, LinksThatAreNoFilesAreSkipped) {
  EXPECT_THAT(Urls(Html("<a href='../'>Parent</a><a href='?C=N;O=D'>Name</a><a name=x>y</a>"
                        "<a href='pkg-1.tar.gz.asc'>sig</a><a href='pkg-1.zip'>pkg-1.zip</a>")),
              ElementsAre("https://index.example/simple/pkg/pkg-1.zip"));
}

TEST(SimpleHtmlTest, AnchorsMayBeLeftOpen) {
  EXPECT_EQ(Urls(Html("<a href=a-1.whl>a-1.whl<br><a href=b-1.whl>b-1.whl")).size(), 2U);
}

TEST(SimpleHtmlTest, TheFirstBaseCountsWhereverItStands) {
  EXPECT_THAT(Urls(Html("<a href=a-1.whl>x</a><base href=/files/><base href=/other/>")),
              ElementsAre("https://index.example/files/a-1.whl"));
}

TEST(SimpleHtmlTest, TheNameIsDecodedOnce) {
  const auto page = Html(
      "<a href='torch-2.0%2Bcpu-py3-none-any.whl'>x</a>"
      "<a href='..%252fevil.whl'>x</a><a href='..%2fevil.whl'>x</a>");
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->files.size(), 2U);
  EXPECT_EQ(page->files[0].filename, "torch-2.0+cpu-py3-none-any.whl");
  EXPECT_EQ(page->files[1].filename, "..%2fevil.whl");
}

TEST(SimpleHtmlTest, WhereTheUrlIsAScriptTheTextNamesTheFile) {
  const auto page = Html("<a href='/download?id=7'> pkg-1.tar.gz </a>");
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->files.size(), 1U);
  EXPECT_EQ(page->files[0].filename, "pkg-1.tar.gz");
  EXPECT_EQ(page->files[0].url, "https://index.example/download?id=7");
}

TEST(SimpleHtmlTest, AnotherMajorVersionIsRefused) {
  EXPECT_THAT(Html("<meta name='pypi:repository-version' content='2.0'>"),
              HasCode(ErrorCode::kCorrupt));
}

TEST(SimpleHtmlTest, AQuarantinedProjectHasNoFiles) {
  const auto page = Html(
      "<meta name=pypi:project-status content=quarantined>"
      "<meta name=pypi:project-status-reason content=malware><a href=a-1.whl>x</a>");
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(page->files, IsEmpty());
  EXPECT_EQ(page->status_reason, "malware");
}

TEST(SimplePageTest, TheContentTypeDecides) {
  const std::string json = R"({"files":[]})";
  for (const std::string type : {"application/vnd.pypi.simple.v1+json", "application/json",
                                 "Application/JSON; charset=utf-8"}) {
    EXPECT_THAT(ParseSimplePage(type, json, PageUrl()), IsOk()) << type;
  }
  for (const std::string type :
       {"text/html", "text/html;charset=latin-1", "application/vnd.pypi.simple.v1+html"}) {
    EXPECT_THAT(ParseSimplePage(type, "<a href=a-1.whl>a</a>", PageUrl()), IsOk()) << type;
  }
}

TEST(SimplePageTest, OtherContentTypesAreCorrupt) {
  EXPECT_THAT(ParseSimplePage("", "{}", PageUrl()), HasMessage(HasSubstr("no Content-Type")));
  EXPECT_THAT(ParseSimplePage("text/html", " \n", PageUrl()), HasMessage(HasSubstr("is empty")));
  EXPECT_THAT(ParseSimplePage("text/plain", "{}", PageUrl()), HasMessage(HasSubstr("text/plain")));
  EXPECT_THAT(ParseSimplePage("application/vnd.pypi.simple.v2+json", "{}", PageUrl()),
              HasMessage(HasSubstr("another version of the protocol")));
  EXPECT_THAT(ParseSimplePage(kJson, "<html>", PageUrl()), HasCode(ErrorCode::kCorrupt));
}

TEST(SimplePageTest, UploadTimes) {
  const auto time = [](const std::string& text) {
    return JsonFile(R"("upload-time":")" + text + R"(")").upload_time_us;
  };
  EXPECT_EQ(time("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(time("1970-01-01T00:00:01.000001Z"), 1'000'001);
  EXPECT_EQ(time("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(time("2024-02-29T12:00:00"), 1'709'208'000'000'000);
  for (const std::string text : {"2023-02-29T12:00:00Z", "2024-01-01", "2024-01-01T25:00:00Z",
                                 "2024-01-01T12:00:00.Z", "2024-01-01T12:00:00Zulu"}) {
    EXPECT_EQ(time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace flowstone::index
