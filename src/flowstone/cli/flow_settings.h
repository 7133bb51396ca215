// FlowSettings: how the environments of a flow are resolved and built, from the options of its
// commands, their variables, the project, and the configuration of pip and uv.
#pragma once

#include "flowstone/app/environment_service.h"
#include "flowstone/app/environment_wish.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/flow_session.h"

namespace flowstone::cli {

// Reads the files that the options name, unless no step has an environment with that choice. What
// has no effect is printed as a warning.
Result<app::EnvironmentSettings> FlowSettingsOf(FlowSession& session,
                                                app::EnvironmentChoice choice);

}  // namespace flowstone::cli
