// What can be checked of parameters before a run starts, and what decorators say in plain values.
#pragma once

#include <map>
#include <string>

#include "flowstone/base/result.h"
#include "flowstone/flow/description.h"

namespace flowstone::app {

// kInvalid for a number, boolean or JSON that is none, or a required parameter without a value. The
// worker converts the texts.
Status CheckParameters(const flow::FlowDescription& flow,
                       const std::map<std::string, std::string>& given);

// The variables of @environment.
std::map<std::string, std::string> StepVariables(const flow::StepDescription& step);

}  // namespace flowstone::app
