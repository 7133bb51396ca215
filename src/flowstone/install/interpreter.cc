#include "flowstone/install/interpreter.h"

namespace flowstone::install {

std::string Interpreter::MajorMinor() const {
  return std::to_string(version.release(0)) + "." + std::to_string(version.release(1));
}

std::string Interpreter::LibraryDirectory() const {
  return "lib/python" + MajorMinor() + (is_free_threaded() ? "t" : "");
}

}  // namespace flowstone::install
