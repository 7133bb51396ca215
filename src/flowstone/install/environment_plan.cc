#include "flowstone/install/environment_plan.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/os/path.h"
#include "flowstone/pypi/record.h"

namespace flowstone::install {
namespace {

struct Claim {
  std::size_t package = 0;
  const PlannedFile* file = nullptr;
};

// Where a path of an archive goes in the environment.
std::string Destination(std::string_view source, const EnvironmentScheme& scheme) {
  const std::size_t slash = source.find('/');
  const std::string_view root = source.substr(0, slash);
  const std::string_view rest =
      slash == std::string_view::npos ? std::string_view() : source.substr(slash + 1);
  std::string base;
  if (root == "site") {
    base = scheme.site_packages;
  } else if (root == "include") {
    base = scheme.include;
  } else if (root == "bin") {
    base = "bin";
  }
  return os::JoinPath(base, rest);
}

class Planner {
 public:
  Planner(std::span<const PlannedPackage> packages, const EnvironmentScheme& scheme)
      : packages_(packages), scheme_(scheme), records_(packages.size()) {}

  Result<EnvironmentPlan> Run() {
    for (std::size_t i = 0; i < packages_.size(); ++i) {
      FLOWSTONE_TRY(AddArchive(i));
    }
    for (std::size_t i = 0; i < packages_.size(); ++i) {
      FLOWSTONE_TRY(AddMetadata(i));
    }
    FLOWSTONE_TRY(CheckDirectories());
    plan_.directories.assign(directories_.begin(), directories_.end());
    std::ranges::sort(plan_.links, {}, &LinkOperation::destination);
    std::ranges::sort(plan_.writes, {}, &WriteOperation::destination);
    return std::move(plan_);
  }

 private:
  std::string Label(std::size_t package) const {
    const ArchivePlan& archive = packages_[package].archive;
    return archive.name + " " + archive.version;
  }

  Error Clash(std::size_t first, std::size_t second, const std::string& path,
              std::string_view how) const {
    return Error{
        .code = ErrorCode::kConflict,
        .message = Label(first) + " and " + Label(second) + " " + std::string(how) + " " + path}
        .WithHint("install only one of the two in this environment");
  }

  void AddDirectory(std::string path) {
    while (!path.empty() && path != "." && directories_.insert(path).second) {
      path = os::DirName(path);
    }
  }

  // Files of other packages at the same path are accepted when their bytes are the same.
  Status AddArchive(std::size_t package) {
    for (const PlannedDirectory& directory : packages_[package].archive.directories) {
      const std::string target = Destination(directory.path, scheme_);
      if (!directory.files.empty()) {
        AddDirectory(target);
      }
      for (const PlannedFile& file : directory.files) {
        std::string destination = os::JoinPath(target, file.name);
        Record(package, destination, file.digest, file.size);
        const auto [place, is_new] = claims_.try_emplace(destination, Claim{package, &file});
        if (!is_new) {
          if (place->second.file->digest != file.digest) {
            return Clash(place->second.package, package, destination, "have different files at");
          }
          continue;
        }
        plan_.linked_bytes += file.size;
        plan_.links.push_back({.package = package,
                               .source = directory.path + "/" + file.name,
                               .destination = std::move(destination),
                               .mode = file.mode,
                               .size = file.size});
      }
    }
    return Ok();
  }

  void Record(std::size_t package, const std::string& destination, const Digest& digest,
              std::uint64_t size) {
    records_[package].push_back(
        pypi::RecordRow::Of(os::RelativePath(scheme_.site_packages, destination), digest, size));
  }

  Status Write(std::size_t package, const std::string& destination, std::string content) {
    const auto [place, is_new] = claims_.try_emplace(destination, Claim{package, nullptr});
    if (!is_new) {
      return Clash(place->second.package, package, destination, "both want to have");
    }
    plan_.writes.push_back({.destination = destination, .content = std::move(content)});
    return Ok();
  }

  // What the installer adds to the dist-info directory; RECORD last, because it lists the rest.
  Status AddMetadata(std::size_t package) {
    const PlannedPackage& planned = packages_[package];
    const std::string dist_info = os::JoinPath(scheme_.site_packages, planned.archive.dist_info);
    AddDirectory(dist_info);
    if (planned.wish == Wish::kRequested) {
      Record(package, dist_info + "/REQUESTED", Digest::Of(""), 0);
      FLOWSTONE_TRY(Write(package, dist_info + "/REQUESTED", ""));
    }
    if (planned.direct_url) {
      const std::string& content = *planned.direct_url;
      Record(package, dist_info + "/direct_url.json", Digest::Of(content), content.size());
      FLOWSTONE_TRY(Write(package, dist_info + "/direct_url.json", content));
    }
    std::vector<pypi::RecordRow>& rows = records_[package];
    rows.push_back({.path = planned.archive.dist_info + "/RECORD"});
    std::ranges::sort(rows, {}, &pypi::RecordRow::path);
    return Write(package, dist_info + "/RECORD", pypi::WriteRecord(rows));
  }

  // No package may have a file where another needs a directory.
  Status CheckDirectories() const {
    for (const std::string& directory : directories_) {
      if (const auto file = claims_.find(directory); file != claims_.end()) {
        return Clash(file->second.package, FirstOwnerBelow(directory), directory,
                     "have a file and a directory at");
      }
    }
    return Ok();
  }

  // The first package that has something below `directory`.
  std::size_t FirstOwnerBelow(const std::string& directory) const {
    std::size_t owner = packages_.size() - 1;
    for (const auto& [path, claim] : claims_) {
      if (path != directory && os::IsWithin(directory, path)) {
        owner = std::min(owner, claim.package);
      }
    }
    return owner;
  }

  std::span<const PlannedPackage> packages_;
  const EnvironmentScheme& scheme_;
  EnvironmentPlan plan_;
  std::set<std::string> directories_;
  std::unordered_map<std::string, Claim> claims_;  // by destination
  std::vector<std::vector<pypi::RecordRow>> records_;
};

}  // namespace

Result<EnvironmentPlan> PlanEnvironment(std::span<const PlannedPackage> packages,
                                        const EnvironmentScheme& scheme) {
  return Planner(packages, scheme).Run();
}

}  // namespace flowstone::install
