// EnvironmentScheme: where the parts of an archive (archive_plan.h) lie in an environment. Pure.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/install/interpreter.h"

namespace flowstone::install {

struct EnvironmentScheme {
  std::string site_packages;  // "lib/python3.11/site-packages", below the environment
  std::string include;        // "include/site/python3.11"
  // Scripts are in "bin", data directly in the environment.

  static EnvironmentScheme Of(const Interpreter& interpreter);
  // Of no interpreter in particular. What it says about paths relative to site-packages holds in
  // every environment, but for headers.
  static EnvironmentScheme OfAny();

  // Where "site/numpy/core", "bin", "data/share" … are; the environment itself is "".
  std::string DestinationOf(std::string_view source) const;
};

}  // namespace flowstone::install
