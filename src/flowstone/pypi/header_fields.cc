#include "flowstone/pypi/header_fields.h"

#include "flowstone/base/text.h"

namespace flowstone::pypi {
namespace {

constexpr std::string_view kHeaderByteOrderMark = "\xEF\xBB\xBF";

// The text itself when it is UTF-8; otherwise its bytes are code points of Latin-1.
std::string ToUtf8(std::string_view text) {
  if (IsUtf8(text)) {
    return std::string(text);
  }
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xC0U | (byte >> 6U));
      utf8 += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return utf8;
}

// The next line without its end; `text` keeps what follows.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

HeaderFields HeaderFields::Parse(std::string_view text) {
  if (text.starts_with(kHeaderByteOrderMark)) {
    text.remove_prefix(kHeaderByteOrderMark.size());
  }
  HeaderFields headers;
  bool continues = false;  // whether the last line belonged to a field
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    if (line.empty()) {
      break;
    }
    if (line.front() == ' ' || line.front() == '\t') {
      const std::string_view more = TrimText(line);
      if (continues && !more.empty()) {
        std::string& value = headers.fields_.back().value;
        value.append(value.empty() ? "" : " ").append(ToUtf8(more));
      }
      continue;
    }
    const std::size_t colon = line.find(':');
    continues = colon != std::string_view::npos;
    if (continues) {
      headers.fields_.push_back({.name = AsciiLower(TrimText(line.substr(0, colon))),
                                 .value = ToUtf8(TrimText(line.substr(colon + 1)))});
    }
  }
  return headers;
}

std::optional<std::string_view> HeaderFields::Find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (field.name == name) {
      return field.value;
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> HeaderFields::FindAll(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const Field& field : fields_) {
    if (field.name == name) {
      values.emplace_back(field.value);
    }
  }
  return values;
}

}  // namespace flowstone::pypi
