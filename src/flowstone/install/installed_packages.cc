#include "flowstone/install/installed_packages.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/name.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kDistInfoSuffix = ".dist-info";
constexpr std::string_view kEggInfoSuffix = ".egg-info";

// The content, or nothing when it is not there.
Result<std::optional<std::string>> ReadIfThere(os::FileSystem& filesystem,
                                               const std::string& path) {
  Result<std::string> text = filesystem.ReadFile(path);
  if (text) {
    return std::optional(*std::move(text));
  }
  if (text.error().code == ErrorCode::kNotFound) {
    return std::optional<std::string>();
  }
  return std::move(text.error());
}

// "Demo_Project-1.0" → demo-project, 1.0.
void NameFromStem(std::string_view stem, InstalledPackage& package) {
  const std::size_t dash = stem.find('-');
  package.name = pypi::NormalizeName(stem.substr(0, dash));
  if (dash != std::string_view::npos) {
    package.version = stem.substr(dash + 1);
  }
}

}  // namespace

Result<InstalledPackage> ReadInstalledPackage(os::FileSystem& filesystem,
                                              const std::string& dist_info) {
  InstalledPackage package;
  package.dist_info = os::BaseName(dist_info);
  const std::string_view name(package.dist_info);
  NameFromStem(name.substr(0, name.size() - kDistInfoSuffix.size()), package);
  const auto read = [&](std::string_view file) {
    return ReadIfThere(filesystem, os::JoinPath(dist_info, file));
  };
  FLOWSTONE_LET(const std::optional<std::string> installer, read("INSTALLER"));
  package.installer = installer ? std::string(TrimText(*installer)) : "";
  FLOWSTONE_LET(const std::optional<std::string> record, read("RECORD"));
  if (record) {
    if (Result<std::vector<pypi::RecordRow>> rows = pypi::ParseRecord(*record)) {
      package.record = *std::move(rows);
    }
  }
  FLOWSTONE_LET(const std::optional<std::string> requested, read("REQUESTED"));
  package.is_requested = requested.has_value();
  FLOWSTONE_LET(package.direct_url, read("direct_url.json"));
  return package;
}

Result<std::vector<InstalledPackage>> ReadInstalledPackages(os::FileSystem& filesystem,
                                                            const std::string& site_packages) {
  std::vector<InstalledPackage> packages;
  const Result<std::vector<os::DirectoryEntry>> entries = filesystem.ListDirectory(site_packages);
  if (!entries) {
    if (entries.error().code == ErrorCode::kNotFound) {
      return packages;
    }
    return Error(entries.error());
  }
  for (const os::DirectoryEntry& entry : *entries) {
    if (entry.name.starts_with('~')) {
      continue;  // what pip leaves of an interrupted removal
    }
    if (entry.name.ends_with(kDistInfoSuffix)) {
      FLOWSTONE_LET(InstalledPackage package,
                    ReadInstalledPackage(filesystem, os::JoinPath(site_packages, entry.name)));
      packages.push_back(std::move(package));
    } else if (entry.name.ends_with(kEggInfoSuffix)) {
      InstalledPackage package;
      package.dist_info = entry.name;
      const std::string_view name(entry.name);
      NameFromStem(name.substr(0, name.size() - kEggInfoSuffix.size()), package);
      packages.push_back(std::move(package));
    }
  }
  std::ranges::sort(packages, {}, &InstalledPackage::name);
  return packages;
}

}  // namespace flowstone::install
