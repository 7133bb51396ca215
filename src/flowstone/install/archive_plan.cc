#include "flowstone/install/archive_plan.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kMagic = "flowstone-archive-plan ";
constexpr std::string_view kPlanVersion = "3 ";
// What a file takes in a plan, without its name: kind, size, digest, length of the name.
constexpr std::size_t kLeastFile = 2 + 8 + Digest::kSize + 4;

Error Damaged(const std::string& what) {
  return {.code = ErrorCode::kCorrupt, .message = "the archive plan is damaged: " + what};
}

// One path component: what a plan may name.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

bool IsPlainPath(std::string_view path) {
  const std::vector<std::string_view> parts = SplitText(path, '/');
  return std::all_of(parts.begin(), parts.end(), IsPlainName);
}

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

// Little-endian numbers, and texts behind their lengths, one after the other.
class PlanBytes {
 public:
  template <std::size_t width>
  void Number(std::uint64_t number) {
    for (std::size_t i = 0; i < width; ++i) {
      bytes_ += static_cast<char>(number >> (8 * i) & 0xFFU);
    }
  }
  void Text(std::string_view text) {
    Number<4>(text.size());
    bytes_ += text;
  }
  void Texts(const std::vector<std::string>& texts) {
    Number<4>(texts.size());
    for (const std::string& text : texts) {
      Text(text);
    }
  }
  void Raw(const Digest& digest) { bytes_.append(digest.bytes().begin(), digest.bytes().end()); }
  void File(const PlannedFile& file) {
    bytes_ += file.mode == 0555 ? 'x' : 'f';
    bytes_ += OriginLetter(file.origin);
    Number<8>(file.size);
    Raw(file.digest);
    Text(file.name);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads them back. What lies behind the end is 0 or empty, and noticed at the end.
class PlanDocument {
 public:
  explicit PlanDocument(std::string_view body) : left_(body) {}

  Result<ArchivePlan> Read() {
    ArchivePlan plan;
    plan.wheel = TakeDigest();
    plan.name = TakeText();
    plan.version = TakeText();
    plan.dist_info = TakeText();
    plan.bytecode = TakeText();
    plan.tags = TakeTexts();
    plan.warnings = TakeTexts();
    plan.climbing = TakeTexts();
    if (const auto bad = std::ranges::find_if_not(plan.climbing, IsPlainPath);
        bad != plan.climbing.end()) {
      return Damaged("the directory \"" + *bad + "\" has an impossible name");
    }
    const std::size_t count = TakeCount(2 * sizeof(std::uint32_t));
    plan.directories.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      FLOWSTONE_LET(PlannedDirectory directory, Directory());
      plan.directories.push_back(std::move(directory));
    }
    if (is_cut_off_ || !left_.empty()) {
      return Damaged("it has another length than it says");
    }
    return plan;
  }

 private:
  std::string_view Take(std::size_t length) {
    if (length > left_.size()) {
      is_cut_off_ = true;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, length);
    left_.remove_prefix(length);
    return taken;
  }

  template <std::size_t width>
  std::uint64_t TakeNumber() {
    std::uint64_t number = 0;
    const std::string_view bytes = Take(width);
    for (std::size_t i = bytes.size(); i > 0; --i) {
      number = number << 8U | static_cast<unsigned char>(bytes[i - 1]);
    }
    return number;
  }

  std::string TakeText() { return std::string(Take(TakeNumber<4>())); }

  // How many items follow, each of at least so many bytes.
  std::size_t TakeCount(std::size_t least) {
    const std::uint64_t count = TakeNumber<4>();
    if (count > left_.size() / least) {
      is_cut_off_ = true;
      return 0;
    }
    return static_cast<std::size_t>(count);
  }

  std::vector<std::string> TakeTexts() {
    std::vector<std::string> texts(TakeCount(sizeof(std::uint32_t)));
    for (std::string& text : texts) {
      text = TakeText();
    }
    return texts;
  }

  Digest TakeDigest() {
    const std::string_view bytes = Take(Digest::kSize);
    std::array<std::uint8_t, Digest::kSize> raw{};
    std::copy(bytes.begin(), bytes.end(), raw.begin());
    return Digest(raw);
  }

  Result<PlannedDirectory> Directory() {
    PlannedDirectory directory{.path = TakeText(), .files = {}};
    if (!IsPlainPath(directory.path)) {
      return Damaged("the directory \"" + directory.path + "\" has an impossible name");
    }
    directory.files.resize(TakeCount(kLeastFile));
    for (PlannedFile& file : directory.files) {
      FLOWSTONE_TRY(TakeFile(file));
    }
    return directory;
  }

  Status TakeFile(PlannedFile& file) {
    const std::string_view kind = Take(2);
    const std::optional<FileOrigin> origin =
        kind.empty() ? std::optional<FileOrigin>() : OriginOf(kind[1]);
    file.size = TakeNumber<8>();
    file.digest = TakeDigest();
    file.name = TakeText();
    if (!IsPlainName(file.name) || !origin || (kind[0] != 'f' && kind[0] != 'x')) {
      return Damaged("the file \"" + file.name + "\" has an impossible name or kind");
    }
    file.mode = kind[0] == 'x' ? 0555U : 0444U;
    file.origin = *origin;
    return Ok();
  }

  std::string_view left_;
  bool is_cut_off_ = false;
};

}  // namespace

