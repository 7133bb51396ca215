#include "flowstone/index/page_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::index {
namespace {

// Digits, letters, "-" and "_": what stands in most paths.
constexpr auto kIsWordCharacter = [] {
  std::array<bool, 256> is_word{};
  for (std::size_t c = 0; c < is_word.size(); ++c) {
    is_word[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                 c == '-' || c == '_';
  }
  return is_word;
}();

bool IsHex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return IsAsciiDigit(c) || (c >= 'a' && c <= 'f');
  });
}

Status CheckFileName(std::string_view name) {
  const bool is_bad =
      name.empty() || name == "." || name == ".." || std::ranges::any_of(name, [](char c) {
        return !kIsWordCharacter[static_cast<unsigned char>(c)] &&
               (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F);
      });
  if (is_bad) {
    return Error{.code = ErrorCode::kCorrupt, .message = "a file has a name that no file can have"};
  }
  return Ok();
}

std::optional<int> TakeNumber(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    const int digit = c - '0';
    if (digit < 0 || digit > 9) {
      return std::nullopt;
    }
    value = value * 10 + digit;
  }
  text.remove_prefix(digits);
  return value;
}

bool TakeCharacter(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

// "2022-01-01" as days since the epoch.
std::optional<std::chrono::sys_days> TakeDate(std::string_view& text) {
  const auto year = TakeNumber(text, 4);
  if (!year || !TakeCharacter(text, '-')) {
    return std::nullopt;
  }
  const auto month = TakeNumber(text, 2);
  if (!month || !TakeCharacter(text, '-')) {
    return std::nullopt;
  }
  const auto day = TakeNumber(text, 2);
  if (!day) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

// "12:34:56.123456", the fraction with up to nine digits.
std::optional<std::chrono::microseconds> TakeTime(std::string_view& text) {
  const auto hour = TakeNumber(text, 2);
  if (!hour || !TakeCharacter(text, ':')) {
    return std::nullopt;
  }
  const auto minute = TakeNumber(text, 2);
  if (!minute || !TakeCharacter(text, ':')) {
    return std::nullopt;
  }
  const auto second = TakeNumber(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  std::int64_t micros = 0;
  if (TakeCharacter(text, '.')) {
    std::int64_t scale = 100'000;
    if (text.empty() || !IsAsciiDigit(text.front())) {
      return std::nullopt;
    }
    for (; !text.empty() && IsAsciiDigit(text.front()); text.remove_prefix(1)) {
      micros += (text.front() - '0') * scale;
      scale /= 10;
    }
  }
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         std::chrono::microseconds(micros);
}

// "Z" or "+01:00", which must end the text.
std::optional<std::chrono::minutes> TakeOffset(std::string_view text) {
  if (text == "Z" || text == "z" || text.empty()) {
    return std::chrono::minutes(0);
  }
  const int sign = text.front() == '-' ? -1 : 1;
  if (!TakeCharacter(text, '+') && !TakeCharacter(text, '-')) {
    return std::nullopt;
  }
  const auto hours = TakeNumber(text, 2);
  (void)TakeCharacter(text, ':');
  const auto minutes = TakeNumber(text, 2);
  if (!hours || !minutes || !text.empty()) {
    return std::nullopt;
  }
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

bool AddSha256(IndexFile& file, std::string_view hex) {
  const Result<Digest> digest = Digest::Parse(TrimText(hex));
  if (digest && !file.sha256) {
    file.sha256 = *digest;
  }
  return digest.has_value();
}

// Whether the path, put behind a directory, needs no escape and leads nowhere but down.
bool IsPlainPath(std::string_view path) {
  char before = '/';
  for (const char c : path) {
    const bool is_plain = kIsWordCharacter[static_cast<unsigned char>(c)] ||
                          (before != '/' && (c == '.' || c == '/'));
    if (!is_plain) {
      return false;
    }
    before = c;
  }
  return !path.empty();
}

// Where the path of the link begins that the links of a page differ in: behind the host, or behind
// the steps up.
std::size_t StartOfPath(std::string_view link) {
  if (const std::size_t scheme = link.find("://"); scheme != std::string_view::npos) {
    return std::min(link.find('/', scheme + 3), link.size() - 1) + 1;
  }
  constexpr std::string_view up = "../";
  std::size_t start = 0;
  while (link.substr(start).starts_with(up)) {
    start += up.size();
  }
  return start == 0 && link.starts_with('/') ? 1 : start;
}

}  // namespace

Status CheckApiVersion(std::string_view version, const net::Url& page_url,
                       std::vector<std::string>& warnings) {
  if (version.empty()) {
    return Ok();
  }
  const std::string_view major = version.substr(0, version.find('.'));
  if (major != "1") {
    return Error{.code = ErrorCode::kCorrupt,
                 .message = "the page " + page_url.Redacted() + " is of API version " +
                            std::string(version) + ", and only version 1 is known"};
  }
  const std::string_view minor = version.substr(std::min(major.size() + 1, version.size()));
  if (minor.size() > 1 || minor > kNewestMinorVersion) {
    warnings.push_back("the index speaks version " + std::string(version) +
                       " of its protocol; what is new in it is ignored");
  }
  return Ok();
}

Result<std::string> LinkReader::Read(std::string_view link, std::string_view filename) {
  FLOWSTONE_TRY(CheckFileName(filename));
  if (!start_.empty() && link.starts_with(start_) && IsPlainPath(link.substr(start_.size()))) {
    std::string url;
    url.reserve(start_url_.size() + link.size() - start_.size());
    return url.append(start_url_).append(link.substr(start_.size()));
  }
  FLOWSTONE_LET(IndexFile file, MakeIndexFile(page_url_, link, filename));
  const std::size_t start = StartOfPath(link);
  const std::string_view path = link.substr(start);
  if (start > 0 && IsPlainPath(path) && file.url.ends_with(path)) {
    start_ = link.substr(0, start);
    start_url_ = file.url.substr(0, file.url.size() - path.size());
  }
  return std::move(file.url);
}

Result<IndexFile> MakeIndexFile(const net::Url& base, std::string_view link,
                                std::string_view filename) {
  FLOWSTONE_LET(const net::Url url, base.Resolve(link));
  IndexFile file;
  if (filename.empty()) {
    FLOWSTONE_LET(file.filename, url.FileName());
  } else {
    FLOWSTONE_TRY(CheckFileName(filename));
    file.filename = filename;
  }
  file.url = url.WithoutCredentials().WithoutFragment().ToString();
  if (url.fragment()) {
    for (const std::string_view part : SplitText(*url.fragment(), '&')) {
      if (const std::size_t equals = part.find('='); equals != std::string_view::npos) {
        (void)AddHash(file, part.substr(0, equals), part.substr(equals + 1));
      }
    }
  }
  return file;
}

bool AddHash(IndexFile& file, std::string_view algorithm, std::string_view hex) {
  constexpr std::array<std::string_view, 8> known_algorithms = {
      "md5", "sha1", "sha224", "sha384", "sha512", "blake2b", "sha3_256", "sha3_512"};
  if (algorithm == "sha256") {
    return AddSha256(file, hex);
  }
  const std::string name = AsciiLower(TrimText(algorithm));
  if (name == "sha256") {
    return AddSha256(file, hex);
  }
  const std::string value = AsciiLower(TrimText(hex));
  if (std::find(known_algorithms.begin(), known_algorithms.end(), name) == known_algorithms.end() ||
      !IsHex(value)) {
    return false;
  }
  const auto place = std::lower_bound(
      file.other_hashes.begin(), file.other_hashes.end(), name,
      [](const FileHash& hash, const std::string& wanted) { return hash.algorithm < wanted; });
  if (place == file.other_hashes.end() || place->algorithm != name) {
    file.other_hashes.insert(place, FileHash{.algorithm = name, .hex = value});
  }
  return true;
}

std::optional<std::int64_t> ParseUploadTime(std::string_view text) {
  text = TrimText(text);
  const auto date = TakeDate(text);
  if (!date ||
      (!TakeCharacter(text, 'T') && !TakeCharacter(text, 't') && !TakeCharacter(text, ' '))) {
    return std::nullopt;
  }
  const auto time = TakeTime(text);
  if (!time) {
    return std::nullopt;
  }
  const auto offset = TakeOffset(text);
  if (!offset) {
    return std::nullopt;
  }
  const std::chrono::microseconds since_epoch = date->time_since_epoch() + *time - *offset;
  return since_epoch.count();
}

ProjectStatus ParseProjectStatus(std::string_view text) {
  const std::string status = AsciiLower(TrimText(text));
  if (status == "archived") {
    return ProjectStatus::kArchived;
  }
  if (status == "deprecated") {
    return ProjectStatus::kDeprecated;
  }
  return status == "quarantined" ? ProjectStatus::kQuarantined : ProjectStatus::kActive;
}

bool HasDistributionSuffix(std::string_view filename) {
  constexpr std::array<std::string_view, 10> suffixes = {
      ".whl", ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".tar", ".egg", ".exe"};
  const std::string lower = AsciiLower(filename);
  return std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) {
    return lower.size() > suffix.size() && lower.ends_with(suffix);
  });
}

void FinishPage(ProjectPage& page) {
  if (page.status == ProjectStatus::kQuarantined) {
    page.files.clear();
    return;
  }
  // Views into strings that move with their files would dangle: decide first, erase afterwards.
  std::unordered_set<std::string_view> seen(page.files.size());
  std::vector<bool> again;
  again.reserve(page.files.size());
  for (const IndexFile& file : page.files) {
    again.push_back(!seen.insert(file.filename).second);
  }
  std::size_t at = 0;
  std::erase_if(page.files, [&](const IndexFile&) { return again[at++]; });
}

}  // namespace flowstone::index
