#include "flowstone/pypi/version_parts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <system_error>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::pypi {
namespace {

constexpr std::string_view kSeparators = ".-_";

constexpr std::array<std::pair<std::string_view, PreRelease>, 8> kPreWords = {{
    // Longer words before those they start with.
    {"alpha", PreRelease::kAlpha},
    {"a", PreRelease::kAlpha},
    {"beta", PreRelease::kBeta},
    {"b", PreRelease::kBeta},
    {"preview", PreRelease::kCandidate},
    {"pre", PreRelease::kCandidate},
    {"rc", PreRelease::kCandidate},
    {"c", PreRelease::kCandidate},
}};
constexpr std::array<std::string_view, 3> kPostWords = {"post", "rev", "r"};

// Reads from the front; every Take gives what it consumed, or nothing and consumes nothing.
class VersionCursor {
 public:
  explicit VersionCursor(std::string_view text) : text_(text) {}

  bool at_end() const { return position_ == text_.size(); }
  std::size_t position() const { return position_; }
  void Rewind(std::size_t position) { position_ = position; }

  bool TakeChar(char c);
  // One of ".", "-" and "_".
  bool TakeSeparator();
  // `word` (lower case) in any case.
  bool TakeWord(std::string_view word);
  // One or more digits.
  std::string_view TakeDigits();
  // Digits separated by dots; a dot that no digit follows is left.
  std::string_view TakeRelease();
  // The label after "+".
  std::string_view TakeLocal();

 private:
  std::string_view TakeAlnum();

  std::string_view text_;
  std::size_t position_ = 0;
};

bool VersionCursor::TakeChar(char c) {
  if (at_end() || text_[position_] != c) {
    return false;
  }
  ++position_;
  return true;
}

bool VersionCursor::TakeSeparator() {
  if (at_end() || kSeparators.find(text_[position_]) == std::string_view::npos) {
    return false;
  }
  ++position_;
  return true;
}

bool VersionCursor::TakeWord(std::string_view word) {
  if (text_.size() - position_ < word.size()) {
    return false;
  }
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = text_[position_ + i];
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower != word[i]) {
      return false;
    }
  }
  position_ += word.size();
  return true;
}

std::string_view VersionCursor::TakeDigits() {
  const std::size_t start = position_;
  while (!at_end() && IsAsciiDigit(text_[position_])) {
    ++position_;
  }
  return text_.substr(start, position_ - start);
}

std::string_view VersionCursor::TakeRelease() {
  const std::size_t start = position_;
  if (TakeDigits().empty()) {
    return {};
  }
  std::size_t end = position_;
  while (TakeChar('.') && !TakeDigits().empty()) {
    end = position_;
  }
  position_ = end;
  return text_.substr(start, end - start);
}

std::string_view VersionCursor::TakeAlnum() {
  const std::size_t start = position_;
  while (!at_end() && IsAsciiAlnum(text_[position_])) {
    ++position_;
  }
  return text_.substr(start, position_ - start);
}

std::string_view VersionCursor::TakeLocal() {
  const std::size_t start = position_;
  if (TakeAlnum().empty()) {
    return {};
  }
  std::size_t end = position_;
  while (TakeSeparator() && !TakeAlnum().empty()) {
    end = position_;
  }
  position_ = end;
  return text_.substr(start, end - start);
}

std::string_view NumberOrZero(std::string_view digits) {
  return digits.empty() ? "0" : StripZeros(digits);
}

// [sep] word [sep] [number]
void TakePre(VersionCursor& cursor, VersionParts& parts) {
  const std::size_t start = cursor.position();
  cursor.TakeSeparator();
  for (const auto& [word, pre] : kPreWords) {
    if (cursor.TakeWord(word)) {
      cursor.TakeSeparator();
      parts.pre = pre;
      parts.pre_number = NumberOrZero(cursor.TakeDigits());
      return;
    }
  }
  cursor.Rewind(start);
}

