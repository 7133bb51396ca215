// What a person sees who never wrote the option that an error speaks of: the environment variable
// that set it.
#pragma once

#include "flowstone/base/error.h"
#include "flowstone/cli/argument_parser.h"
#include "flowstone/os/environment.h"

namespace flowstone::cli {

// Adds to the error which variables stand for the options that it speaks of. `root` is the spec
// that the arguments were parsed with.
Error WithVariables(Error error, const CommandSpec& root, const ParsedArguments& arguments,
                    const os::Environment& environment);

}  // namespace flowstone::cli
