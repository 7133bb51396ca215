#include "flowstone/install/planned_files.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace flowstone::install {
namespace {

constexpr std::size_t kKindSize = 2;
constexpr std::size_t kNumbersSize = 8 + Digest::kSize;  // size and digest
// What a file takes, without its name.
constexpr std::size_t kLeastFile = kKindSize + kNumbersSize + sizeof(std::uint32_t);

char OriginLetter(FileOrigin origin) {
  switch (origin) {
    case FileOrigin::kWheel:
      return 'w';
    case FileOrigin::kRewritten:
      return 'r';
    case FileOrigin::kGenerated:
      return 'g';
    case FileOrigin::kCompiled:
      return 'c';
  }
  return 'w';
}

std::optional<FileOrigin> OriginOf(char letter) {
  switch (letter) {
    case 'w':
      return FileOrigin::kWheel;
    case 'r':
      return FileOrigin::kRewritten;
    case 'g':
      return FileOrigin::kGenerated;
    case 'c':
      return FileOrigin::kCompiled;
    default:
      return std::nullopt;
  }
}

bool IsKind(std::string_view kind) {
  return kind.size() == kKindSize && (kind[0] == 'f' || kind[0] == 'x') &&
         OriginOf(kind[1]).has_value();
}

}  // namespace

bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

PlannedFile PlannedFiles::Iterator::operator*() const {
  PlanReader reader(left_);
  const std::string_view kind = reader.Take(kKindSize);
  PlannedFile file;
  file.size = reader.TakeNumber<8>();
  file.digest = reader.TakeDigest();
  file.name = reader.TakeText();
  file.mode = kind[0] == 'x' ? 0555U : 0444U;
  file.origin = OriginOf(kind[1]).value_or(FileOrigin::kWheel);
  return file;
}

PlannedFiles::Iterator& PlannedFiles::Iterator::operator++() {
  PlanReader reader(left_);
  reader.Take(kKindSize + kNumbersSize);
  reader.TakeText();
  left_ = reader.left();
  return *this;
}

PlannedFiles::PlannedFiles(std::vector<PlannedFile> files) : count_(files.size()) {
  std::ranges::sort(files, {}, &PlannedFile::name);
  PlanWriter writer;
  for (const PlannedFile& file : files) {
    const char kind[] = {file.mode == 0555U ? 'x' : 'f', OriginLetter(file.origin)};
    writer.Raw(std::string_view(kind, kKindSize));
    writer.Number<8>(file.size);
    writer.Raw(file.digest);
    writer.Text(file.name);
  }
  owner_ = std::make_shared<const std::string>(writer.Finish());
  bytes_ = *owner_;
}

Result<PlannedFiles> PlannedFiles::Read(PlanReader& reader,
                                        std::shared_ptr<const std::string> plan) {
  PlannedFiles files;
  files.count_ = reader.TakeCount(kLeastFile);
  const std::string_view from = reader.left();
  for (std::size_t i = 0; i < files.count_; ++i) {
    const std::string_view kind = reader.Take(kKindSize);
    reader.Take(kNumbersSize);
    const std::string_view name = reader.TakeText();
    if (!IsPlainName(name) || !IsKind(kind)) {
      return Error{.code = ErrorCode::kCorrupt,
                   .message = "the archive plan is damaged: the file \"" + std::string(name) +
                              "\" has an impossible name or kind"};
    }
  }
  files.bytes_ = from.substr(0, from.size() - reader.left().size());
  files.owner_ = std::move(plan);
  return files;
}

void PlannedFiles::Write(PlanWriter& writer) const {
  writer.Number<4>(count_);
  writer.Raw(bytes_);
}

PlannedFile PlannedFiles::operator[](std::size_t index) const {
  Iterator place = begin();
  for (; index > 0; --index) {
    ++place;
  }
  return *place;
}

bool PlannedFiles::Has(std::string_view name) const {
  return std::ranges::any_of(*this, [&](const PlannedFile& file) { return file.name == name; });
}

std::vector<PlannedFile> PlannedFiles::ToVector() const {
  std::vector<PlannedFile> files;
  files.reserve(count_);
  for (PlannedFile file : *this) {
    files.push_back(std::move(file));
  }
  return files;
}

void PlannedFiles::Add(PlannedFile file) {
  std::vector<PlannedFile> files = ToVector();
  files.push_back(std::move(file));
  *this = PlannedFiles(std::move(files));
}

void PlannedFiles::Remove(std::string_view name) {
  std::vector<PlannedFile> files = ToVector();
  std::erase_if(files, [&](const PlannedFile& file) { return file.name == name; });
  *this = PlannedFiles(std::move(files));
}

}  // namespace flowstone::install