// "-" number | [sep] word [sep] [number]
void TakePost(VersionCursor& cursor, VersionParts& parts) {
  const std::size_t start = cursor.position();
  if (cursor.TakeChar('-')) {
    if (const std::string_view digits = cursor.TakeDigits(); !digits.empty()) {
      parts.post = StripZeros(digits);
      return;
    }
    cursor.Rewind(start);
  }
  cursor.TakeSeparator();
  for (const std::string_view word : kPostWords) {
    if (cursor.TakeWord(word)) {
      cursor.TakeSeparator();
      parts.post = NumberOrZero(cursor.TakeDigits());
      return;
    }
  }
  cursor.Rewind(start);
}

void TakeDev(VersionCursor& cursor, VersionParts& parts) {
  const std::size_t start = cursor.position();
  cursor.TakeSeparator();
  if (cursor.TakeWord("dev")) {
    cursor.TakeSeparator();
    parts.dev = NumberOrZero(cursor.TakeDigits());
    return;
  }
  cursor.Rewind(start);
}

void AppendRelease(std::string& text, std::string_view release) {
  for (std::size_t dot = release.find('.'); dot != release.npos; dot = release.find('.')) {
    text.append(StripZeros(release.substr(0, dot))).append(1, '.');
    release.remove_prefix(dot + 1);
  }
  text += StripZeros(release);
}

std::string_view PreSpelling(PreRelease pre) {
  switch (pre) {
    case PreRelease::kAlpha:
      return "a";
    case PreRelease::kBeta:
      return "b";
    case PreRelease::kCandidate:
      return "rc";
    case PreRelease::kNone:
      break;
  }
  return "";
}

}  // namespace

bool IsAllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsAsciiDigit);
}

std::optional<std::string_view> LocalSegments::Next() {
  if (done_) {
    return std::nullopt;
  }
  const std::size_t at = rest_.find_first_of(kSeparators);
  const std::string_view segment = rest_.substr(0, at);
  done_ = at == std::string_view::npos;
  rest_.remove_prefix(done_ ? rest_.size() : at + 1);
  return segment;
}

std::string_view StripZeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : digits.substr(first);
}

std::uint64_t SaturatingNumber(std::string_view digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() ? number : std::numeric_limits<std::uint64_t>::max();
}

std::string NextNumber(std::string_view digits) {
  std::string next(digits);
  for (std::size_t i = next.size(); i-- > 0;) {
    if (next[i] != '9') {
      ++next[i];
      return next;
    }
    next[i] = '0';
  }
  return "1" + next;
}

std::optional<VersionParts> ScanVersion(std::string_view text) {
  VersionCursor cursor(text);
  VersionParts parts;
  cursor.TakeWord("v");
  const std::size_t start = cursor.position();
  const std::string_view epoch = cursor.TakeDigits();
  if (!epoch.empty() && cursor.TakeChar('!')) {
    parts.epoch = StripZeros(epoch);
  } else {
    cursor.Rewind(start);
  }
  parts.release = cursor.TakeRelease();
  if (parts.release.empty()) {
    return std::nullopt;
  }
  if (!cursor.at_end()) {
    TakePre(cursor, parts);
    TakePost(cursor, parts);
    TakeDev(cursor, parts);
    if (cursor.TakeChar('+')) {
      parts.local = cursor.TakeLocal();
      if (parts.local.empty()) {
        return std::nullopt;
      }
    }
  }
  if (!cursor.at_end()) {
    return std::nullopt;
  }
  return parts;
}

std::string LocalText(std::string_view local) {
  std::string text;
  LocalSegments segments(local);
  while (const std::optional<std::string_view> segment = segments.Next()) {
    if (!text.empty()) {
      text += '.';
    }
    text += IsAllDigits(*segment) ? std::string(StripZeros(*segment)) : AsciiLower(*segment);
  }
  return text;
}

std::string WriteVersion(const VersionParts& parts) {
  std::string text;
  if (parts.epoch != "0") {
    text += parts.epoch;
    text += '!';
  }
  AppendRelease(text, parts.release);
  if (parts.pre != PreRelease::kNone) {
    text += PreSpelling(parts.pre);
    text += parts.pre_number;
  }
  if (parts.post) {
    text += ".post";
    text += *parts.post;
  }
  if (parts.dev) {
    text += ".dev";
    text += *parts.dev;
  }
  if (!parts.local.empty()) {
    text += '+';
    text += LocalText(parts.local);
  }
  return text;
}

}  // namespace flowstone::pypi
