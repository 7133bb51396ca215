#include "flowstone/cli/lock_targets.h"

#include <string>
#include <string_view>
#include <utility>

#include "flowstone/base/error.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/target_platform.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/request.h"

namespace flowstone::cli {
namespace {

// "All environments" are those that wheels are made for: others, such as browsers, would keep a
// package out that has no wheel for them.
constexpr std::string_view kSupportedEnvironments =
    R"(implementation_name == "cpython" and )"
    R"((sys_platform == "linux" or sys_platform == "darwin" or sys_platform == "win32"))";

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

}  // namespace

Status ChooseTargets(const EngineSession& session, const install::Interpreter& interpreter,
                     const pypi::SpecifierSet& project_python, app::EnvironmentWish& wish) {
  const std::vector<std::string> names = session.arguments.Values("target");
  if (session.arguments.Has("universal")) {
    if (!names.empty()) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "--universal and --target exclude each other",
                   .hints = {"--universal locks for CPython on Linux, macOS and Windows"}};
    }
    resolve::UniversalWish universal{.requires_python = {}};
    FLOWSTONE_LET(universal.requires_python, PythonsOf(session, interpreter, project_python));
    FLOWSTONE_LET(pypi::Marker supported, pypi::Marker::Parse(kSupportedEnvironments));
    universal.environments.push_back(std::move(supported));
    wish.universal = std::move(universal);
    return Ok();
  }
  for (const std::string& name : names) {
    FLOWSTONE_LET(pypi::TargetPlatform platform, pypi::TargetPlatform::Parse(name));
    wish.platforms.push_back(std::move(platform));
    wish.own_platform = app::OwnPlatform::kLeftOut;
  }
  return Ok();
}

}  // namespace flowstone::cli
