#include "flowstone/install/environment_scheme.h"

#include "flowstone/os/path.h"

namespace flowstone::install {

EnvironmentScheme EnvironmentScheme::Of(const Interpreter& interpreter) {
  return {.site_packages = interpreter.LibraryDirectory() + "/site-packages",
          .include = "include/site/python" + interpreter.MajorMinor()};
}

EnvironmentScheme EnvironmentScheme::OfAny() {
  return {.site_packages = "lib/python/site-packages", .include = "include/site/python"};
}

std::string EnvironmentScheme::DestinationOf(std::string_view source) const {
  const std::size_t slash = source.find('/');
  const std::string_view root = source.substr(0, slash);
  const std::string_view rest =
      slash == std::string_view::npos ? std::string_view() : source.substr(slash + 1);
  std::string base;
  if (root == "site" || root == "requested") {
    base = site_packages;
  } else if (root == "include") {
    base = include;
  } else if (root == "bin") {
    base = "bin";
  }
  return base.empty() ? std::string(rest) : os::JoinPath(base, rest);
}

}  // namespace flowstone::install
