// LockInputs: everything that `flowstone lock` is given, in all the places where people write it:
// requirements on the command line, requirements files, pyproject.toml, scripts, locks of other
// tools.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/app/dynamic_project.h"
#include "flowstone/app/environment_wish.h"
#include "flowstone/app/machine.h"
#include "flowstone/base/result.h"
#include "flowstone/lock/lock_choice.h"
#include "flowstone/project/foreign_lock.h"
#include "flowstone/project/pyproject.h"
#include "flowstone/project/requirements_file.h"
#include "flowstone/pypi/specifier.h"

namespace flowstone::app {

// What is to be read. Files are paths from the working directory, URLs, or "-" for standard input.
struct LockInputSpec {
  std::vector<std::string> requirements = {};
  std::vector<std::string> editables = {};  // directories and repositories
  std::vector<std::string> files = {};
  std::vector<std::string> constraint_files = {};
  std::vector<std::string> override_files = {};
  std::vector<std::string> build_constraint_files = {};
  std::vector<pypi::Name> excludes = {};
  std::vector<std::string> exclude_files = {};  // that list names
  std::vector<std::string> groups = {};         // of a pyproject.toml: "NAME", or "PATH:NAME"
  std::vector<pypi::ExtraName> extras = {};
  enum class Extras : std::uint8_t { kNamed, kAll };
  Extras which_extras = Extras::kNamed;
  // What says which versions there are to be, and for whom, whether it stands above or not. A lock
  // that is taken as it is refuses what was asked for by hand ("--override"), and does without what
  // is settled for a project or a machine ("pyproject.toml:3: tool.flowstone.override",
  // "UV_OVERRIDE").
  std::vector<std::string> choices_by_hand = {};
  std::vector<std::string> settled_choices = {};
};

// A lock that is taken as it is.
struct VerbatimLock {
  project::ForeignLock foreign;
  std::string shown;                          // its name, for messages
  std::string directory;                      // absolute: its relative paths start here
  std::vector<std::string> not_applied = {};  // settings that it does without, for people
};

// A table that has a say in how versions are chosen, and its document: an absolute path, or a URL.
struct HeardUvTable {
  std::string document;
  project::UvTable table;
};

struct LockInputs {
  EnvironmentWish wish = {};
  pypi::SpecifierSet requires_python = {};  // of projects and scripts
  project::FileOptions options = {};        // of requirements files
  // The `[tool.uv]` of the documents; what the first one says counts before the second.
  std::vector<HeardUvTable> uv_tables = {};
  // Extras and groups that were chosen and conflict: their requirements carry their markers.
  std::vector<lock::ConflictingChoices> conflicts = {};
  std::optional<VerbatimLock> lock = {};         // then nothing else is there
  std::optional<std::string> default_file = {};  // used because nothing was named
  bool has_hashes = false;                       // some requirement names hashes
};

// The body at an http or https URL.
using FetchText = std::function<Result<std::string>(const std::string& url)>;

// kInvalid, naming file and line, for what cannot be understood and for locks that do not come
// alone; kNotFound for files, groups and extras that are not there. Without a way to ask backends,
// projects whose dependencies are dynamic are kInvalid.
Result<LockInputs> ReadLockInputs(const Machine& machine, const LockInputSpec& spec,
                                  const FetchText& fetch, const AskBackend& ask = nullptr);

// What the `[tool.uv]` of a project says about the choice of versions and about builds, without
// its requirements.
Result<LockInputs> ReadTableRules(const project::PyProject& document);

// The constraints, overrides, excludes and build constraints alone, with the options that stand in
// their files: what holds for requirements that are written elsewhere.
Result<LockInputs> ReadLockRules(const Machine& machine, const LockInputSpec& spec,
                                 const FetchText& fetch);

}  // namespace flowstone::app
