#include "flowstone/pypi/version_key.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"

namespace flowstone::pypi {
namespace {

constexpr char kEnd = 0x01;
constexpr char kDev = 0x02;
constexpr char kAlpha = 0x03;
constexpr char kBeta = 0x04;
constexpr char kCandidate = 0x05;
constexpr char kFinal = 0x06;
constexpr char kPost = 0x07;
constexpr char kAfterPosts = 0x08;
constexpr char kText = 0x10;
constexpr char kNumber = 0x11;
// The end of a local label, raised by one: the boundary directly above that version.
constexpr char kAfterEnd = 0x02;

constexpr unsigned kSmallBase = 0x20;     // the byte of number 0
constexpr std::uint64_t kSmallEnd = 192;  // the first number that needs a length
constexpr unsigned kLengthBase = 0xE0;
constexpr unsigned kDigitsMark = 0xF0;

char Byte(std::uint64_t value) {
  return static_cast<char>(static_cast<unsigned char>(value));
}

void AppendNumber(std::string& key, std::string_view digits) {
  if (digits.size() == 1) {  // as most are
    key += Byte(kSmallBase + static_cast<unsigned>(digits.front() - '0'));
    return;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc()) {  // beyond 64 bits
    key += Byte(kDigitsMark);
    key += Byte(digits.size() >> 8U);
    key += Byte(digits.size() & 0xFFU);
    key += digits;
    return;
  }
  if (number < kSmallEnd) {
    key += Byte(kSmallBase + number);
    return;
  }
  unsigned length = 0;
  for (std::uint64_t rest = number; rest != 0; rest >>= 8U) {
    ++length;
  }
  key += Byte(kLengthBase + length);
  for (unsigned i = length; i-- > 0;) {
    key += Byte((number >> (8U * i)) & 0xFFU);
  }
}

void AppendTagged(std::string& key, char tag, std::string_view digits) {
  key += tag;
  AppendNumber(key, digits);
}

// Epoch and release; trailing zeros of the release say nothing.
void AppendRelease(std::string& key, const VersionParts& parts) {
  AppendNumber(key, parts.epoch);
  std::size_t significant = key.size();
  std::string_view rest = parts.release;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view digits = StripZeros(rest.substr(0, dot));
    AppendNumber(key, digits);
    if (digits != "0") {
      significant = key.size();
    }
    if (dot == std::string_view::npos) {
      break;
    }
    rest.remove_prefix(dot + 1);
  }
  key.resize(significant);
}

char TagOf(PreRelease pre) {
  switch (pre) {
    case PreRelease::kAlpha:
      return kAlpha;
    case PreRelease::kBeta:
      return kBeta;
    case PreRelease::kCandidate:
      return kCandidate;
    case PreRelease::kNone:
      break;
  }
  return kFinal;
}

void AppendPre(std::string& key, const VersionParts& parts) {
  if (parts.pre != PreRelease::kNone) {
    AppendTagged(key, TagOf(parts.pre), parts.pre_number);
  }
}

// Everything but the local label.
std::string PublicKey(const VersionParts& parts) {
  std::string key;
  AppendRelease(key, parts);
  AppendPre(key, parts);
  if (parts.post) {
    AppendTagged(key, kPost, *parts.post);
  }
  if (parts.dev) {
    AppendTagged(key, kDev, *parts.dev);
  } else {
    key += kFinal;
  }
  return key;
}

void AppendLocal(std::string& key, std::string_view local) {
  LocalSegments segments(local);
  while (const std::optional<std::string_view> segment = segments.Next()) {
    if (IsAllDigits(*segment)) {
      AppendTagged(key, kNumber, StripZeros(*segment));
    } else {
      key += kText;
      key += AsciiLower(*segment);
      key += '\0';
    }
  }
  key += kEnd;
}

// Reads a key from the front. The key was built here, so what does not fit is a bug.
class KeyReader {
 public:
  explicit KeyReader(std::string_view key) : rest_(key) {}

