#include "flowstone/install/archive_plan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/install/plan_bytes.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kMagic = "flowstone-archive-plan ";
constexpr std::string_view kPlanVersion = "3 ";

Error Damaged(const std::string& what) {
  return {.code = ErrorCode::kCorrupt, .message = "the archive plan is damaged: " + what};
}

Error BadDirectory(const std::string& path) {
  return Damaged("the directory \"" + path + "\" has an impossible name");
}

bool IsPlainPath(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!IsPlainName(path.substr(0, slash))) {
      return false;
    }
    if (slash == std::string_view::npos) {
      return true;
    }
    path.remove_prefix(slash + 1);
  }
}

// The fields of a plan, whose bytes are `body` of `text`.
Result<ArchivePlan> ReadFields(std::string_view body,
                               const std::shared_ptr<const std::string>& text) {
  PlanReader reader(body);
  ArchivePlan plan;
  plan.wheel = reader.TakeDigest();
  for (std::string* field : {&plan.name, &plan.version, &plan.dist_info, &plan.bytecode}) {
    *field = reader.TakeText();
  }
  for (std::vector<std::string>* texts : {&plan.tags, &plan.warnings, &plan.climbing}) {
    *texts = reader.TakeTexts();
  }
  plan.directories.resize(reader.TakeCount(2 * sizeof(std::uint32_t)));
  for (PlannedDirectory& directory : plan.directories) {
    directory.path = reader.TakeText();
    if (!IsPlainPath(directory.path)) {
      return BadDirectory(directory.path);
    }
    FLOWSTONE_LET(directory.files, PlannedFiles::Read(reader, text));
  }
  if (reader.is_cut_off() || !reader.left().empty()) {
    return Damaged("it has another length than it says");
  }
  if (const auto bad = std::ranges::find_if_not(plan.climbing, IsPlainPath);
      bad != plan.climbing.end()) {
    return BadDirectory(*bad);
  }
  return plan;
}

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
  return place != directories.end() && place->path == directory && place->files.Has(file);
}

std::string ArchivePlan::Serialize() const {
  PlanWriter body;
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
    directory.files.Write(body);
  }
  return std::string(kMagic) + std::string(kPlanVersion) + Digest::Of(body.bytes()).ToString() +
         "\n" + body.bytes();
}

Result<ArchivePlan> ArchivePlan::Parse(std::string text) {
  const auto kept = std::make_shared<const std::string>(std::move(text));
  std::string_view left = *kept;
  if (!left.starts_with(kMagic)) {
    return Damaged("it does not start with \"" + std::string(kMagic) + "\"");
  }
  left.remove_prefix(kMagic.size());
  if (left.size() > 2 && IsAsciiDigit(left[0]) && !left.starts_with(kPlanVersion)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the archive plan is of another version of Flowstone"};
  }
  constexpr std::size_t header = kPlanVersion.size() + 2 * Digest::kSize + 1;
  if (left.size() < header || left[header - 1] != '\n') {
    return Damaged("it is cut off");
  }
  const std::string_view body = left.substr(header);
  if (left.substr(kPlanVersion.size(), 2 * Digest::kSize) != Digest::Of(body).ToString()) {
    return Damaged("its content does not have the digest in its first line");
  }
  return ReadFields(body, kept);
}

}  // namespace flowstone::install
