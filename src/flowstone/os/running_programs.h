// RunningPrograms: which programs run on this machine, as far as this user may know: by the path
// they were started by, and the virtual environment that their variables name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flowstone/os/file_lock.h"

namespace flowstone::os {

class RunningPrograms {
 public:
  // What runs now. Empty where the system does not tell.
  static RunningPrograms Look();

  // One that was started as a program below the absolute `directory`, or in the virtual environment
  // that it is.
  std::optional<LockHolder> FindIn(const std::string& directory) const;

 private:
  struct Trace {
    int pid = 0;
    std::string path;  // of the program, or of its virtual environment
  };
  std::vector<Trace> traces_;
};

}  // namespace flowstone::os
