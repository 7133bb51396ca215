#include "flowstone/cli/build_options.h"

#include <string>
#include <string_view>

#include "flowstone/base/text.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/pypi/name.h"

namespace flowstone::cli {
namespace {

constexpr unsigned kMebibyteBits = 20;

Status ApplyBuildNames(const ParsedArguments& arguments, resolve::BinaryPolicies& binaries) {
  if (arguments.Has("static-sources")) {
    binaries.by_default = resolve::BinaryPolicy::kStaticSources;
  }
  if (arguments.Has("allow-build")) {
    binaries.by_default = resolve::BinaryPolicy::kAnySource;
  }
  for (const std::string& names : arguments.Values("build")) {
    for (const std::string_view text : SplitText(names, ',')) {
      FLOWSTONE_LET(const pypi::Name name, Annotate(pypi::Name::Parse(TrimText(text)),
                                                    "while reading " + arguments.Shown("build")));
      binaries.by_project[name] = resolve::BinaryPolicy::kAnySource;
    }
  }
  return Ok();
}

Status AddSetting(const std::string& option, std::string_view setting,
                  resolve::BuildWish::Settings& settings) {
  const std::size_t equals = setting.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = option + " is '" + std::string(setting) + "', not KEY=VALUE"};
  }
  settings[std::string(setting.substr(0, equals))].emplace_back(setting.substr(equals + 1));
  return Ok();
}

// NAME:KEY=VALUE
Status AddPackageSetting(const std::string& option, const std::string& text,
                         resolve::BuildWish& wish) {
  const std::size_t colon = text.find(':');
  const Result<pypi::Name> name = pypi::Name::Parse(text.substr(0, colon));
  if (colon == std::string::npos || !name) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = option + " is '" + text + "', not NAME:KEY=VALUE"};
  }
  return AddSetting(option, std::string_view(text).substr(colon + 1), wish.settings_of[*name]);
}

Status ApplyConfigSettings(const ParsedArguments& arguments, resolve::BuildWish& wish) {
  for (const std::string& setting : arguments.Values("config-settings")) {
    FLOWSTONE_TRY(AddSetting(arguments.Shown("config-settings"), setting, wish.settings));
  }
  for (const std::string& setting : arguments.Values("config-settings-package")) {
    FLOWSTONE_TRY(AddPackageSetting(arguments.Shown("config-settings-package"), setting, wish));
  }
  return Ok();
}

}  // namespace

Status ApplyBuildOptions(const ParsedArguments& arguments, app::EnvironmentSettings& settings) {
  FLOWSTONE_TRY(ApplyBuildNames(arguments, settings.policies.binaries));
  FLOWSTONE_TRY(ApplyConfigSettings(arguments, settings.builds.wish));
  build::BuildLimits& limits = settings.builds.limits;
  FLOWSTONE_LET(const std::int64_t seconds,
                NumberOf(arguments, "build-timeout", limits.time.count(), 1));
  limits.time = std::chrono::seconds(seconds);
  if (arguments.Has("build-network")) {
    limits.network = os::SandboxNetwork::kShared;
  }
  if (arguments.Value("build-memory")) {
    FLOWSTONE_LET(const std::int64_t mebibytes, NumberOf(arguments, "build-memory", 0, 1));
    limits.resources.memory_bytes = static_cast<std::uint64_t>(mebibytes) << kMebibyteBits;
  }
  return Ok();
}

}  // namespace flowstone::cli
