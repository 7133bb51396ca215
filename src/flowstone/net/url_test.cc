#include "flowstone/net/url.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::net {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Canonical(const std::string& text) {
  const auto url = Url::Parse(text);
  return url ? url->ToString() : "error: " + url.error().message;
}

std::string Resolved(const std::string& base, const std::string& reference) {
  const auto url = Url::Parse(base)->Resolve(reference);
  return url ? url->ToString() : "error: " + url.error().message;
}

TEST(UrlTest, SplitsIntoComponents) {
  const auto url = Url::Parse("https://user:p%40ss@Index.Example:8443/simple/a%20b/?x=1#frag");
  ASSERT_THAT(url, IsOk());
  EXPECT_EQ(url->scheme(), "https");
  EXPECT_EQ(url->credentials(), (Credentials{"user", Secret("p@ss")}));
  EXPECT_EQ(url->host(), "index.example");
  EXPECT_EQ(url->port(), 8443);
  EXPECT_EQ(url->path(), "/simple/a%20b/");
  EXPECT_EQ(url->query(), "x=1");
  EXPECT_EQ(url->fragment(), "frag");
  EXPECT_EQ(url->Origin(), "https://index.example:8443");
}

TEST(UrlTest, ParsingIsTheInverseOfPrinting) {
  for (const std::string text : {"https://index.example/", "http://127.0.0.1:8080/a/b?c#d",
                                 "file:///a/b%20c", "https://user:p%40ss@index.example/simple/",
                                 "https://token@index.example/", "http://[::1]:8080/x"}) {
    const auto url = Url::Parse(text);
    ASSERT_THAT(url, IsOk()) << text;
    EXPECT_EQ(url->ToString(), text);
    EXPECT_EQ(*Url::Parse(url->ToString()), *url);
  }
}

TEST(UrlTest, CanonicalForm) {
  EXPECT_EQ(Canonical("  HTTPS://Index.Example:443  "), "https://index.example/");
  EXPECT_EQ(Canonical("http://a/x/../y/./z"), "http://a/y/z");
  EXPECT_EQ(Canonical("http://a/x y\tz\n\xc3\xa9"), "http://a/x%20yz%C3%A9");
  EXPECT_EQ(Canonical("http://:@a/"), "http://a/");
  EXPECT_EQ(Canonical("file:/a/b"), "file:///a/b");
  EXPECT_EQ(Canonical("file://localhost/a"), "file:///a");
  EXPECT_EQ(Canonical("http://a/%2e%2E/%41"), "http://a/%2e%2E/%41");
}

TEST(UrlTest, RefusesWhatCannotBeFetched) {
  for (const std::string text :
       {"", "simple/", "//index.example/", "ftp://a/", "https:/a", "https:///a", "https://a b/",
        "https://a\\b/", "https://a:0/", "https://a:99999/", "https://a:8x/", "https://[::1/",
        "https://[x]/", "file://server/share", "mailto:a@b"}) {
    EXPECT_THAT(Url::Parse(text), HasCode(ErrorCode::kInvalid)) << text;
  }
}

TEST(UrlTest, ErrorsDoNotTellCredentials) {
  const auto url = Url::Parse("ftp://user:canary@index.example/");
  ASSERT_THAT(url, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(url.error().message, Not(HasSubstr("canary")));
}

TEST(UrlTest, PrintsRedacted) {
  std::ostringstream out;
  out << *Url::Parse("https://user:canary@index.example/simple/");
  EXPECT_EQ(out.str(), "https://user:****@index.example/simple/");
}

// The examples of RFC 3986 §5.4, on a base of ours.
TEST(UrlTest, ResolvesReferences) {
  const std::string base = "http://a/b/c/d;p?q";
  EXPECT_EQ(Resolved(base, "g"), "http://a/b/c/g");
  EXPECT_EQ(Resolved(base, "./g"), "http://a/b/c/g");
  EXPECT_EQ(Resolved(base, "g/"), "http://a/b/c/g/");
  EXPECT_EQ(Resolved(base, "/g"), "http://a/g");
  EXPECT_EQ(Resolved(base, "//g"), "http://g/");
  EXPECT_EQ(Resolved(base, "?y"), "http://a/b/c/d;p?y");
  EXPECT_EQ(Resolved(base, "g?y"), "http://a/b/c/g?y");
  EXPECT_EQ(Resolved(base, "#s"), "http://a/b/c/d;p?q#s");
  EXPECT_EQ(Resolved(base, "g#s"), "http://a/b/c/g#s");
  EXPECT_EQ(Resolved(base, ""), "http://a/b/c/d;p?q");
  EXPECT_EQ(Resolved(base, "."), "http://a/b/c/");
  EXPECT_EQ(Resolved(base, ".."), "http://a/b/");
  EXPECT_EQ(Resolved(base, "../g"), "http://a/b/g");
  EXPECT_EQ(Resolved(base, "../../../g"), "http://a/g");
  EXPECT_EQ(Resolved(base, "https://other.example/x"), "https://other.example/x");
}

TEST(UrlTest, LinksDoNotInheritCredentials) {
  EXPECT_EQ(Resolved("https://user:secret@index.example/simple/x/", "../../files/x.whl"),
            "https://index.example/files/x.whl");
}

TEST(UrlTest, APageOfAServerCannotLinkToAFile) {
  EXPECT_THAT(Url::Parse("https://index.example/")->Resolve("file:///etc/passwd"),
              HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(Url::Parse("file:///srv/index.html")->Resolve("file:///srv/x.whl"), IsOk());
}

TEST(UrlTest, FileNameIsDecodedOnce) {
  const auto name = [](const std::string& text) { return Url::Parse(text)->FileName(); };
  EXPECT_EQ(*name("http://a/x/y-1.0%2Bcpu.whl#sha256=0"), "y-1.0+cpu.whl");
  EXPECT_EQ(*name("http://a/y%252e.whl"), "y%2e.whl");
  for (const std::string text : {"http://a/x/", "http://a/%2e%2e", "http://a/..%2fx",
                                 "http://a/a%5Cb", "http://a/a%00b", "http://a/a%0ab"}) {
    EXPECT_THAT(name(text), HasCode(ErrorCode::kInvalid)) << text;
  }
}

TEST(UrlTest, PathsOnDiskSurviveTheRoundTrip) {
  for (const std::string path : {"/a/b c/100%25 #1?.whl", "/\xc3\xa9", "/"}) {
    const Url url = Url::FromPath(path);
    EXPECT_EQ(url.DecodedPath(), path);
    EXPECT_EQ(Url::Parse(url.ToString())->DecodedPath(), path);
  }
}

}  // namespace
}  // namespace flowstone::net
