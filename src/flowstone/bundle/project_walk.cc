#include "flowstone/bundle/project_walk.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/bundle/ignore_rules.h"
#include "flowstone/os/path.h"

namespace flowstone::bundle {
namespace {

constexpr const char* kIgnoreFile = ".flowstoneignore";
// Links can multiply a tree beyond all bounds; a project has fewer names than this.
constexpr std::size_t kMostDecisions = 1'000'000;

struct DirectoryIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const DirectoryIdentity&, const DirectoryIdentity&) = default;
};

bool HoldsEntry(const std::vector<os::DirectoryEntry>& entries, std::string_view name) {
  return std::any_of(entries.begin(), entries.end(),
                     [name](const os::DirectoryEntry& entry) { return entry.name == name; });
}

// Why a directory of this name is never entered; empty when it may be.
std::string ReasonAgainstName(std::string_view name) {
  if (name.starts_with('.')) {
    return "hidden";
  }
  if (name == "__pycache__" || name == "node_modules") {
    return std::string(name);
  }
  return {};
}

// Why a directory with this content is left alone; empty when it is not.
std::string ReasonAgainstContent(const std::vector<os::DirectoryEntry>& entries) {
  if (HoldsEntry(entries, "pyvenv.cfg")) {
    return "virtual environment";
  }
  if (HoldsEntry(entries, "conda-meta")) {
    return "conda environment";
  }
  return {};
}

class ProjectWalk {
 public:
  ProjectWalk(os::FileSystem& files, std::string root, std::string script,
              const std::vector<std::string>& suffixes)
      : files_(files), root_(std::move(root)), script_(std::move(script)) {
    for (const std::string& suffix : suffixes) {
      suffixes_.push_back({suffix, AsciiLower(suffix)});
    }
  }

