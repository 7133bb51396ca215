// ReadWishes: what the steps of a flow ask for, with the requirements of the files that their
// decorators name (`@pypi(requirements="requirements.txt")`). Paths start at the flow's file.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "flowstone/app/environment_wish.h"
#include "flowstone/base/result.h"
#include "flowstone/flow/description.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::app {

using StepWishes = std::map<std::string, std::optional<EnvironmentWish>>;

// EnvironmentWishes with their files read. Of a pyproject.toml: the dependencies of the project,
// those of the extras and groups that the decorator names, and the constraints, overrides and
// excludes of [tool.uv]. Of a requirements file: all that pip understands, but what is not for one
// environment alone (binaries, pre-releases, hosts) is refused: it belongs on the command line.
// Errors name step, file and line.
Result<StepWishes> ReadWishes(os::FileSystem& filesystem, const os::Environment& environment,
                              const flow::FlowDescription& flow, EnvironmentChoice choice);

}  // namespace flowstone::app
