#include "flowstone/cli/project_options.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/cli/option_table.h"

namespace flowstone::cli {
namespace {

// What the settings of indexes are made of reads these itself, from the file: they come before
// the files of uv and all that configures pip.
constexpr std::array kReadWithIndexes = {"index-url", "extra-index-url", "index-strategy",
                                         "find-links", "no-index"};

bool IsReadWithIndexes(std::string_view key) {
  return std::ranges::find(kReadWithIndexes, key) != kReadWithIndexes.end();
}

// One of these given by hand is instead of all of them in the project.
constexpr std::array kAlternatives = {std::array{"target", "universal"},
                                      std::array{"prerelease", "pre"}};

class SettingsWriter {
 public:
  SettingsWriter(const os::Environment& environment, std::set<std::string> options,
                 ParsedArguments& arguments)
      : environment_(environment),
        options_(std::move(options)),
        given_(arguments),
        arguments_(arguments) {}

  void Apply(const std::string& key, const project::ProjectSetting& setting) {
    const bool is_off = IsSwitch(key) && setting.values.front() == "false";
    if (!options_.contains(key) || IsGiven(key) || is_off) {
      return;
    }
    arguments_.origins[key] = setting.shown;
    if (!IsReadWithIndexes(key)) {
      arguments_.values[key] = IsSwitch(key) ? std::vector<std::string>{""} : setting.values;
    }
  }

 private:
  static bool IsSwitch(const std::string& key) { return FindOption(key).metavar.empty(); }

  bool IsGivenItself(const std::string& key) const {
    return given_.Has(key) ||
           std::ranges::any_of(VariablesOf(FindOption(key)), [&](std::string_view variable) {
             const bool comes_later = IsReadWithIndexes(key) && variable.starts_with("PIP_");
             return !comes_later && environment_.GetNonEmpty(variable).has_value();
           });
  }

  bool IsGiven(const std::string& key) const {
    return IsGivenItself(key) || std::ranges::any_of(kAlternatives, [&](const auto& alternatives) {
             return std::ranges::find(alternatives, key) != alternatives.end() &&
                    std::ranges::any_of(alternatives,
                                        [&](const char* other) { return IsGivenItself(other); });
           });
  }

  const os::Environment& environment_;
  const std::set<std::string> options_;
  const ParsedArguments given_;
  ParsedArguments& arguments_;
};

}  // namespace

std::string SettingText(const project::ProjectSetting& setting) {
  return setting.shown + " = " + JoinText(setting.values, ", ");
}

Status ApplyProjectSettings(const app::Machine& machine, const std::string& directory,
                            const CommandSpec& root, Console& console, ParsedArguments& arguments) {
  const std::vector<std::string> along = OptionsAlong(root, arguments.command);
  std::set<std::string> options(along.begin(), along.end());
  const std::vector<std::string_view> keys = project::ProjectSettingKeys();
  const bool has_any = std::ranges::any_of(
      keys, [&](std::string_view key) { return options.contains(std::string(key)); });
  if (!has_any) {
    return Ok();
  }
  FLOWSTONE_LET(const auto settings, project::FindProjectSettings(machine.filesystem, directory,
                                                                  machine.working_directory));
  if (!settings) {
    return Ok();
  }
  arguments.project_file = settings->path;
  SettingsWriter writer(machine.environment, std::move(options), arguments);
  for (const auto& [key, setting] : settings->values) {
    writer.Apply(key, setting);
    if (arguments.Has("verbose") && arguments.origins.contains(key)) {
      console.Err(SettingText(setting) + "\n");
    }
  }
  return Ok();
}

}  // namespace flowstone::cli