std::uint64_t ArchivePlan::TotalBytes() const {
  std::uint64_t total = 0;
  for (const PlannedDirectory& directory : directories) {
    for (const PlannedFile& file : directory.files) {
      total += file.size;
    }
  }
  return total;
}

std::size_t ArchivePlan::FileCount() const {
  std::size_t count = 0;
  for (const PlannedDirectory& directory : directories) {
    count += directory.files.size();
  }
  return count;
}

bool ArchivePlan::Has(std::string_view directory, std::string_view file) const {
  const auto place = std::ranges::lower_bound(directories, directory, {}, &PlannedDirectory::path);
  return place != directories.end() && place->path == directory &&
         std::ranges::binary_search(place->files, file, {}, &PlannedFile::name);
}

std::string ArchivePlan::Serialize() const {
  PlanBytes body;
  body.Raw(wheel);
  for (const std::string* text : {&name, &version, &dist_info, &bytecode}) {
    body.Text(*text);
  }
  body.Texts(tags);
  body.Texts(warnings);
  body.Texts(climbing);
  body.Number<4>(directories.size());
  for (const PlannedDirectory& directory : directories) {
    body.Text(directory.path);
    body.Number<4>(directory.files.size());
    for (const PlannedFile& file : directory.files) {
      body.File(file);
    }
  }
  return std::string(kMagic) + std::string(kPlanVersion) + Digest::Of(body.bytes()).ToString() +
         "\n" + body.bytes();
}

Result<ArchivePlan> ArchivePlan::Parse(std::string_view text) {
  if (!text.starts_with(kMagic)) {
    return Damaged("it does not start with \"" + std::string(kMagic) + "\"");
  }
  text.remove_prefix(kMagic.size());
  if (text.size() > 2 && IsAsciiDigit(text[0]) && !text.starts_with(kPlanVersion)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the archive plan is of another version of Flowstone"};
  }
  constexpr std::size_t header = kPlanVersion.size() + 2 * Digest::kSize + 1;
  if (text.size() < header || text[header - 1] != '\n') {
    return Damaged("it is cut off");
  }
  const std::string_view body = text.substr(header);
  if (text.substr(kPlanVersion.size(), 2 * Digest::kSize) != Digest::Of(body).ToString()) {
    return Damaged("its content does not have the digest in its first line");
  }
  return PlanDocument(body).Read();
}

}  // namespace flowstone::install