  bool at_end() const { return rest_.empty(); }
  bool AtNumber() const { return !rest_.empty() && Peek() >= kSmallBase; }
  unsigned Peek() const { return static_cast<unsigned char>(rest_.front()); }

  unsigned Next() {
    FLOWSTONE_CHECK(!rest_.empty());
    const unsigned byte = Peek();
    rest_.remove_prefix(1);
    return byte;
  }

  std::string_view Take(std::size_t size) {
    FLOWSTONE_CHECK(size <= rest_.size());
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string Number() {
    const unsigned mark = Next();
    if (mark < kLengthBase) {
      return std::to_string(mark - kSmallBase);
    }
    if (mark == kDigitsMark) {
      const std::size_t high = Next();
      return std::string(Take((high << 8U) | Next()));
    }
    std::uint64_t number = 0;
    for (const char c : Take(mark - kLengthBase)) {
      number = (number << 8U) | static_cast<unsigned char>(c);
    }
    return std::to_string(number);
  }

  std::string Text() {
    const std::size_t end = rest_.find('\0');
    std::string text(Take(end));
    Next();
    return text;
  }

 private:
  std::string_view rest_;
};

std::string_view SpellingOf(char tag) {
  switch (tag) {
    case kAlpha:
      return "a";
    case kBeta:
      return "b";
    case kCandidate:
      return "rc";
    case kPost:
      return ".post";
    case kDev:
      return ".dev";
    default:
      return "";
  }
}

std::string ReadRelease(KeyReader& reader) {
  const std::string epoch = reader.Number();
  std::string text = epoch == "0" ? "" : epoch + "!";
  if (!reader.AtNumber()) {
    return text + "0";
  }
  text += reader.Number();
  while (reader.AtNumber()) {
    text += "." + reader.Number();
  }
  return text;
}

}  // namespace

std::string VersionKey(const VersionParts& parts) {
  std::string key = PublicKey(parts);
  if (!parts.local.empty()) {
    AppendLocal(key, parts.local);
  }
  return key;
}

std::string KeyAboveLocals(const VersionParts& parts) {
  VersionParts above = parts;
  above.local = {};
  std::string next;
  if (parts.dev) {
    next = NextNumber(*parts.dev);
    above.dev = next;
    return PublicKey(above);
  }
  next = parts.post ? NextNumber(*parts.post) : "0";
  above.post = next;
  above.dev = "0";
  return PublicKey(above);
}

std::string KeyAbovePosts(const VersionParts& parts) {
  std::string key;
  AppendRelease(key, parts);
  if (parts.pre == PreRelease::kNone) {
    key += kAfterPosts;
    return key;
  }
  AppendTagged(key, TagOf(parts.pre), NextNumber(parts.pre_number));
  AppendTagged(key, kDev, "0");
  return key;
}

std::string KeyAboveExactly(const VersionParts& parts) {
  std::string key = VersionKey(parts);
  FLOWSTONE_CHECK(key.back() == kEnd);
  key.back() = kAfterEnd;
  return key;
}

DecodedKey DecodeKey(std::string_view key) {
  KeyReader reader(key);
  DecodedKey decoded{.version = ReadRelease(reader)};
  bool in_local = false;
  while (!reader.at_end()) {
    const char tag = Byte(reader.Next());
    if (tag == kText || tag == kNumber) {
      decoded.version += in_local ? "." : "+";
      decoded.version += tag == kText ? reader.Text() : reader.Number();
      in_local = true;
    } else if (in_local) {
      decoded.after_exact = tag == kAfterEnd;
    } else if (tag == kAfterPosts) {
      decoded.after_posts = true;
    } else if (tag != kFinal) {
      decoded.version += SpellingOf(tag);
      decoded.version += reader.Number();
    }
  }
  return decoded;
}

const std::string& LeastKey() {
  static const std::string key = VersionKey(VersionParts{.release = "0", .dev = "0"});
  return key;
}

}  // namespace flowstone::pypi
