#include "flowstone/index/html_tokenizer.h"

#include <gtest/gtest.h>

#include <string>

namespace flowstone::index {
namespace {

// Start tags as <name a="b">, end tags as </name>, text in brackets.
std::string Tokens(const std::string& html) {
  HtmlTokenizer tokenizer(html);
  std::string out;
  while (const auto token = tokenizer.Next()) {
    if (token->kind == HtmlToken::Kind::kText) {
      out += "[" + token->text + "]";
      continue;
    }
    out += token->kind == HtmlToken::Kind::kStartTag ? "<" : "</";
    out += token->name;
    for (const auto& [name, value] : token->attributes) {
      out.append(" ").append(name).append("=\"").append(value).append("\"");
    }
    out += ">";
  }
  return out;
}

TEST(HtmlTokenizerTest, SplitsTagsAndText) {
  EXPECT_EQ(Tokens("<p>a<b>c</b></p>d"), "<p>[a]<b>[c]</b></p>[d]");
}

TEST(HtmlTokenizerTest, AttributesInEveryStyle) {
  EXPECT_EQ(Tokens("<A HREF=\"x y\" Title='it''s' data-a=b c data-d = e/f >"),
            "<a href=\"x y\" title=\"it\" 's'=\"\" data-a=\"b\" c=\"\" data-d=\"e/f\">");
  EXPECT_EQ(Tokens("<br/><img src=a />"), "<br><img src=\"a\">");
}

TEST(HtmlTokenizerTest, DecodesReferencesInTextAndValues) {
  EXPECT_EQ(Tokens("<a x=\"&gt;=3&amp;&lt;4\">&#39;&#x41;&quot;&unknown; & &amp;gt;</a>"),
            "<a x=\">=3&<4\">['A\"&unknown; & &gt;]</a>");
}

TEST(HtmlTokenizerTest, RefusesReferencesThatMeanNoCharacter) {
  EXPECT_EQ(DecodeHtml("&#0;&#xD800;&#x110000;&#x;&#;&;"), "&#0;&#xD800;&#x110000;&#x;&#;&;");
  EXPECT_EQ(DecodeHtml("&#xE9;&#x20AC;&#x1F600;"), "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST(HtmlTokenizerTest, CommentsAndDeclarationsAreSkipped) {
  EXPECT_EQ(Tokens("<!DOCTYPE html><!-- <a href=x> > --><?php x ?>a"), "[a]");
}

TEST(HtmlTokenizerTest, TagsInScriptsAreNone) {
  EXPECT_EQ(Tokens("<script>if (a < b) '<a href=x>'</script><a>"), "<script></script><a>");
  EXPECT_EQ(Tokens("<TITLE><b></TITLE>x"), "<title></title>[x]");
}

TEST(HtmlTokenizerTest, ATitleIsOneTokenWithItsText) {
  HtmlTokenizer tokenizer("<title>a &amp; <b></title>c");
  const auto title = tokenizer.Next();
  ASSERT_TRUE(title);
  EXPECT_EQ(title->name, "title");
  EXPECT_EQ(title->text, "a & <b>");
}

TEST(HtmlTokenizerTest, ALonelyBracketIsText) {
  EXPECT_EQ(Tokens("1 < 2 <3"), "[1 ][< 2 ][<3]");
}

TEST(HtmlTokenizerTest, ATruncatedPageEnds) {
  for (const std::string html : {"<", "<a", "<a href", "<a href=", "<a href=\"x", "<!--", "<!",
                                 "</", "<script>", "&", "&#"}) {
    EXPECT_LE(Tokens(html).size(), html.size() + 20) << html;
  }
}

}  // namespace
}  // namespace flowstone::index
