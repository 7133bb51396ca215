// UvTable: what `[tool.uv]` of a pyproject.toml or a script says about resolving, apart from
// indexes (index/uv_config.h reads those), and what its sources make of requirements.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/project/source_line.h"
#include "flowstone/project/written_requirement.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/stated_metadata.h"

namespace flowstone::project {

// One place of `[tool.uv.sources]`: where a project comes from when a first-party requirement names
// it.
struct UvSource {
  enum class Kind : std::uint8_t { kIndex, kGit, kUrl, kPath, kWorkspace };
  Kind kind = Kind::kIndex;
  std::string place = {};         // the name of the index, the URL, or the absolute path
  std::string revision = {};      // of git: a tag, a branch or a commit
  std::string subdirectory = {};  // of git and archives
  Editing editing = Editing::kInstalled;
  pypi::Marker marker = {};
  std::optional<pypi::ExtraName> extra = {};  // only in this extra
  std::optional<pypi::GroupName> group = {};  // only in this group
  SourceLine source = {};
};

// `[tool.uv.workspace]`: globs of directories below the one that has the table.
struct UvWorkspace {
  std::vector<std::string> members = {};
  std::vector<std::string> excludes = {};
};

// By name the directories, absolute, of the projects of a workspace.
using WorkspaceMembers = std::map<pypi::Name, std::string>;

// What can conflict: an extra or a group of a project, or all of it.
struct ProjectPart {
  std::optional<pypi::Name> project = {};  // absent: of the document, if that has no name
  std::optional<pypi::ExtraName> extra = {};
  std::optional<pypi::GroupName> group = {};

  // "project web", "extra 'gpu' of web", "group 'dev'": for messages.
  std::string ToString() const;

  friend bool operator==(const ProjectPart&, const ProjectPart&) = default;
};

// No two of these can be installed together.
using ConflictingParts = std::vector<ProjectPart>;

// An entry of `extra-build-dependencies`: what the build of a project requires besides what the
// project says. With the version that the environment has, where `match-runtime` is set.
struct ExtraBuildRequirement {
  WrittenRequirement written;
  bool matches_runtime = false;
};

// Files that are not to be used: sources, or wheels.
struct FileRefusal {
  std::optional<bool> of_all = {};  // as written; absent: nobody said
  std::vector<pypi::Name> of = {};  // of single projects
};

struct UvTable {
  enum class Kind : std::uint8_t { kGeneral, kPip /* the table `pip`, of `uv pip` alone */ };
  Kind kind = Kind::kGeneral;
  // Where it stands: the document, and the table in it ("tool.uv", "pip"; of a uv.toml nothing).
  std::string file = {};
  std::string path = {};
  std::map<pypi::Name, std::vector<UvSource>> sources = {};
  std::optional<UvWorkspace> workspace = {};
  // Of the workspace around the table. Not written in it: whoever can look for them puts them here.
  WorkspaceMembers members = {};
  std::vector<WrittenRequirement> constraints = {};
  std::vector<WrittenRequirement> overrides = {};
  std::vector<pypi::Name> excludes = {};
  std::vector<WrittenRequirement> build_constraints = {};
  // KEY → values for the build backends of all projects, and of single ones.
  std::map<std::string, std::vector<std::string>> config_settings = {};
  std::map<pypi::Name, std::map<std::string, std::vector<std::string>>> config_settings_of = {};
  std::map<pypi::Name, std::vector<ExtraBuildRequirement>> extra_build_dependencies = {};
  // NAME → value, in the environment of the builds of single projects.
  std::map<pypi::Name, std::map<std::string, std::string>> extra_build_variables = {};
  // Where builds in what is installed were asked for, of everything or of single projects; or that
  // none are wanted, whatever files farther away ask for.
  std::optional<SourceLine> no_build_isolation = {};
  bool wants_build_isolation = false;
  std::map<pypi::Name, SourceLine> no_build_isolation_package = {};
  std::vector<WrittenRequirement> dev_dependencies = {};            // older than dependency groups
  std::optional<std::vector<pypi::GroupName>> default_groups = {};  // absent: dev
  bool has_all_groups_by_default = false;                           // default-groups = "all"
  std::map<pypi::GroupName, pypi::SpecifierSet> requires_python_of = {};  // of single groups
  // As written: "lowest-direct", "allow", "2026-11-01" or "2 weeks".
  std::optional<std::string> resolution = {};
  std::optional<std::string> prerelease = {};
  std::map<pypi::Name, std::string> prerelease_package = {};
  std::optional<std::string> exclude_newer = {};
  std::map<pypi::Name, std::string> exclude_newer_package = {};  // "false": all files exist
  // What a universal lock is for, and where every package must have a wheel.
  std::vector<pypi::Marker> environments = {};
  std::vector<pypi::Marker> required_environments = {};
  std::optional<std::string> fork_strategy = {};  // as written: "fewest"
  std::vector<ConflictingParts> conflicts = {};
  // Of sources: `no-build` and `no-build-package`; in [pip] `no-build`, and apart from it
  // `only-binary`. Of wheels: `no-binary` and `no-binary-package`; in [pip] `no-binary`.
  FileRefusal no_build = {};
  FileRefusal only_binary = {};
  FileRefusal no_binary = {};
  // What counts instead of the metadata of releases.
  std::vector<pypi::StatedMetadata> stated_metadata = {};
  std::optional<bool> require_hashes = {};
  // What would change the answer and is not obeyed: "pyproject.toml:12: tool.uv.torch-backend".
  std::vector<std::string> not_obeyed = {};

  // "pyproject.toml: tool.uv.resolution": who says it, for messages.
  std::string Shown(std::string_view key) const;
};

// Which requirements are looked at.
struct RequirementScope {
  std::optional<pypi::ExtraName> extra = {};
  std::optional<pypi::GroupName> group = {};
};

// A project that comes from the index of that name where the marker holds, and from nowhere else.
struct IndexChoice {
  pypi::Name project;
  std::string index;
  pypi::Marker where = {};

  friend bool operator==(const IndexChoice&, const IndexChoice&) = default;
};

struct SourcedRequirements {
  std::vector<WrittenRequirement> requirements;
  std::vector<IndexChoice> indexes;
};

// The requirements with their sources put in: one that has several, apart by markers, becomes
// several. kInvalid, naming file and line, for what cannot be: sources of one requirement that hold
// at once, a source of a requirement that has a URL already, a project that is no member of the
// workspace.
Result<SourcedRequirements> ApplySources(const UvTable& table,
                                         std::vector<WrittenRequirement> requirements,
                                         const RequirementScope& scope);

}  // namespace flowstone::project
