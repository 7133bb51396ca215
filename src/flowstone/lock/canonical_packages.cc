#include "flowstone/lock/canonical_packages.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/sdist_name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/pypi/wheel_name.h"

namespace flowstone::lock {
namespace {

constexpr std::string_view kPackageHeader = "\n[[packages]]\n";
constexpr std::string_view kToolHeader = "\n[tool.flowstone]\n";

// Reads pieces from the front of a text. After the first that is not as it should be it says
// nothing more but that something is wrong.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : left_(text) {}

  bool is_at_end() const { return left_.empty(); }
  bool is_sound() const { return is_sound_; }
  void Refuse() { is_sound_ = false; }

  // Whether the text goes on with `piece`, which is passed then.
  bool Skip(std::string_view piece) {
    if (!is_sound_ || !left_.starts_with(piece)) {
      return false;
    }
    left_.remove_prefix(piece.size());
    return true;
  }
  void Expect(std::string_view piece) { is_sound_ = Skip(piece); }

  // A string without escapes.
  std::string_view Text() {
    const char quote = left_.empty() ? '\0' : left_.front();
    const std::size_t end =
        quote == '"' || quote == '\'' ? left_.find(quote, 1) : std::string_view::npos;
    const std::string_view text =
        end == std::string_view::npos ? std::string_view() : left_.substr(1, end - 1);
    if (text.empty() || text.find_first_of("\\\n") != std::string_view::npos) {
      Refuse();
      return {};
    }
    left_.remove_prefix(end + 1);
    return text;
  }

  // Up to one of these characters, or the end.
  std::string_view Until(std::string_view ends) {
    const std::string_view word = left_.substr(0, left_.find_first_of(ends));
    left_.remove_prefix(word.size());
    return word;
  }

 private:
  std::string_view left_;
  bool is_sound_ = true;
};

// The value of a text as a T.
template <class T>
std::optional<T> Take(Scanner& scanner, Result<T> value) {
  if (!value) {
    scanner.Refuse();
    return std::nullopt;
  }
  return *std::move(value);
}

std::optional<pypi::Name> TakeName(Scanner& scanner) {
  const std::string_view text = scanner.Text();
  std::optional<pypi::Name> name = Take(scanner, pypi::Name::Parse(text));
  if (name && name->ToString() != text) {
    scanner.Refuse();
  }
  return name;
}

void TakeNumber(Scanner& scanner, std::optional<std::uint64_t>& number) {
  const std::string_view digits = scanner.Until(", }");
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    scanner.Refuse();
  }
  number = value;
}

// "{ name = …, hashes = { sha256 = … } }", whatever is there of what may be.
LockedFile TakeFile(Scanner& scanner) {
  LockedFile file;
  scanner.Expect("{ name = ");
  file.name = scanner.Text();
  if (scanner.Skip(", url = ")) {
    file.url = scanner.Text();
  }
  if (scanner.Skip(", path = ")) {
    file.path = scanner.Text();
  }
  if (scanner.Skip(", upload-time = ")) {
    file.upload_time_us = ParseTimestamp(scanner.Until(", }"));
  }
  if (scanner.Skip(", size = ")) {
    TakeNumber(scanner, file.size);
  }
  scanner.Expect(", hashes = { sha256 = ");
  const std::string_view hex = scanner.Text();
  file.hashes.emplace("sha256", hex);
  scanner.Expect(" } }");
  const bool has_place = file.url.has_value() || file.path.has_value();
  const Result<Digest> digest = Digest::Parse(hex);
  if (!has_place || file.name.find('/') != std::string::npos || !digest ||
      digest->ToString() != hex) {
    scanner.Refuse();
  }
  return file;
}

// Refuses a file that is not of the package.
template <class FileName>
void CheckFile(Scanner& scanner, const Result<FileName>& name, const LockedPackage& package) {
  if (!name || name->name != package.name || !package.version ||
      name->version != *package.version) {
    scanner.Refuse();
  }
}

// Rows between brackets.
template <class TakeRow>
void TakeRows(Scanner& scanner, std::string_view key, const TakeRow& take_row) {
  if (!scanner.Skip(key)) {
    return;
  }
  scanner.Expect(" = [\n");
  while (scanner.Skip("    ")) {
    take_row();
    scanner.Expect(",\n");
  }
  scanner.Expect("]\n");
}

void TakeFiles(Scanner& scanner, LockedPackage& package) {
  if (scanner.Skip("sdist = ")) {
    package.sdist = TakeFile(scanner);
    scanner.Expect("\n");
    CheckFile(scanner, pypi::SdistName::ParseFor(package.name, package.sdist->name), package);
  }
  TakeRows(scanner, "wheels", [&] {
    LockedFile file = TakeFile(scanner);
    CheckFile(scanner, pypi::WheelName::Parse(file.name), package);
    package.wheels.push_back(std::move(file));
  });
  if (!package.sdist && package.wheels.empty()) {
    scanner.Refuse();
  }
}

// One package, behind its header.
std::optional<LockedPackage> TakePackage(Scanner& scanner) {
  scanner.Expect("name = ");
  std::optional<pypi::Name> name = TakeName(scanner);
  scanner.Expect("\nversion = ");
  std::optional<pypi::Version> version = Take(scanner, pypi::Version::Parse(scanner.Text()));
  scanner.Expect("\n");
  if (!name || !version) {
    return std::nullopt;
  }
  LockedPackage package{.name = *std::move(name), .version = std::move(version)};
  if (scanner.Skip("marker = ")) {
    package.marker =
        Take(scanner, pypi::Marker::Parse(scanner.Text(), pypi::MarkerVariables::kLockFile))
            .value_or(pypi::Marker());
    scanner.Expect("\n");
  }
  if (scanner.Skip("requires-python = ")) {
    package.requires_python =
        Take(scanner, pypi::SpecifierSet::Parse(scanner.Text())).value_or(pypi::SpecifierSet());
    scanner.Expect("\n");
  }
  TakeRows(scanner, "dependencies", [&] {
    scanner.Expect("{ name = ");
    std::optional<pypi::Name> dependency = TakeName(scanner);
    scanner.Expect(" }");
    if (dependency) {
      package.dependencies.push_back({*std::move(dependency)});
    }
  });
  if (scanner.Skip("index = ")) {
    package.index = scanner.Text();
    scanner.Expect("\n");
  }
  TakeFiles(scanner, package);
  return package;
}

}  // namespace

std::optional<LockParts> PartsOfLock(std::string_view text) {
  const std::size_t first = text.find(kPackageHeader);
  if (first == std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t tool = std::min(text.find(kToolHeader, first), text.size());
  return LockParts{.head = text.substr(0, first),
                   .packages = text.substr(first, tool - first),
                   .tail = text.substr(tool)};
}

std::optional<std::vector<LockedPackage>> ReadCanonicalPackages(std::string_view text) {
  std::vector<LockedPackage> packages;
  Scanner scanner(text);
  while (scanner.is_sound() && !scanner.is_at_end()) {
    scanner.Expect(kPackageHeader);
    if (std::optional<LockedPackage> package = TakePackage(scanner)) {
      packages.push_back(*std::move(package));
    }
  }
  return scanner.is_sound() ? std::optional(std::move(packages)) : std::nullopt;
}

}  // namespace flowstone::lock
