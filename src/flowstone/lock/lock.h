// Lock: the model of a `pylock.toml` (PEP 751), which names every file that an environment needs,
// with its hash. It is what resolving gives, what a team commits, and what installing starts from.
//
// docs/formats/lock.md has the text form and the `[tool.flowstone]` table. lock_reader.h reads it,
// lock_writer.h writes it, lock_select.h picks the files for one target.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/lock/lock_choice.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"

namespace flowstone::lock {

inline constexpr std::string_view kLockVersion = "1.0";
inline constexpr std::string_view kCreatedBy = "flowstone";

// A published file: a wheel, an sdist, or the archive of a direct reference.
struct LockedFile {
  std::string name;                        // "numpy-2.1.0-cp312-cp312-manylinux_2_17_x86_64.whl"
  std::optional<std::string> url = {};     // without credentials
  std::optional<std::string> path = {};    // of a local file; relative ones start at the lock file
  std::optional<std::uint64_t> size = {};  // bytes
  std::optional<std::int64_t> upload_time_us = {};  // since the Unix epoch
  std::map<std::string, std::string> hashes = {};   // algorithm → lower-case hexadecimal digits

  std::optional<Digest> Sha256() const;

  friend bool operator==(const LockedFile&, const LockedFile&) = default;
};

enum class DirectKind : std::uint8_t { kArchive, kDirectory, kVcs };

// A package that comes from one place instead of an index (`name @ url`). Empty texts are absent.
struct DirectSource {
  DirectKind kind = DirectKind::kArchive;
  LockedFile file = {};  // kArchive: the file; otherwise only its url or path is used
  std::string subdirectory = {};
  std::string vcs_type = {};            // kVcs: "git"
  std::string requested_revision = {};  // kVcs
  std::string commit_id = {};           // kVcs
  std::optional<bool> editable = {};    // kDirectory

  friend bool operator==(const DirectSource&, const DirectSource&) = default;
};

struct LockedDependency {
  pypi::Name name;
  std::optional<pypi::Version> version = {};

  friend bool operator==(const LockedDependency&, const LockedDependency&) = default;
};

struct LockedPackage {
  pypi::Name name;
  std::optional<pypi::Version> version = {};
  pypi::Marker marker = {};                 // may use `extras` and `dependency_groups`
  pypi::SpecifierSet requires_python = {};  // of the version's files
  std::vector<LockedDependency> dependencies = {};
  std::optional<DirectSource> direct = {};  // then neither sdist nor wheels
  std::string index = {};                   // URL without credentials; empty when not known
  std::optional<LockedFile> sdist = {};
  std::vector<LockedFile> wheels = {};

  friend bool operator==(const LockedPackage&, const LockedPackage&) = default;
};

// One thing that was asked for, with everybody who asked.
struct LockedWish {
  std::string text = {};                  // "pandas>=2", as the canonical request has it
  std::vector<std::string> origins = {};  // "step train", "requirements.txt:3"; may be empty

  friend bool operator==(const LockedWish&, const LockedWish&) = default;
};

// The `[tool.flowstone]` table: what PEP 751 has no words for. Empty texts are absent.
struct ToolTable {
  std::string version = {};               // of the Flowstone that resolved
  std::string flow = {};                  // the lock of a flow: its name
  std::vector<std::string> steps = {};    // and the steps that it is for
  std::vector<Digest> requests = {};      // identities of the requests that this answers
  std::vector<std::string> targets = {};  // "CPython 3.12.4 on linux x86_64, manylinux_2_36"
  std::string exclude_newer = {};         // "2026-11-01T00:00:00Z"
  std::map<pypi::Name, std::string> exclude_newer_packages = {};
  std::vector<pypi::Name> requested = {};  // the packages asked for by name; the rest follow
  std::vector<LockedWish> requirements = {};
  std::vector<LockedWish> constraints = {};
  std::vector<LockedWish> overrides = {};
  std::vector<LockedWish> excludes = {};
  // Of the lock's extras and groups: no two of a conflict can be installed together.
  std::vector<ConflictingChoices> conflicts = {};
  std::vector<LockedWish> build_constraints = {};
  // "KEY=VALUE" for the build backends, by project; "*" for all.
  std::map<std::string, std::vector<std::string>> config_settings = {};
  // What the builds of single projects require besides what their build systems say; and of which
  // projects they need the version that is installed with them.
  std::map<std::string, std::vector<std::string>> build_requirements = {};
  std::map<std::string, std::vector<std::string>> runtime_build_requirements = {};
  // "NAME=VALUE" in the environment of the builds of single projects.
  std::map<std::string, std::vector<std::string>> build_variables = {};
  std::map<std::string, std::string> options = {};  // policies that are not the default ones
  std::map<std::string, std::string> indexes = {};  // name → URL without credentials

  friend bool operator==(const ToolTable&, const ToolTable&) = default;
};

struct Lock {
  std::string created_by = std::string(kCreatedBy);
  pypi::SpecifierSet requires_python = {};
  std::vector<pypi::Marker> environments = {};  // at least one must hold, unless there is none
  std::vector<pypi::ExtraName> extras = {};
  std::vector<pypi::GroupName> dependency_groups = {};
  std::vector<pypi::GroupName> default_groups = {};
  std::vector<LockedPackage> packages = {};
  std::optional<ToolTable> tool = {};

  // The first package of that name, whatever its marker; null when there is none.
  const LockedPackage* Find(const pypi::Name& name) const;

  friend bool operator==(const Lock&, const Lock&) = default;
};

}  // namespace flowstone::lock
