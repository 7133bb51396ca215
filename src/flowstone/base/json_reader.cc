#include "flowstone/base/json_reader.h"

#include <bit>
#include <charconv>
#include <cstring>

#include "flowstone/base/text.h"

namespace flowstone {
namespace {

// Deeper values are a fault: they would use up the stack, and no format of ours nests like that.
constexpr int kDeepest = 200;

constexpr std::uint64_t kEachByte = 0x0101010101010101U;
constexpr std::uint64_t kHighBits = 0x8080808080808080U;

// The high bit of each byte of `word` that is zero, and perhaps of bytes above the first such.
constexpr std::uint64_t ZeroBytes(std::uint64_t word) {
  return (word - kEachByte) & ~word & kHighBits;
}

// Has the high bit of the first of eight bytes that ends a run of plain characters (a quote, a
// backslash, a control), and perhaps of bytes behind it.
std::uint64_t SpecialBytes(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const std::uint64_t controls = (word - kEachByte * 0x20U) & ~word & kHighBits;
  return ZeroBytes(word ^ (kEachByte * '"')) | ZeroBytes(word ^ (kEachByte * '\\')) | controls;
}

bool IsSpecial(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20U;
}

// Where the run of plain characters from `begin` on ends.
std::size_t EndOfPlain(std::string_view text, std::size_t begin) {
  static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");
  constexpr std::size_t bits_of_byte = 8;
  std::size_t end = begin;
  for (; end + sizeof(std::uint64_t) <= text.size(); end += sizeof(std::uint64_t)) {
    if (const std::uint64_t special = SpecialBytes(text.data() + end)) {
      return end + static_cast<std::size_t>(std::countr_zero(special)) / bits_of_byte;
    }
  }
  while (end < text.size() && !IsSpecial(text[end])) {
    ++end;
  }
  return end;
}

void AppendUtf8(std::uint32_t code_point, std::string& text) {
  const auto append = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code_point < 0x80U) {
    append(code_point);
  } else if (code_point < 0x800U) {
    append(0xC0U | (code_point >> 6U));
    append(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000U) {
    append(0xE0U | (code_point >> 12U));
    append(0x80U | ((code_point >> 6U) & 0x3FU));
    append(0x80U | (code_point & 0x3FU));
  } else {
    append(0xF0U | (code_point >> 18U));
    append(0x80U | ((code_point >> 12U) & 0x3FU));
    append(0x80U | ((code_point >> 6U) & 0x3FU));
    append(0x80U | (code_point & 0x3FU));
  }
}

bool IsHighSurrogate(std::uint32_t unit) {
  return unit >= 0xD800U && unit < 0xDC00U;
}

bool IsLowSurrogate(std::uint32_t unit) {
  return unit >= 0xDC00U && unit < 0xE000U;
}

}  // namespace

JsonReader::JsonReader(std::string_view text) : text_(text), is_broken_(!IsUtf8(text)) {}

void JsonReader::SkipSpace() {
  while (position_ < text_.size()) {
    const char c = text_[position_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') {
      return;
    }
    ++position_;
  }
}

bool JsonReader::Consume(char c) {
  if (position_ < text_.size() && text_[position_] == c) {
    ++position_;
    return true;
  }
  return false;
}

void JsonReader::Fail() {
  is_broken_ = true;
}

JsonType JsonReader::Peek() {
  SkipSpace();
  if (is_broken_ || position_ == text_.size()) {
    return JsonType::kNone;
  }
  switch (const char c = text_[position_]) {
    case '{':
      return JsonType::kObject;
    case '[':
      return JsonType::kArray;
    case '"':
      return JsonType::kString;
    case 't':
    case 'f':
      return JsonType::kBoolean;
    case 'n':
      return JsonType::kNull;
    default:
      return c == '-' || (c >= '0' && c <= '9') ? JsonType::kNumber : JsonType::kNone;
  }
}

bool JsonReader::EnterObject() {
  if (Peek() != JsonType::kObject) {
    return false;
  }
  ++position_;
  is_first_ = true;
  return true;
}

bool JsonReader::EnterArray() {
  if (Peek() != JsonType::kArray) {
    return false;
  }
  ++position_;
  is_first_ = true;
  return true;
}

bool JsonReader::NextMember(char end) {
  if (is_broken_) {
    return false;
  }
  SkipSpace();
  const bool is_first = is_first_;
  is_first_ = false;
  if (Consume(end)) {
    return false;
  }
  if (!is_first) {
    if (!Consume(',')) {
      Fail();
      return false;
    }
    SkipSpace();
  }
  return true;  // whoever reads the member finds out whether there is one
}

std::optional<std::string_view> JsonReader::NextKey() {
  if (!NextMember('}')) {
    return std::nullopt;
  }
  const std::optional<std::string_view> key = ReadString(key_);
  SkipSpace();
  if (!key || !Consume(':')) {
    Fail();
    return std::nullopt;
  }
  return key;
}

bool JsonReader::NextElement() {
  return NextMember(']');
}

std::optional<std::string_view> JsonReader::ReadString(std::string& unescaped) {
  if (!Consume('"')) {
    return std::nullopt;
  }
  const std::size_t begin = position_;
  position_ = EndOfPlain(text_, begin);
  if (Consume('"')) {
    return text_.substr(begin, position_ - 1 - begin);
  }
  return ReadEscaped(begin, unescaped);
}

std::optional<std::string_view> JsonReader::ReadEscaped(std::size_t begin, std::string& unescaped) {
  unescaped.assign(text_.substr(begin, position_ - begin));
  while (Consume('\\')) {
    if (!AppendEscape(unescaped)) {
      Fail();
      return std::nullopt;
    }
    const std::size_t end = EndOfPlain(text_, position_);
    unescaped.append(text_.substr(position_, end - position_));
    position_ = end;
  }
  if (!Consume('"')) {
    Fail();
    return std::nullopt;
  }
  return unescaped;
}

bool JsonReader::AppendEscape(std::string& unescaped) {
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  if (position_ == text_.size()) {
    return false;
  }
  const char letter = text_[position_++];
  if (const std::size_t place = letters.find(letter); place != std::string_view::npos) {
    unescaped += meanings[place];
    return true;
  }
  std::optional<std::uint32_t> unit = letter == 'u' ? ReadHex4() : std::nullopt;
  if (!unit || IsLowSurrogate(*unit)) {
    return false;
  }
  if (IsHighSurrogate(*unit)) {
    if (!Consume('\\') || !Consume('u')) {
      return false;
    }
    const std::optional<std::uint32_t> low = ReadHex4();
    if (!low || !IsLowSurrogate(*low)) {
      return false;
    }
    unit = 0x10000U + ((*unit - 0xD800U) << 10U) + (*low - 0xDC00U);
  }
  AppendUtf8(*unit, unescaped);
  return true;
}

std::optional<std::uint32_t> JsonReader::ReadHex4() {
  constexpr std::size_t length = 4;
  constexpr int base = 16;
  const std::string_view digits = text_.substr(position_, length);
  std::uint32_t unit = 0;
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), unit, base);
  if (code != std::errc() || digits.size() != length || end != digits.data() + length) {
    return std::nullopt;
  }
  position_ += length;
  return unit;
}

