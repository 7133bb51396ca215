#include "flowstone/index/html_tokenizer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "flowstone/base/text.h"

namespace flowstone::index {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNamedReferences = {{
    {"amp", "&"},
    {"lt", "<"},
    {"gt", ">"},
    {"quot", "\""},
    {"apos", "'"},
    {"nbsp", "\xC2\xA0"},
}};

std::string EncodeUtf8(std::uint32_t point) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (point < 0x80) {
    return {byte(point)};
  }
  if (point < 0x800) {
    return {byte(0xC0 | (point >> 6U)), byte(0x80 | (point & 0x3FU))};
  }
  if (point < 0x10000) {
    return {byte(0xE0 | (point >> 12U)), byte(0x80 | ((point >> 6U) & 0x3FU)),
            byte(0x80 | (point & 0x3FU))};
  }
  return {byte(0xF0 | (point >> 18U)), byte(0x80 | ((point >> 12U) & 0x3FU)),
          byte(0x80 | ((point >> 6U) & 0x3FU)), byte(0x80 | (point & 0x3FU))};
}

// What "&name;" means, without "&" and ";"; nothing when it is not known.
std::optional<std::string> DecodeReference(std::string_view name) {
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hex = name.starts_with('x') || name.starts_with('X');
    name.remove_prefix(hex ? 1 : 0);
    std::uint32_t point = 0;
    const auto [end, failure] =
        std::from_chars(name.data(), name.data() + name.size(), point, hex ? 16 : 10);
    const bool valid = !name.empty() && failure == std::errc() &&
                       end == name.data() + name.size() && point != 0 && point <= 0x10FFFF &&
                       (point < 0xD800 || point > 0xDFFF);
    return valid ? std::optional(EncodeUtf8(point)) : std::nullopt;
  }
  for (const auto& [known, meaning] : kNamedReferences) {
    if (known == name) {
      return std::string(meaning);
    }
  }
  return std::nullopt;
}

// Elements whose content is text for somebody else: tags in it are none.
bool HasRawText(std::string_view element) {
  return element == "script" || element == "style" || element == "textarea" || element == "title";
}

}  // namespace

std::string DecodeHtml(std::string_view text) {
  constexpr std::size_t longest_reference = 10;
  std::string out;
  out.reserve(text.size());
  while (true) {
    const std::size_t mark = text.find('&');
    if (mark == std::string_view::npos) {
      return out.append(text);
    }
    out.append(text.substr(0, mark));
    text.remove_prefix(mark + 1);
    const std::size_t end = text.substr(0, longest_reference + 1).find(';');
    const auto meaning =
        end == std::string_view::npos ? std::nullopt : DecodeReference(text.substr(0, end));
    out.append(meaning.value_or("&"));
    text.remove_prefix(meaning ? end + 1 : 0);
  }
}

std::optional<std::string> HtmlToken::Attribute(std::string_view wanted) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const auto& entry) { return entry.first == wanted; });
  return found == attributes.end() ? std::nullopt : std::optional(found->second);
}

std::optional<HtmlToken> HtmlTokenizer::Next() {
  while (at_ < html_.size()) {
    if (html_[at_] != '<') {
      return ReadText();
    }
    if (auto token = ReadMarkup()) {
      return token;
    }
  }
  return std::nullopt;
}

HtmlToken HtmlTokenizer::ReadText() {
  // A "<" that begins no tag was skipped to by ReadMarkup and is text as well.
  const std::size_t end = std::min(html_.find('<', at_ + 1), html_.size());
  HtmlToken token{.kind = HtmlToken::Kind::kText};
  token.text = DecodeHtml(html_.substr(at_, end - at_));
  at_ = end;
  return token;
}

// Reads what begins with "<"; nothing for what is of no interest: comments, declarations.
std::optional<HtmlToken> HtmlTokenizer::ReadMarkup() {
  const std::string_view rest = html_.substr(at_);
  if (rest.starts_with("<!--")) {
    at_ += 4;
    SkipPast("-->");
    return std::nullopt;
  }
  if (rest.starts_with("<!") || rest.starts_with("<?")) {
    SkipPast(">");
    return std::nullopt;
  }
  if (rest.size() > 2 && rest[1] == '/' && IsAsciiAlpha(rest[2])) {
    at_ += 2;
    return ReadTag(HtmlToken::Kind::kEndTag);
  }
  if (rest.size() > 1 && IsAsciiAlpha(rest[1])) {
    at_ += 1;
    return ReadTag(HtmlToken::Kind::kStartTag);
  }
  return ReadText();
}

// Reads on from the name. Nothing when the page ends before the tag does.
std::optional<HtmlToken> HtmlTokenizer::ReadTag(HtmlToken::Kind kind) {
  const std::size_t end = std::min(html_.find_first_of(" \t\r\n\f/>", at_), html_.size());
  HtmlToken token{.kind = kind, .name = AsciiLower(html_.substr(at_, end - at_))};
  at_ = end;
  while (true) {
    SkipSpace();
    if (at_ >= html_.size()) {
      return std::nullopt;
    }
    if (html_[at_] == '>') {
      ++at_;
      break;
    }
    if (html_[at_] == '/') {
      ++at_;
      continue;
    }
    token.attributes.push_back(ReadAttribute());
  }
  if (kind == HtmlToken::Kind::kStartTag && HasRawText(token.name)) {
    const std::string_view content = ReadRawText(token.name);
    token.text = token.name == "title" ? DecodeHtml(content) : "";
  }
  return token;
}

std::pair<std::string, std::string> HtmlTokenizer::ReadAttribute() {
  // An attribute may begin with "=" by mistake; it is part of the name then.
  const std::size_t name_end = std::min(html_.find_first_of(" \t\r\n\f/>=", at_ + 1), html_.size());
  std::string name = AsciiLower(html_.substr(at_, name_end - at_));
  at_ = name_end;
  SkipSpace();
  if (at_ >= html_.size() || html_[at_] != '=') {
    return {std::move(name), ""};
  }
  ++at_;
  SkipSpace();
  if (at_ >= html_.size()) {
    return {std::move(name), ""};
  }
  const char quote = html_[at_];
  const bool quoted = quote == '"' || quote == '\'';
  at_ += quoted ? 1 : 0;
  const std::size_t end = std::min(
      quoted ? html_.find(quote, at_) : html_.find_first_of(" \t\r\n\f>", at_), html_.size());
  std::string value = DecodeHtml(html_.substr(at_, end - at_));
  at_ = std::min(end + (quoted ? 1 : 0), html_.size());
  return {std::move(name), std::move(value)};
}

void HtmlTokenizer::SkipSpace() {
  while (at_ < html_.size() && IsAsciiSpace(html_[at_])) {
    ++at_;
  }
}

void HtmlTokenizer::SkipPast(std::string_view end) {
  const std::size_t found = html_.find(end, at_);
  at_ = found == std::string_view::npos ? html_.size() : found + end.size();
}

std::string_view HtmlTokenizer::ReadRawText(const std::string& element) {
  const std::string end = "</" + element;
  const std::size_t begin = at_;
  while (at_ < html_.size()) {
    at_ = std::min(html_.find('<', at_), html_.size());
    if (AsciiLower(html_.substr(at_, end.size())) == end) {
      break;
    }
    at_ = std::min(at_ + 1, html_.size());
  }
  return html_.substr(begin, at_ - begin);
}

}  // namespace flowstone::index
