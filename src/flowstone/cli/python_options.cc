#include "flowstone/cli/python_options.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/python_builds_table.h"

namespace flowstone::cli {
namespace {

constexpr std::array<std::pair<std::string_view, app::PythonDownloads>, 3> kDownloadChoices = {{
    {"automatic", app::PythonDownloads::kAutomatic},
    {"manual", app::PythonDownloads::kManual},
    {"never", app::PythonDownloads::kNever},
}};

Result<app::PythonDownloads> DownloadsOf(const ParsedArguments& arguments) {
  if (arguments.Has("no-python-downloads")) {
    return app::PythonDownloads::kNever;
  }
  const std::string choice = arguments.Value("python-downloads").value_or("automatic");
  const auto* found = std::ranges::find(kDownloadChoices, choice,
                                        &std::pair<std::string_view, app::PythonDownloads>::first);
  if (found == kDownloadChoices.end()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = arguments.Shown("python-downloads") + " is '" + choice +
                            "', not automatic, manual or never"};
  }
  return found->second;
}

}  // namespace

Result<app::PythonSettings> PythonSettingsOf(const ParsedArguments& arguments, Console& console) {
  app::PythonSettings settings{
      .search = arguments.Has("managed-python") ? app::PythonSearch::kOwnOnly
                                                : app::PythonSearch::kEverywhere,
      .mirror = arguments.Value("python-mirror").value_or(std::string(kDefaultPythonMirror)),
      .builds_file = arguments.Value("python-builds").value_or("")};
  FLOWSTONE_LET(settings.downloads, DownloadsOf(arguments));
  if (!arguments.Has("quiet")) {
    settings.say = [&console](const std::string& text) { console.Err(text + "\n"); };
  }
  return settings;
}

}  // namespace flowstone::cli
