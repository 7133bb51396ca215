#include "flowstone/cli/output_options.h"

#include <charconv>
#include <utility>

#include "flowstone/app/lock_policies.h"
#include "flowstone/cli/build_options.h"
#include "flowstone/cli/error_report.h"
#include "flowstone/cli/package_options.h"
#include "flowstone/cli/python_options.h"
#include "flowstone/project/cutoff.h"

namespace flowstone::cli {

Status ApplyOutputOptions(const ParsedArguments& arguments, const os::Environment& environment,
                          Console& console) {
  const std::string color = arguments.Value("color").value_or("auto");
  if (color == "auto") {
    console.SetColor(ColorChoice::kAuto, environment);
  } else if (color == "always") {
    console.SetColor(ColorChoice::kAlways, environment);
  } else if (color == "never") {
    console.SetColor(ColorChoice::kNever, environment);
  } else {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "--color is '" + color + "', not auto, always or never"};
  }
  return Ok();
}

Verbosity VerbosityOf(const ParsedArguments& arguments) {
  if (arguments.Has("quiet")) {
    return Verbosity::kQuiet;
  }
  return arguments.Has("verbose") ? Verbosity::kVerbose : Verbosity::kNormal;
}

std::unique_ptr<ProgressSink> MakeProgress(const ParsedArguments& arguments, Console& console,
                                           os::Clock& clock) {
  ProgressMode mode = console.progress_mode();
  if (arguments.Has("quiet")) {
    mode = ProgressMode::kSilent;
  } else if (arguments.Has("no-progress")) {
    mode = ProgressMode::kLines;
  }
  return std::make_unique<ProgressDisplay>(
      mode, console.err_style(), console.width(), clock,
      [&console](std::string_view text) { console.Err(text); });
}

namespace {

// --bytecode and --compile-bytecode: what is on the command line comes before variables, and being
// asked to compile before the general wish.
Result<install::BytecodeUse> BytecodeUseOf(const ParsedArguments& arguments) {
  const auto is_typed = [&](const char* key) {
    return arguments.Has(key) && !arguments.variables.contains(key);
  };
  std::optional<install::BytecodeUse> use;
  if (const auto when = arguments.Value("bytecode")) {
    FLOWSTONE_LET(use, Annotate(install::ParseBytecodeUse(*when),
                                "while reading " + arguments.Shown("bytecode")));
  }
  if (!arguments.Has("compile-bytecode") ||
      (is_typed("bytecode") && !is_typed("compile-bytecode"))) {
    return use.value_or(install::BytecodeUse::kInBackground);
  }
  if (is_typed("bytecode") && use != install::BytecodeUse::kCompile) {
    return Error{
        .code = ErrorCode::kInvalid,
        .message = "--compile-bytecode contradicts --bytecode " + *arguments.Value("bytecode")};
  }
  return install::BytecodeUse::kCompile;
}

}  // namespace

Result<app::EnvironmentSettings> EnvironmentSettingsOf(const ParsedArguments& arguments,
                                                       const std::string& launcher,
                                                       Console& console, os::Clock& clock) {
  app::EnvironmentSettings settings;
  settings.launcher = launcher;
  FLOWSTONE_LET(settings.packages, PackageOptionsOf(arguments));
  if (arguments.Has("verbose") || arguments.Has("json")) {
    settings.packages.timing = index::CallTiming::kOn;
  }
  if (arguments.Has("locked")) {
    settings.lock_use = app::LockUse::kLocked;
  } else if (arguments.Has("upgrade")) {
    settings.lock_use = app::LockUse::kUpgrade;
  }
  for (const std::string& text : arguments.Values("upgrade-package")) {
    FLOWSTONE_LET(pypi::Name name,
                  Annotate(pypi::Name::Parse(text), "while reading --upgrade-package"));
    settings.upgrade_packages.push_back(std::move(name));
  }
  if (const auto date = arguments.Value("exclude-newer")) {
    FLOWSTONE_LET(settings.exclude_newer_us,
                  Annotate(project::ParseCutoff(*date, clock.NowNs() / 1000),
                           "while reading " + arguments.Shown("exclude-newer")));
    settings.exclude_newer_kind = app::CutOffKindOf(*date);
    settings.exclude_newer_origin = arguments.Shown("exclude-newer");
  }
  FLOWSTONE_LET(settings.bytecode, BytecodeUseOf(arguments));
  if (const auto mode = arguments.Value("link-mode")) {
    FLOWSTONE_LET(settings.links, Annotate(install::ParseLinkWish(*mode),
                                           "while reading " + arguments.Shown("link-mode")));
  }
  FLOWSTONE_TRY(ApplyBuildOptions(arguments, settings));
  FLOWSTONE_LET(settings.pythons, PythonSettingsOf(arguments, console));
  return settings;
}

int ReportFailure(Console& console, const Error& error) {
  console.PrintError(error);
  switch (error.code) {
    case ErrorCode::kInvalid:
      return 2;
    case ErrorCode::kCancelled:
      return 130;
    default:
      return 1;
  }
}

int ReportFailure(Console& console, const ParsedArguments& arguments, const Error& error) {
  if (arguments.Has("json")) {
    console.Out(ErrorJson(error) + "\n");
  }
  return ReportFailure(console, error);
}

Result<std::int64_t> NumberOf(const ParsedArguments& arguments, const std::string& key,
                              std::int64_t default_value, std::int64_t low) {
  const auto text = arguments.Value(key);
  if (!text) {
    return default_value;
  }
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (code != std::errc() || end != text->data() + text->size() || number < low) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = arguments.Shown(key) + " is '" + *text +
                            "', not a whole number of at least " + std::to_string(low)};
  }
  return number;
}

}  // namespace flowstone::cli
