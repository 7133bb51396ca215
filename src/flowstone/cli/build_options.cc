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
      FLOWSTONE_LET(const pypi::Name name,
                    Annotate(pypi::Name::Parse(TrimText(text)), "while reading --build"));
      binaries.by_project[name] = resolve::BinaryPolicy::kAnySource;
    }
  }
  return Ok();
}

Status ApplyConfigSettings(const ParsedArguments& arguments, build::ConfigSettings& settings) {
  for (const std::string& setting : arguments.Values("config-settings")) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "--config-settings is '" + setting + "', not KEY=VALUE"};
    }
    settings[setting.substr(0, equals)].push_back(setting.substr(equals + 1));
  }
  return Ok();
}

}  // namespace

Status ApplyBuildOptions(const ParsedArguments& arguments, app::EnvironmentSettings& settings) {
  FLOWSTONE_TRY(ApplyBuildNames(arguments, settings.policies.binaries));
  FLOWSTONE_TRY(ApplyConfigSettings(arguments, settings.builds.config_settings));
  build::BuildLimits& limits = settings.builds.limits;
  FLOWSTONE_LET(const std::int64_t seconds,
                NumberOf(arguments, "build-timeout", limits.time.count(), 1));
  limits.time = std::chrono::seconds(seconds);
  if (arguments.Value("build-memory")) {
    FLOWSTONE_LET(const std::int64_t mebibytes, NumberOf(arguments, "build-memory", 0, 1));
    limits.resources.memory_bytes = static_cast<std::uint64_t>(mebibytes) << kMebibyteBits;
  }
  return Ok();
}

}  // namespace flowstone::cli
