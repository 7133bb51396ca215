#include "flowstone/cli/lock_targets.h"

#include <string>
#include <utility>

#include "flowstone/app/universal_wish.h"
#include "flowstone/base/error.h"
#include "flowstone/cli/option_table.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/target_platform.h"
#include "flowstone/pypi/version.h"

namespace flowstone::cli {
namespace {

// The Python versions of a lock for all environments: those of --python, "3.11" meaning that and
// all later ones, else those of the project, else the interpreter's and all later ones.
Result<pypi::SpecifierSet> PythonsOf(const EngineSession& session,
                                     const install::Interpreter& interpreter,
                                     const pypi::SpecifierSet& project_python) {
  const std::string asked = session.arguments.Value("python").value_or("");
  if (const auto version = pypi::Version::Parse(asked)) {
    return pypi::SpecifierSet::Parse(">=" + version->ToString());
  }
  if (auto specifiers = pypi::SpecifierSet::Parse(asked); specifiers && !specifiers->empty()) {
    return specifiers;
  }
  if (asked.empty() && !project_python.empty()) {
    return project_python;
  }
  return pypi::SpecifierSet::Parse(">=" + interpreter.target.markers.python_version);
}

// Options that only a lock for all environments obeys.
Status CheckUniversalOptions(const EngineSession& session) {
  for (const char* option : {"lock-environment", "required-environment", "fork-strategy"}) {
    // What the project says of it is for its locks of all environments.
    if (session.arguments.Has(option) && !session.arguments.origins.contains(option)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = std::string(FindOption(option).flags) +
                              " is about a lock for all environments",
                   .hints = {"give --universal as well"}};
    }
  }
  return Ok();
}

}  // namespace

Result<install::Interpreter> ChooseInterpreter(const EngineSession& session,
                                               app::EnvironmentService& service,
                                               app::EnvironmentWish& wish) {
  const bool is_for_elsewhere =
      session.arguments.Has("target") || session.arguments.Has("universal");
  if (!is_for_elsewhere || wish.python.empty()) {
    return service.FindPython(wish.python);
  }
  Result<install::FoundInterpreter> found = service.FindInstalledPython(wish.python);
  if (found) {
    return std::move(found->interpreter);
  }
  if (found.error().code != ErrorCode::kNotFound) {
    return found.error();
  }
  const Result<pypi::Version> version = pypi::Version::Parse(wish.python);
  if (session.arguments.Has("target") && version) {
    const std::string full = std::to_string(version->release(0)) + "." +
                             std::to_string(version->release(1)) + "." +
                             std::to_string(version->release(2));
    FLOWSTONE_LET(wish.platform_python, pypi::Version::Parse(full));
  } else if (!session.arguments.Has("universal") ||
             !(version || pypi::SpecifierSet::Parse(wish.python))) {
    return service.FindPython(wish.python);
  }
  wish.python.clear();
  return service.FindPython(wish.python);
}

Status ChooseTargets(const EngineSession& session, const install::Interpreter& interpreter,
                     app::LockInputs& inputs) {
  const std::vector<std::string> names = session.arguments.Values("target");
  if (session.arguments.Has("universal")) {
    if (!names.empty()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "--universal and --target exclude each other",
                   .hints = {"--universal locks for CPython on Linux, macOS and Windows; "
                             "--environment says for what else"}};
    }
    app::UniversalOptions options{
        .environments = session.arguments.Values("lock-environment"),
        .required_environments = session.arguments.Values("required-environment")};
    FLOWSTONE_LET(options.requires_python, PythonsOf(session, interpreter, inputs.requires_python));
    FLOWSTONE_LET(inputs.wish.universal, app::MakeUniversalWish(options, inputs));
    return Ok();
  }
  FLOWSTONE_TRY(CheckUniversalOptions(session));
  FLOWSTONE_TRY(app::CheckNoConflicts(inputs));
  for (const std::string& name : names) {
    FLOWSTONE_LET(pypi::TargetPlatform platform, pypi::TargetPlatform::Parse(name));
    inputs.wish.platforms.push_back(std::move(platform));
    inputs.wish.own_platform = app::OwnPlatform::kLeftOut;
  }
  return Ok();
}

}  // namespace flowstone::cli
