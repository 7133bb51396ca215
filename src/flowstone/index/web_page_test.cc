#include "flowstone/index/web_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/index/simple_page.h"
#include "flowstone/net/url.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Result<ProjectPage> PageOfProject(const std::string& html,
                                  const std::string& type = "text/html; charset=utf-8",
                                  PageKind kind = PageKind::kProject) {
  return ParseSimplePage(type, html, *net::Url::Parse("https://index.example/simple/pkg/?s=1"),
                         kind);
}

TEST(WebPageTest, TheTitleIsThatOfThePageOrOfItsFirstHeading) {
  EXPECT_EQ(ReadWebPage("<TITLE>\n Sign in &amp;\tenter</title><h1>x</h1>").title,
            "Sign in & enter");
  EXPECT_EQ(ReadWebPage("<title> </title><h1>We are <b>back</b> soon</h1><h1>y</h1>").title,
            "We are back soon");
  EXPECT_EQ(ReadWebPage("<p>x</p>").title, "");
}

TEST(WebPageTest, ATitleIsNoWayToTheTerminal) {
  EXPECT_EQ(ReadWebPage("<title>a\x1b[31mb&#7;c</title>").title, "a [31mb c");
  const std::string longer =
      ReadWebPage("<title>" + std::string(79, 'x') + "\xC3\xA9y</title>").title;
  EXPECT_EQ(longer, std::string(79, 'x') + "...");
}

TEST(WebPageTest, AProjectWithoutFilesIsLegal) {
  for (const std::string html :
       {"<!DOCTYPE html><html><body></body></html>",
        "<html><head><title>Links for pkg</title><script src=x></script></head></html>",
        "<meta name='pypi:repository-version' content='1.0'><script>1</script>",
        "<h1>Index of /simple/pkg/</h1><form><input name=filter></form><a href='../'>../</a>",
        "<h1>Nothing here</h1><a href='../'>up</a>"}) {
    EXPECT_THAT(PageOfProject(html), IsOk()) << html;
  }
}

TEST(WebPageTest, APageForPeopleIsNone) {
  for (const std::string html :
       {"<title>Corp</title><div id=root></div><script src=app.js></script>",
        "<title>Corp</title><form action=/sso><input name=SAMLRequest></form>",
        "<title>Corp</title><meta http-equiv=Refresh content='0; url=/start'>",
        "<title>Corp</title><iframe src=/portal></iframe><a href=/about>about</a>"}) {
    EXPECT_THAT(
        PageOfProject(html),
        AllOf(HasCode(ErrorCode::kCorrupt),
              HasMessage(AllOf(HasSubstr("is a web page (\"Corp\") and no page of an index"),
                               Not(HasSubstr("s=1"))))))
        << html;
  }
}

TEST(WebPageTest, APageThatAsksForAPasswordIsDenied) {
  EXPECT_THAT(PageOfProject("<title>Index of pkg</title><form><input TYPE=Password></form>"),
              AllOf(HasCode(ErrorCode::kDenied), HasMessage(HasSubstr("netrc"))));
}

TEST(WebPageTest, FilesMakeAPageOneOfAnIndex) {
  EXPECT_THAT(PageOfProject("<script>1</script><input type=password><a href=pkg-1.tar.gz>x</a>"),
              IsOk());
}

TEST(WebPageTest, WhatIsDeclaredToBeAPageOfAnIndexIsOne) {
  EXPECT_THAT(PageOfProject("<script>1</script>", "application/vnd.pypi.simple.v1+html"), IsOk());
}

TEST(WebPageTest, APageOfLinksMayBeForPeopleAsWellUnlessItIsALogin) {
  EXPECT_THAT(PageOfProject("<script>1</script>", "text/html", PageKind::kLinks), IsOk());
  EXPECT_THAT(PageOfProject("<input type=password>", "text/html", PageKind::kLinks),
              HasCode(ErrorCode::kDenied));
}

}  // namespace
}  // namespace flowstone::index
