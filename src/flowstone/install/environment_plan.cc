#include "flowstone/install/environment_plan.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/base/text.h"
#include "flowstone/install/installed_record.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kRecordName = "RECORD";
constexpr std::string_view kSite = "site/";
constexpr std::size_t kNobody = std::numeric_limits<std::size_t>::max();

std::string RequestedInfo(const ArchivePlan& archive) {
  return std::string(kRequestedTree) + "/" + archive.dist_info;
}

// What one package has directly in one directory of the environment.
struct Contribution {
  std::size_t package = 0;
  const PlannedDirectory* directory = nullptr;
};

// A directory of the environment, with all that lies below it.
struct Node {
  std::string path;      // below the environment
  bool is_real = false;  // whatever is in it, it stands for itself
  std::vector<Contribution> contributions;
  std::map<std::string, Node*> children;  // by name
};

// A file that has its place.
struct Claim {
  std::size_t package = 0;
  Digest digest;
  std::size_t operation = 0;  // index into EnvironmentPlan::links
};

class Planner {
 public:
  Planner(std::span<const PlannedPackage> packages, const EnvironmentScheme& scheme,
          const PlanOptions& options)
      : packages_(packages), scheme_(scheme), options_(options) {}

  Result<EnvironmentPlan> Run() {
    root_ = NodeAt("");
    MakeReal("bin");
    MakeReal(scheme_.site_packages);
    if (options_.folding == Folding::kWhereSafe) {
      FindSoleOwners();
    }
    for (std::size_t i = 0; i < packages_.size(); ++i) {
      AddArchive(i);
      PlanMetadata(i);
    }
    FLOWSTONE_TRY(Visit(*root_));
    std::ranges::sort(plan_.writes, {}, &WriteOperation::destination);
    for (const auto& [pair, clash] : clashes_) {
      Warn(pair.first, pair.second, clash);
    }
    return std::move(plan_);
  }

 private:
  struct Clash {
    std::string path;  // the first
    std::size_t count = 0;
  };

  std::string Label(std::size_t package) const {
    const ArchivePlan& archive = packages_[package].archive;
    return archive.name + " " + archive.version;
  }

  Node* NodeAt(const std::string& path) {
    const auto [place, is_new] = nodes_.try_emplace(Key(path));
    Node& node = place->second;
    if (is_new) {
      node.path = path;
      if (!path.empty()) {
        const std::string parent = os::DirName(path);
        NodeAt(parent == "." ? std::string() : parent)
            ->children.emplace(Key(os::BaseName(path)), &node);
      }
    }
    return &node;
  }

  // Names with one key are one name to the file system.
  std::string Key(std::string_view name) const {
    return options_.name_case == NameCase::kInsensitive ? AsciiLower(name) : std::string(name);
  }

  // The directory and those above it.
  void MakeReal(std::string path) {
    while (true) {
      NodeAt(path)->is_real = true;
      if (path.empty()) {
        return;
      }
      path = os::DirName(path);
      if (path == ".") {
        path.clear();
      }
    }
  }

  // Whether the archive has the dist-info directory as this package was wished for.
  bool HasRequestedTree(const PlannedPackage& planned) const {
    return planned.wish == Wish::kRequested && !planned.direct_url &&
           planned.archive.Has(RequestedInfo(planned.archive), kRecordName);
  }

  // Most of an environment are directories in site-packages that one package has alone, with
  // thousands below them that nobody needs to look at.
  void FindSoleOwners() {
    for (std::size_t i = 0; i < packages_.size(); ++i) {
      const ArchivePlan& archive = packages_[i].archive;
      std::string_view last;
      for (const PlannedDirectory& directory : archive.directories) {
        const std::string_view name = NameInSite(directory.path);
        const bool is_top = directory.path.size() == kSite.size() + name.size();
        if (name.empty()) {
          NoteData(directory.path);
        } else if (is_top || name != last) {
          const auto owner = sole_owners_.try_emplace(Key(name), is_top ? i : kNobody).first;
          owner->second = owner->second == i && name != archive.dist_info ? i : kNobody;
        }
        last = name;
      }
      for (const std::string& climbing : archive.climbing) {
        sole_owners_.insert_or_assign(Key(NameInSite(climbing)), kNobody);
      }
    }
  }