  Result<ProjectFiles> Run() {
    FLOWSTONE_LET(real_root_, files_.RealPath(root_));
    FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries, files_.ListDirectory(root_));
    FLOWSTONE_LET(const os::FileInfo info, files_.Stat(root_));
    branch_.push_back({info.device, info.inode});
    FLOWSTONE_TRY(WalkEntries("", entries, IgnoreRules()));
    std::sort(found_.decisions.begin(), found_.decisions.end(),
              [](const Decision& a, const Decision& b) { return a.path < b.path; });
    return std::move(found_);
  }

 private:
  struct Suffix {
    std::string text;
    std::string lower;
  };

  // `directory` is relative to the root and "" for the root itself.
  Status WalkEntries(const std::string& directory, const std::vector<os::DirectoryEntry>& entries,
                     const IgnoreRules& outer_rules) {
    std::optional<IgnoreRules> own_rules;
    if (HoldsEntry(entries, kIgnoreFile)) {
      const std::string path = SourceOf(os::JoinPath(directory, kIgnoreFile));
      FLOWSTONE_LET(const std::string text, files_.ReadFile(path));
      own_rules = outer_rules;
      own_rules->Add(text, directory);
    }
    const IgnoreRules& rules = own_rules ? *own_rules : outer_rules;
    for (const os::DirectoryEntry& entry : entries) {
      if (found_.decisions.size() >= kMostDecisions) {
        return Error{
            .code = ErrorCode::kInvalid,
            .message = "there are more than a million files beside the flow, in '" + root_ + "'",
            .hints = {"move the flow to a directory of its own"}};
      }
      FLOWSTONE_TRY(VisitEntry(os::JoinPath(directory, entry.name), entry, rules));
    }
    return Ok();
  }

  Status VisitEntry(const std::string& path, const os::DirectoryEntry& entry,
                    const IgnoreRules& rules) {
    os::FileType type = entry.type;
    if (type == os::FileType::kSymlink) {
      const Result<os::FileInfo> target = files_.Stat(SourceOf(path));
      if (!target) {
        LeaveOut(path, "broken link");
        if (SuffixOf(entry.name) != nullptr) {
          found_.warnings.push_back("the link '" + path + "' leads nowhere and is left out");
        }
        return Ok();
      }
      type = target->type;
    }
    switch (type) {
      case os::FileType::kDirectory:
        return VisitDirectory(path, entry, rules);
      case os::FileType::kFile:
        return VisitFile(path, entry, rules);
      default:
        LeaveOut(path, "neither file nor directory");
        return Ok();
    }
  }

  Status VisitDirectory(const std::string& path, const os::DirectoryEntry& entry,
                        const IgnoreRules& rules) {
    const std::string shown = path + "/";
    if (const std::string reason = ReasonAgainstName(entry.name); !reason.empty()) {
      LeaveOut(shown, reason);
      return Ok();
    }
    if (const auto match = rules.Match(path, EntryKind::kDirectory); match && match->ignored) {
      LeaveOut(shown, match->rule);
      return Ok();
    }
    FLOWSTONE_LET(const os::FileInfo info, files_.Stat(SourceOf(path)));
    const DirectoryIdentity identity{info.device, info.inode};
    if (std::find(branch_.begin(), branch_.end(), identity) != branch_.end()) {
      LeaveOut(shown, "link to a directory that it is in");
      return Ok();
    }
    const Result<std::vector<os::DirectoryEntry>> entries = files_.ListDirectory(SourceOf(path));
    if (!entries) {
      LeaveOut(shown, "cannot be read");
      found_.warnings.push_back("the directory '" + shown +
                                "' is left out: " + entries.error().message);
      return Ok();
    }
    if (const std::string reason = ReasonAgainstContent(*entries); !reason.empty()) {
      LeaveOut(shown, reason);
      return Ok();
    }
    WarnOfLinkOut(path, entry);
    branch_.push_back(identity);
    FLOWSTONE_TRY(WalkEntries(path, *entries, rules));
    branch_.pop_back();
    return Ok();
  }

  Status VisitFile(const std::string& path, const os::DirectoryEntry& entry,
                   const IgnoreRules& rules) {
    if (path == script_) {
      return TakeFile(path, entry, "flow file");
    }
    if (const auto match = rules.Match(path, EntryKind::kFile); match && match->ignored) {
      LeaveOut(path, match->rule);
      return Ok();
    }
    const Suffix* suffix = SuffixOf(entry.name);
    if (suffix == nullptr) {
      LeaveOut(path, entry.name.starts_with('.') ? "hidden" : "no suffix matches");
      return Ok();
    }
    return TakeFile(path, entry, "suffix " + suffix->text);
  }

  // The suffix that lets a file of this name in. A hidden file must be the suffix as a whole.
  const Suffix* SuffixOf(std::string_view name) const {
    const std::string lower = AsciiLower(name);
    for (const Suffix& suffix : suffixes_) {
      if (name.starts_with('.') ? lower == suffix.lower : lower.ends_with(suffix.lower)) {
        return &suffix;
      }
    }
    return nullptr;
  }

  Status TakeFile(const std::string& path, const os::DirectoryEntry& entry, std::string rule) {
    FLOWSTONE_LET(const os::FileInfo info, files_.Stat(SourceOf(path)));
    WarnOfLinkOut(path, entry);
    found_.decisions.push_back({.path = path, .included = true, .rule = std::move(rule)});
    found_.files.push_back({.path = path,
                            .source = SourceOf(path),
                            .size = info.size,
                            .executable = (info.mode & 0111U) != 0});
    return Ok();
  }

  void LeaveOut(std::string path, std::string rule) {
    found_.decisions.push_back(
        {.path = std::move(path), .included = false, .rule = std::move(rule)});
  }

  // Code from elsewhere is welcome (that is how packages are shared), but never unnoticed.
  void WarnOfLinkOut(const std::string& path, const os::DirectoryEntry& entry) {
    if (entry.type != os::FileType::kSymlink) {
      return;
    }
    const Result<std::string> target = files_.RealPath(SourceOf(path));
    if (target && !os::IsWithin(real_root_, *target)) {
      found_.warnings.push_back("the link '" + path + "' leads out of the project, to '" + *target +
                                "'");
    }
  }

  std::string SourceOf(const std::string& path) const { return os::JoinPath(root_, path); }

  os::FileSystem& files_;
  std::string root_;
  std::string real_root_;
  std::string script_;
  std::vector<Suffix> suffixes_;
  std::vector<DirectoryIdentity> branch_;  // from the root to where the walk is
  ProjectFiles found_;
};

}  // namespace

Result<ProjectFiles> WalkProject(os::FileSystem& files, const std::string& root,
                                 const std::string& script,
                                 const std::vector<std::string>& suffixes) {
  return ProjectWalk(files, root, script, suffixes).Run();
}

}  // namespace flowstone::bundle
