#include "flowstone/app/workspace.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "flowstone/bundle/ignore_rules.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/project/pyproject.h"

namespace flowstone::app {
namespace {

bool NamesMembers(const project::UvTable& table) {
  return std::ranges::any_of(table.sources, [](const auto& entry) {
    return std::ranges::any_of(entry.second, [](const project::UvSource& source) {
      return source.kind == project::UvSource::Kind::kWorkspace;
    });
  });
}

bool MatchesOneOf(const std::vector<std::string>& globs, std::string_view path) {
  return std::ranges::any_of(globs, [&](const std::string& glob) {
    return bundle::GlobMatches(os::NormalizePath(glob), path);
  });
}

// How deep members can lie below the root; nothing when "**" lets them lie anywhere.
std::optional<std::ptrdiff_t> DepthOf(const std::vector<std::string>& globs) {
  std::ptrdiff_t depth = 0;
  for (const std::string& glob : globs) {
    if (glob.find("**") != std::string::npos) {
      return std::nullopt;
    }
    depth = std::max(depth, std::ranges::count(os::NormalizePath(glob), '/') + 1);
  }
  return depth;
}

class WorkspaceSearch {
 public:
  // `shown` is how people know the pyproject.toml of `directory`: messages and locks name those of
  // the workspace from the same place.
  WorkspaceSearch(os::FileSystem& filesystem, std::string directory, const std::string& shown)
      : filesystem_(filesystem),
        directory_(std::move(directory)),
        shown_directory_(os::DirName(shown)) {}

  // The document at the root, and its directory; nothing when the project is no member.
  Result<std::optional<project::PyProject>> RootUpTo(const std::string& top) {
    for (root_ = directory_;; root_ = os::DirName(root_)) {
      FLOWSTONE_LET(std::optional<project::PyProject> document, ReadRoot(root_));
      const bool is_root =
          document && document->uv.workspace &&
          (root_ == directory_ || Holds(*document->uv.workspace, root_, directory_));
      if (is_root) {
        return document;
      }
      if (root_ == top || root_ == "/") {
        return std::optional<project::PyProject>();
      }
    }
  }

  // Of the document that was found last.
  const std::string& root() const { return root_; }

  Result<project::WorkspaceMembers> MembersOf(const project::PyProject& document) {
    FLOWSTONE_TRY(AddAll(root_, document));
    return std::move(members_);
  }

 private:
  static bool Holds(const project::UvWorkspace& workspace, const std::string& root,
                    const std::string& directory) {
    const std::string path = os::RelativePath(root, directory);
    return MatchesOneOf(workspace.members, path) && !MatchesOneOf(workspace.excludes, path);
  }

  // Nothing where there is no such file.
  Result<std::optional<project::PyProject>> Read(const std::string& directory) {
    const std::string path = os::JoinPath(directory, "pyproject.toml");
    const Result<std::string> text = filesystem_.ReadFile(path);
    if (!text && text.error().code == ErrorCode::kNotFound) {
      return std::optional<project::PyProject>();
    }
    FLOWSTONE_TRY(text);
    const std::string shown =
        os::NormalizePath(os::JoinPath(shown_directory_, os::RelativePath(directory_, path)));
    FLOWSTONE_LET(project::PyProject document, project::ParsePyProject(*text, shown, directory));
    return std::optional(std::move(document));
  }

  // The same, where it can be a root: what else lies above a project is none of its business.
  Result<std::optional<project::PyProject>> ReadRoot(const std::string& directory) {
    const Result<std::string> text =
        filesystem_.ReadFile(os::JoinPath(directory, "pyproject.toml"));
    const bool may_be = text && text->find("workspace") != std::string::npos;
    return may_be ? Read(directory) : std::optional<project::PyProject>();
  }

  Status Add(const project::PyProject& document, const std::string& directory) {
    if (!document.project) {
      return Ok();
    }
    const auto [at, added] = members_.emplace(document.project->name, directory);
    if (!added) {
      return Error{ErrorCode::kInvalid, "two members of the workspace are called " +
                                            at->first.ToString() + ": " + at->second + " and " +
                                            directory};
    }
    return Ok();
  }

  Status AddAll(const std::string& root, const project::PyProject& document) {
    FLOWSTONE_TRY(Add(document, root));
    const project::UvWorkspace& workspace = *document.uv.workspace;
    const std::optional<std::ptrdiff_t> depth = DepthOf(workspace.members);
    return os::WalkTree(filesystem_, root, [&](const os::WalkEntry& entry) -> Result<os::WalkNext> {
      const bool is_hidden = os::BaseName(entry.path).starts_with('.');
      if (entry.info.type != os::FileType::kDirectory || is_hidden) {
        return os::WalkNext::kSkipChildren;
      }
      if (MatchesOneOf(workspace.members, entry.path) &&
          !MatchesOneOf(workspace.excludes, entry.path)) {
        const std::string directory = os::JoinPath(root, entry.path);
        FLOWSTONE_LET(const std::optional<project::PyProject> member, Read(directory));
        FLOWSTONE_TRY(member ? Add(*member, directory) : Ok());
      }
      const bool is_deepest = depth && std::ranges::count(entry.path, '/') + 1 >= *depth;
      return is_deepest ? os::WalkNext::kSkipChildren : os::WalkNext::kDescend;
    });
  }

  os::FileSystem& filesystem_;
  const std::string directory_;
  const std::string shown_directory_;
  std::string root_;
  project::WorkspaceMembers members_;
};

// What a member says itself comes first.
void AddRulesOf(const project::UvTable& root, project::UvTable& member) {
  member.sources.insert(root.sources.begin(), root.sources.end());
  const auto append = [](const auto& from, auto& to) {
    for (const auto& one : from) {
      if (std::ranges::find(to, one) == to.end()) {
        to.push_back(one);
      }
    }
  };
  append(root.conflicts, member.conflicts);
  append(root.excludes, member.excludes);
  append(root.constraints, member.constraints);
  append(root.overrides, member.overrides);
  append(root.build_constraints, member.build_constraints);
  append(root.environments, member.environments);
  append(root.required_environments, member.required_environments);
  member.config_settings.insert(root.config_settings.begin(), root.config_settings.end());
  member.config_settings_of.insert(root.config_settings_of.begin(), root.config_settings_of.end());
  member.extra_build_dependencies.insert(root.extra_build_dependencies.begin(),
                                         root.extra_build_dependencies.end());
  member.extra_build_variables.insert(root.extra_build_variables.begin(),
                                      root.extra_build_variables.end());
}

}  // namespace

std::string WorkspaceRootOf(os::FileSystem& filesystem, const std::string& directory) {
  const std::string here = os::NormalizePath(directory);
  WorkspaceSearch search(filesystem, here, os::JoinPath(here, "pyproject.toml"));
  const auto root = search.RootUpTo("/");
  return root && *root ? search.root() : here;
}

Status JoinWorkspace(os::FileSystem& filesystem, const std::string& directory,
                     const std::string& top, project::PyProject& document) {
  WorkspaceSearch search(filesystem, os::NormalizePath(directory), document.file);
  FLOWSTONE_LET(const std::optional<project::PyProject> root, search.RootUpTo(top));
  if (!root) {
    return Ok();
  }
  project::UvTable& table = document.uv;
  if (!table.workspace) {  // or it is the root itself
    AddRulesOf(root->uv, table);
  }
  if (NamesMembers(table)) {
    FLOWSTONE_LET(table.members, search.MembersOf(*root));
  }
  return Ok();
}

}  // namespace flowstone::app