  // Data may lie in site-packages, too.
  void NoteData(std::string_view path) {
    constexpr std::string_view data = "data/";
    if (!path.starts_with(data)) {
      return;
    }
    const std::string place = Key(path.substr(data.size()));
    const std::string site = Key(scheme_.site_packages) + "/";
    if (place.starts_with(site)) {
      sole_owners_.insert_or_assign(std::string(FirstPart(place, site)), kNobody);
    }
  }

  // "numpy" of "site/numpy/core"; empty for what is not in site-packages.
  static std::string_view NameInSite(std::string_view path) {
    return path.starts_with(kSite) ? FirstPart(path, kSite) : std::string_view();
  }

  // REQUIRES: `path` starts with `above`.
  static std::string_view FirstPart(std::string_view path, std::string_view above) {
    path.remove_prefix(above.size());
    return path.substr(0, path.find('/'));
  }

  // Whether the directories below that one in site-packages stand as parts of it.
  bool IsFolded(std::string_view name, std::size_t package) const {
    const auto owner = sole_owners_.find(Key(name));
    return owner != sole_owners_.end() && owner->second == package;
  }

  void AddArchive(std::size_t package) {
    const ArchivePlan& archive = packages_[package].archive;
    std::string_view folded;  // the last name in site-packages that was looked at
    bool is_folded = false;
    const bool is_requested = HasRequestedTree(packages_[package]);
    const std::string plain_info = "site/" + archive.dist_info;
    for (const PlannedDirectory& directory : archive.directories) {
      const bool is_other_info = is_requested ? os::IsWithin(plain_info, directory.path)
                                              : IsInRequestedTree(directory.path);
      if (is_other_info || directory.path == kRequestedTree) {
        continue;
      }
      if (const std::string_view name = NameInSite(directory.path); !name.empty()) {
        if (name != folded) {
          folded = name;
          is_folded = IsFolded(name, package);
        }
        if (is_folded && directory.path.size() > kSite.size() + name.size()) {
          continue;
        }
      }
      NodeAt(scheme_.DestinationOf(directory.path))
          ->contributions.push_back({.package = package, .directory = &directory});
    }
    for (const std::string& climbing : archive.climbing) {
      MakeReal(scheme_.DestinationOf(climbing));
    }
  }

  // What the installer adds to the dist-info directory; RECORD when the archive's does not do.
  void PlanMetadata(std::size_t package) {
    const PlannedPackage& planned = packages_[package];
    if (HasRequestedTree(planned)) {
      return;
    }
    std::vector<AddedFile> added;
    if (planned.wish == Wish::kRequested) {
      added.push_back({.name = "REQUESTED", .content = ""});
    }
    if (planned.direct_url) {
      added.push_back({.name = "direct_url.json", .content = *planned.direct_url});
    }
    const ArchivePlan& archive = planned.archive;
    if (added.empty() && archive.Has("site/" + archive.dist_info, kRecordName)) {
      return;
    }
    const std::string dist_info = os::JoinPath(scheme_.site_packages, planned.archive.dist_info);
    MakeReal(dist_info);
    std::string record = InstalledRecord(planned.archive, scheme_, added);
    added.push_back({.name = std::string(kRecordName), .content = std::move(record)});
    for (AddedFile& file : added) {
      std::string destination = os::JoinPath(dist_info, file.name);
      written_.emplace(destination, package);
      plan_.writes.push_back({.package = package,
                              .destination = std::move(destination),
                              .content = std::move(file.content)});
    }
  }

  // The one package that has all of this directory, when it can stand as a link to that package's.
  const Contribution* SoleOwner(const Node& node) const {
    if (node.is_real || node.contributions.size() != 1) {
      return nullptr;
    }
    const Contribution& own = node.contributions.front();
    for (const auto& [name, child] : node.children) {
      const Contribution* owner = SoleOwner(*child);
      if (owner == nullptr || owner->package != own.package) {
        return nullptr;
      }
    }
    return &own;
  }

  Status Visit(const Node& node) {
    if (options_.folding == Folding::kWhereSafe) {
      if (const Contribution* owner = SoleOwner(node)) {
        plan_.folds.push_back({.package = owner->package,
                               .source = owner->directory->path,
                               .destination = node.path});
        return Ok();
      }
    }
    if (!node.path.empty()) {
      plan_.directories.push_back(node.path);
    }
    FLOWSTONE_TRY(PlaceFiles(node));
    for (const auto& [name, child] : node.children) {
      FLOWSTONE_TRY(Visit(*child));
    }
    return Ok();
  }

