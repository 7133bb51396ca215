#include "flowstone/app/uv_files.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "flowstone/app/written_wishes.h"
#include "flowstone/base/text.h"
#include "flowstone/base/truth_words.h"
#include "flowstone/os/path.h"
#include "flowstone/project/uv_settings.h"

namespace flowstone::app {
namespace {

using project::UvTable;

// Of those that `uv pip compile` and `uv lock` read: what would change which versions are chosen.
constexpr std::array<std::string_view, 7> kVariablesNotObeyed = {
    "UV_TORCH_BACKEND", "UV_NO_SOURCES",        "UV_NO_SOURCES_PACKAGE", "UV_REQUIRE_BUILD_HASHES",
    "UV_PROJECT",       "UV_NO_MANAGED_PYTHON", "UV_WORKING_DIR"};

// A file of the project as people see it from the working directory, which a lock can hold: it is
// the same on every machine.
std::string ShownPath(const std::string& path, const std::string& working_directory) {
  const std::string directory = os::DirName(path);
  const bool is_around =
      directory == working_directory || working_directory.starts_with(directory + "/");
  return is_around ? os::RelativePath(working_directory, path) : path;
}

bool IsLocked(const LockInputs& inputs, const std::string& path) {
  return std::ranges::find(inputs.uv_tables, path, &HeardUvTable::document) !=
         inputs.uv_tables.end();
}

// What only says what a project depends on, and where.
void DropDependencies(UvTable& table) {
  table.constraints.clear();
  table.overrides.clear();
  table.excludes.clear();
  table.build_constraints.clear();
  table.environments.clear();
  table.required_environments.clear();
}

// What a uv.toml beside the table says instead.
void DropPolicies(UvTable& table) {
  table.resolution.reset();
  table.prerelease.reset();
  table.fork_strategy.reset();
  table.exclude_newer.reset();
  table.exclude_newer_package.clear();
  table.prerelease_package.clear();
  table.no_build = {};
  table.no_binary = {};
  table.stated_metadata.clear();
  table.not_obeyed.clear();
}

class UvFileReader {
 public:
  UvFileReader(const std::string& working_directory, UvFileRules rules, LockInputs& inputs)
      : working_directory_(working_directory),
        locks_document_(!inputs.uv_tables.empty()),
        with_dependencies_(rules == UvFileRules::kAll && !locks_document_),
        inputs_(inputs) {}

  Status Add(const index::UvConfigFile& file) {
    if (IsLocked(inputs_, file.path)) {
      return Ok();
    }
    const std::string shown = ShownPath(file.path, working_directory_);
    const std::string directory = os::DirName(file.path);
    const bool is_pyproject = file.kind == index::UvFileKind::kPyproject;
    Result<project::UvSettings> settings =
        is_pyproject ? project::ParsePyprojectUvSettings(file.text, shown, directory)
                     : project::ParseUvTomlSettings(file.text, shown, directory);
    if (!settings && is_pyproject) {
      warnings_.push_back("ignored the settings of uv: " + settings.error().message);
      return Ok();
    }
    FLOWSTONE_TRY(settings);
    if (!is_pyproject) {
      masked_.push_back(os::JoinPath(directory, "pyproject.toml"));
    }
    if (settings->of_pip && !locks_document_) {
      of_pip_.push_back({.document = file.path, .table = *std::move(settings->of_pip)});
    }
    general_.push_back({.document = file.path, .table = std::move(settings->general)});
    return Ok();
  }

  Result<std::vector<std::string>> Finish() {
    std::vector<HeardUvTable> found = std::move(of_pip_);
    std::ranges::move(general_, std::back_inserter(found));
    EnvironmentWish of_files;
    const std::vector<lock::ConflictingChoices> no_conflicts;
    WrittenWishes wishes(
        of_files, no_conflicts,
        [](const project::WrittenRequirement& written) -> Result<resolve::RequestedRequirement> {
          return RequestedOf(written);
        });
    for (auto heard = found.rbegin(); heard != found.rend(); ++heard) {
      if (!with_dependencies_) {
        DropDependencies(heard->table);
      }
      FLOWSTONE_TRY(wishes.AddRules(heard->table));
    }
    if (std::ranges::any_of(inputs_.uv_tables, [](const HeardUvTable& heard) {
          return heard.table.wants_build_isolation;
        })) {
      of_files.builds.unisolated.clear();
      of_files.builds.unisolated_projects.clear();
    }
    TakeOver(of_files);
    for (HeardUvTable& heard : inputs_.uv_tables) {
      if (std::ranges::find(masked_, heard.document) != masked_.end()) {
        DropPolicies(heard.table);
      }
    }
    std::ranges::move(found, std::back_inserter(inputs_.uv_tables));
    return std::move(warnings_);
  }

 private:
  // What the inputs say of builds themselves comes first.
  void TakeOver(EnvironmentWish& of_files) {
    const auto append = [](auto& from, auto& to) {
      std::ranges::move(from, std::back_inserter(to));
    };
    append(of_files.constraints, inputs_.wish.constraints);
    append(of_files.overrides, inputs_.wish.overrides);
    append(of_files.excludes, inputs_.wish.excludes);
    of_files.builds.Add(inputs_.wish.builds);
    inputs_.wish.builds = std::move(of_files.builds);
  }

  const std::string& working_directory_;
  const bool locks_document_;
  const bool with_dependencies_;
  LockInputs& inputs_;
  std::vector<HeardUvTable> of_pip_;
  std::vector<HeardUvTable> general_;
  std::vector<std::string> masked_;  // projects whose settings stand in a uv.toml
  std::vector<std::string> warnings_;
};

}  // namespace

Result<std::vector<std::string>> AddUvFiles(const std::vector<index::UvConfigFile>& files,
                                            const std::string& working_directory, UvFileRules rules,
                                            LockInputs& inputs) {
  UvFileReader reader(working_directory, rules, inputs);
  for (const index::UvConfigFile& file : files) {
    FLOWSTONE_TRY(reader.Add(file));
  }
  return reader.Finish();
}

std::string NoteOfSettingsNotObeyed(const LockInputs& inputs, const os::Environment& environment) {
  std::vector<std::string> settings;
  for (const HeardUvTable& heard : inputs.uv_tables) {
    settings.insert(settings.end(), heard.table.not_obeyed.begin(), heard.table.not_obeyed.end());
  }
  for (const std::string_view variable : kVariablesNotObeyed) {
    if (const auto value = environment.GetNonEmpty(variable); value && !MeansNo(*value)) {
      settings.emplace_back(variable);
    }
  }
  if (settings.empty()) {
    return {};
  }
  return "settings of uv that are not obeyed here: " + JoinText(settings, ", ");
}

}  // namespace flowstone::app
