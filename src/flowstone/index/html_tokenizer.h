// HtmlTokenizer: start tags, end tags and text of an HTML page, in order.
//
// Not an HTML parser: no tree, no implied tags. It copes with what index pages and directory
// listings contain: any quoting and case of attributes, comments, scripts, character references.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace flowstone::index {

struct HtmlToken {
  enum class Kind : std::uint8_t { kStartTag, kEndTag, kText };
  Kind kind = Kind::kText;
  std::string name = {};  // of a tag, lower case
  std::string text = {};  // decoded; of a <title>, what stands in it
  // Names in lower case, values decoded; a value that is not written is empty.
  std::vector<std::pair<std::string, std::string>> attributes = {};

  // The value of the first attribute of that name.
  std::optional<std::string> Attribute(std::string_view wanted) const;
};

class HtmlTokenizer {
 public:
  // `html` outlives this.
  explicit HtmlTokenizer(std::string_view html) : html_(html) {}
  // The next token; nothing at the end.
  std::optional<HtmlToken> Next();

 private:
  HtmlToken ReadText();
  std::optional<HtmlToken> ReadMarkup();
  std::optional<HtmlToken> ReadTag(HtmlToken::Kind kind);
  std::pair<std::string, std::string> ReadAttribute();
  void SkipSpace();
  void SkipPast(std::string_view end);
  // Reads up to the end tag of an element whose content is only text, and gives that.
  std::string_view ReadRawText(const std::string& element);

  std::string_view html_;
  std::size_t at_ = 0;
};

// Replaces character references ("&gt;", "&#39;", "&#x27;") by what they mean; unknown ones stay.
std::string DecodeHtml(std::string_view text);

}  // namespace flowstone::index
