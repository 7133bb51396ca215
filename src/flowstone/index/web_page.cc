#include "flowstone/index/web_page.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/index/html_tokenizer.h"

namespace flowstone::index {
namespace {

// Longer titles are cut.
constexpr std::size_t kLongestTitle = 80;  // bytes

bool IsForReaders(std::string_view element) {
  constexpr std::array<std::string_view, 7> elements = {"form",   "input",  "button", "script",
                                                        "iframe", "object", "frame"};
  return std::ranges::find(elements, element) != elements.end();
}

// What servers write above lists of files.
bool IsHeadingOfListing(std::string_view heading) {
  constexpr std::array<std::string_view, 5> starts = {"links for", "simple index", "index of",
                                                      "directory listing", "directory of"};
  const std::string text = AsciiLower(heading);
  return std::ranges::any_of(starts,
                             [&](std::string_view start) { return text.starts_with(start); });
}

// In one line, without control characters: it is printed.
std::string TitleOf(std::string_view text) {
  std::string title;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte != 0x7F) {
      title += c;
    } else if (!title.empty() && title.back() != ' ') {
      title += ' ';
    }
  }
  if (title.size() > kLongestTitle) {
    title.resize(kLongestTitle);
    // Not within a character of several bytes.
    while (!title.empty() && (static_cast<unsigned char>(title.back()) & 0xC0U) == 0x80U) {
      title.pop_back();
    }
    if (!title.empty() && static_cast<unsigned char>(title.back()) >= 0xC0U) {
      title.pop_back();
    }
    title += "...";
  }
  return std::string(TrimText(title));
}

// Reads a page from its first tag to its last.
class WebPageReader {
 public:
  WebPage Read(std::string_view html) {
    HtmlTokenizer tokenizer(html);
    while (const std::optional<HtmlToken> token = tokenizer.Next()) {
      Take(*token);
    }
    const bool is_listing =
        IsHeadingOfListing(TrimText(title_)) || IsHeadingOfListing(TrimText(heading_));
    page_.calls_itself_index = page_.calls_itself_index || is_listing;
    page_.title = TitleOf(TrimText(title_).empty() ? heading_ : title_);
    return std::move(page_);
  }

 private:
  void Take(const HtmlToken& token) {
    if (token.kind == HtmlToken::Kind::kText) {
      heading_ += in_heading_ ? token.text : "";
    } else if (token.name == "h1") {
      in_heading_ = token.kind == HtmlToken::Kind::kStartTag && heading_.empty();
    } else if (token.kind == HtmlToken::Kind::kStartTag) {
      TakeElement(token);
    }
  }

  void TakeElement(const HtmlToken& tag) {
    page_.is_interactive = page_.is_interactive || IsForReaders(tag.name);
    if (tag.name == "title" && title_.empty()) {
      title_ = tag.text;
    } else if (tag.name == "input") {
      const std::string type = AsciiLower(tag.Attribute("type").value_or(""));
      page_.asks_for_password = page_.asks_for_password || type == "password";
    } else if (tag.name == "meta") {
      const std::string name = AsciiLower(tag.Attribute("name").value_or(""));
      const std::string order = AsciiLower(tag.Attribute("http-equiv").value_or(""));
      page_.calls_itself_index = page_.calls_itself_index || name.starts_with("pypi:");
      page_.is_interactive = page_.is_interactive || order == "refresh";
    }
  }

  WebPage page_;
  std::string title_;
  std::string heading_;
  bool in_heading_ = false;
};

}  // namespace

WebPage ReadWebPage(std::string_view html) {
  return WebPageReader().Read(html);
}

}  // namespace flowstone::index
