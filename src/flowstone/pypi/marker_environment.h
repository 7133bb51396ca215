// MarkerEnvironment: the variables of PEP 508 that describe an interpreter and its platform.
// `extra` is not among them: it belongs to a question, not to a machine (marker.h).
#pragma once

#include <compare>
#include <string>

namespace flowstone::pypi {

struct MarkerEnvironment {
  std::string implementation_name = {};             // "cpython"
  std::string implementation_version = {};          // "3.12.4"
  std::string os_name = {};                         // "posix"
  std::string platform_machine = {};                // "x86_64"
  std::string platform_python_implementation = {};  // "CPython"
  std::string platform_release = {};                // "6.1.0-13-amd64"
  std::string platform_system = {};                 // "Linux"
  std::string platform_version = {};                // "#1 SMP ..."
  std::string python_full_version = {};             // "3.12.4"
  std::string python_version = {};                  // "3.12"
  std::string sys_platform = {};                    // "linux"

  friend auto operator<=>(const MarkerEnvironment&, const MarkerEnvironment&) = default;
};

}  // namespace flowstone::pypi
