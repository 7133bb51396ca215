// PythonOutput: what a Python script makes of some bytes, to compare with what our code makes of
// them. A module's tests that use it list ../testing/python_oracle.cc in TEST_SOURCES and `os` in
// TEST_DEPENDS.
#pragma once

#include <string>

namespace flowstone::testing {

// Runs `script` with FLOWSTONE_PYTHON and `input` as its standard input. Returns its standard
// output, or "python failed: …" with what it wrote to standard error.
std::string PythonOutput(const std::string& script, const std::string& input);

}  // namespace flowstone::testing