std::optional<std::string_view> JsonReader::TakeString() {
  if (Peek() != JsonType::kString) {
    return std::nullopt;
  }
  return ReadString(value_);
}

bool JsonReader::ReadWord(std::string_view word) {
  if (!text_.substr(position_).starts_with(word)) {
    Fail();
    return false;
  }
  position_ += word.size();
  return true;
}

std::optional<bool> JsonReader::TakeBoolean() {
  if (Peek() != JsonType::kBoolean) {
    return std::nullopt;
  }
  const bool value = text_[position_] == 't';
  return ReadWord(value ? "true" : "false") ? std::optional(value) : std::nullopt;
}

bool JsonReader::ReadDigits() {
  const std::size_t begin = position_;
  while (position_ < text_.size() && IsAsciiDigit(text_[position_])) {
    ++position_;
  }
  return position_ > begin;
}

std::optional<std::string_view> JsonReader::ReadNumber() {
  const std::size_t begin = position_;
  Consume('-');
  // A zero ends the whole part: 01 is two numbers, and so a fault of what comes after.
  bool is_number = Consume('0') || ReadDigits();
  if (is_number && Consume('.')) {
    is_number = ReadDigits();
  }
  if (is_number && (Consume('e') || Consume('E'))) {
    if (!Consume('+')) {
      Consume('-');
    }
    is_number = ReadDigits();
  }
  if (!is_number) {
    Fail();
    return std::nullopt;
  }
  return text_.substr(begin, position_ - begin);
}

std::optional<std::uint64_t> JsonReader::TakeUnsigned() {
  if (Peek() != JsonType::kNumber) {
    return std::nullopt;
  }
  const std::size_t begin = position_;
  const std::optional<std::string_view> number = ReadNumber();
  if (!number) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(number->data(), number->data() + number->size(), value);
  if (code != std::errc() || end != number->data() + number->size()) {
    position_ = begin;
    return std::nullopt;
  }
  return value;
}

void JsonReader::Skip() {
  const JsonType type = Peek();
  if (type == JsonType::kNone || depth_ == kDeepest) {
    Fail();
    return;
  }
  ++depth_;
  if (type == JsonType::kObject) {
    EnterObject();
    while (NextKey()) {
      Skip();
    }
  } else if (type == JsonType::kArray) {
    EnterArray();
    while (NextElement()) {
      Skip();
    }
  } else if (type == JsonType::kString) {
    ReadString(value_);
  } else if (type == JsonType::kNumber) {
    ReadNumber();
  } else if (type == JsonType::kBoolean) {
    TakeBoolean();
  } else {
    ReadWord("null");
  }
  --depth_;
}

bool JsonReader::Finish() {
  SkipSpace();
  return !is_broken_ && position_ > 0 && position_ == text_.size();
}

}  // namespace flowstone
