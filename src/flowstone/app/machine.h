// Machine: what the use cases know of the computer they run on: its seams, the variables of the
// process and where it was started. Made once by the command line, or by a test from fakes.
#pragma once

#include <string>

#include "flowstone/os/clock.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::app {

struct Machine {
  os::FileSystem& filesystem;
  os::ProcessRunner& processes;
  os::Clock& clock;
  os::Environment environment;
  std::string working_directory;  // absolute
};

}  // namespace flowstone::app