  // The files that lie directly in a directory that is really there.
  Status PlaceFiles(const Node& node) {
    std::map<std::string, Claim> claims;  // by key of the name
    const std::size_t first_link = plan_.links.size();
    for (const Contribution& contribution : node.contributions) {
      for (const PlannedFile& file : contribution.directory->files) {
        std::string destination = os::JoinPath(node.path, file.name);
        if (written_.contains(destination)) {
          continue;  // RECORD, in another form
        }
        std::string key = Key(file.name);
        if (const auto directory = node.children.find(key); directory != node.children.end()) {
          return FileForDirectory(contribution.package, *directory->second);
        }
        const auto [place, is_new] =
            claims.try_emplace(std::move(key), Claim{.package = contribution.package,
                                                     .digest = file.digest,
                                                     .operation = plan_.links.size()});
        LinkOperation link{.package = contribution.package,
                           .source = contribution.directory->path + "/" + file.name,
                           .destination = std::move(destination),
                           .mode = file.mode,
                           .size = file.size};
        if (is_new) {
          plan_.links.push_back(std::move(link));
        } else if (place->second.digest != file.digest) {
          NoteClash(place->second.package, contribution.package, link.destination);
          plan_.links[place->second.operation] = std::move(link);
          place->second.package = contribution.package;
          place->second.digest = file.digest;
        }
      }
    }
    const auto begin = plan_.links.begin() + static_cast<std::ptrdiff_t>(first_link);
    for (auto link = begin; link != plan_.links.end(); ++link) {
      plan_.linked_bytes += link->size;
    }
    std::sort(begin, plan_.links.end(), [](const LinkOperation& a, const LinkOperation& b) {
      return a.destination < b.destination;
    });
    return Ok();
  }

  Error FileForDirectory(std::size_t package, const Node& directory) const {
    return Error{.code = ErrorCode::kConflict,
                 .message = Label(package) + " and " + Label(FirstOwner(directory, package)) +
                            " have a file and a directory at " + directory.path}
        .WithHint("install only one of the two in this environment");
  }

  // The first package that has something below `node`; `otherwise` when nobody has.
  static std::size_t FirstOwner(const Node& node, std::size_t otherwise) {
    if (!node.contributions.empty()) {
      return node.contributions.front().package;
    }
    return node.children.empty() ? otherwise
                                 : FirstOwner(*node.children.begin()->second, otherwise);
  }

  void NoteClash(std::size_t loser, std::size_t winner, const std::string& path) {
    Clash& clash = clashes_[{loser, winner}];
    if (clash.count++ == 0) {
      clash.path = path;
    }
  }

  void Warn(std::size_t loser, std::size_t winner, const Clash& clash) {
    const std::string more =
        clash.count == 1 ? "" : " and " + std::to_string(clash.count - 1) + " more";
    plan_.warnings.push_back(Label(loser) + " and " + Label(winner) + " have different files at " +
                             clash.path + more + ": those of " + Label(winner) + " are used");
  }

  std::span<const PlannedPackage> packages_;
  const EnvironmentScheme& scheme_;
  const PlanOptions options_;
  EnvironmentPlan plan_;
  // By key of the name in site-packages: the package that has it alone, or kNobody.
  std::unordered_map<std::string, std::size_t> sole_owners_;
  std::unordered_map<std::string, Node> nodes_;  // by key of the path; references stay valid
  Node* root_ = nullptr;
  std::unordered_map<std::string, std::size_t> written_;  // by destination
  std::map<std::pair<std::size_t, std::size_t>, Clash> clashes_;
};

}  // namespace

std::vector<std::string> ArchivePrefixes(const CacheLayout& layout,
                                         std::span<const PlannedPackage> packages) {
  std::vector<std::string> prefixes;
  prefixes.reserve(packages.size());
  for (const PlannedPackage& package : packages) {
    prefixes.push_back(layout.ArchiveDirectory(package.archive.wheel, package.archive.bytecode) +
                       "/");
  }
  return prefixes;
}

Result<EnvironmentPlan> PlanEnvironment(std::span<const PlannedPackage> packages,
                                        const EnvironmentScheme& scheme,
                                        const PlanOptions& options) {
  return Planner(packages, scheme, options).Run();
}

}  // namespace flowstone::install
