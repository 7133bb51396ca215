#include "flowstone/install/link_capabilities.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/os/clone_file.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::install {
namespace {

// "flowstone-links 1 shc-": symbolic links, hard links, clones, and no insensitive names.
constexpr std::string_view kMemoryHead = "flowstone-links 1 ";
constexpr std::string_view kLetters = "shci";

Status WriteNew(os::FileSystem& filesystem, const std::string& path) {
  FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                filesystem.OpenOutput(path, os::Existing::kRefuse, 0644));
  FLOWSTONE_TRY(file->Write("probe"));
  return file->Close();
}

std::string MemoryOf(const LinkCapabilities& links) {
  const std::array<bool, 4> has = {links.symbolic_links, links.hard_links, links.clones,
                                   links.name_case == NameCase::kInsensitive};
  std::string text(kMemoryHead);
  for (std::size_t i = 0; i < has.size(); ++i) {
    text += has.at(i) ? kLetters[i] : '-';
  }
  return text + "\n";
}

std::optional<LinkCapabilities> FromMemory(std::string_view text) {
  if (!text.starts_with(kMemoryHead) || text.size() != kMemoryHead.size() + kLetters.size() + 1) {
    return std::nullopt;
  }
  const std::string_view letters = text.substr(kMemoryHead.size());
  const LinkCapabilities links{
      .symbolic_links = letters[0] == kLetters[0],
      .hard_links = letters[1] == kLetters[1],
      .clones = letters[2] == kLetters[2],
      .name_case = letters[3] == kLetters[3] ? NameCase::kInsensitive : NameCase::kSensitive};
  return MemoryOf(links) == text ? std::optional(links) : std::nullopt;
}

}  // namespace

bool LinkCapabilities::Has(LinkMode mode) const {
  switch (mode) {
    case LinkMode::kSymlink:
      return symbolic_links;
    case LinkMode::kHardlink:
      return hard_links;
    case LinkMode::kClone:
      return clones;
    case LinkMode::kCopy:
      return true;
  }
  return false;
}

LinkMode LinkCapabilities::BestForShared() const {
  for (const LinkMode mode : {LinkMode::kSymlink, LinkMode::kHardlink, LinkMode::kClone}) {
    if (Has(mode)) {
      return mode;
    }
  }
  return LinkMode::kCopy;
}

LinkMode LinkCapabilities::BestForWritable() const {
  if (clones) {
    return LinkMode::kClone;
  }
  return hard_links ? LinkMode::kHardlink : LinkMode::kCopy;
}

std::string LinkCapabilities::ToString() const {
  std::vector<std::string> has;
  std::vector<std::string> lacks;
  (symbolic_links ? has : lacks).emplace_back("symbolic links");
  (hard_links ? has : lacks).emplace_back("hard links");
  (clones ? has : lacks).emplace_back("clones");
  std::string text = has.empty() ? "copies only" : JoinText(has, " and ");
  if (!has.empty() && !lacks.empty()) {
    text += ", no " + JoinText(lacks, " and no ");
  }
  return name_case == NameCase::kInsensitive ? text + "; A and a are one name" : text;
}

Result<LinkCapabilities> MeasureLinks(os::FileSystem& filesystem, const CacheLayout& layout,
                                      const std::string& target) {
  FLOWSTONE_LET(const StagingDirectory staging, StagingDirectory::Create(filesystem, layout));
  const std::string source = os::JoinPath(staging.path(), "probe");
  FLOWSTONE_TRY(WriteNew(filesystem, source));
  FLOWSTONE_LET(const os::TempDir tried,
                os::TempDir::Create(filesystem, target, ".flowstone-probe-"));
  const auto at = [&](std::string_view name) { return os::JoinPath(tried.path(), name); };
  FLOWSTONE_TRY(WriteNew(filesystem, at("own")));
  LinkCapabilities links;
  links.symbolic_links = filesystem.MakeSymlink(source, at("symlink")).has_value();
  links.hard_links = filesystem.MakeHardLink(source, at("hardlink")).has_value();
  links.clones = os::CloneFile(source, at("clone"), 0644).has_value();
  if (filesystem.Lstat(at("OWN"))) {
    links.name_case = NameCase::kInsensitive;
  }
  return links;
}

Result<LinkCapabilities> RememberedLinks(os::FileSystem& filesystem, const CacheLayout& layout,
                                         const std::string& target) {
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, layout.links()));
  FLOWSTONE_LET(const os::FileInfo cache, filesystem.Stat(layout.root()));
  FLOWSTONE_LET(const os::FileInfo other, filesystem.Stat(target));
  const std::string memory = os::JoinPath(
      layout.links(), std::to_string(cache.device) + "-" + std::to_string(other.device));
  if (const Result<std::string> text = filesystem.ReadFile(memory)) {
    if (const std::optional<LinkCapabilities> known = FromMemory(*text)) {
      return *known;
    }
  }
  FLOWSTONE_LET(const LinkCapabilities links, MeasureLinks(filesystem, layout, target));
  FLOWSTONE_TRY(os::ReplaceFile(filesystem, memory, MemoryOf(links)));
  return links;
}

}  // namespace flowstone::install
