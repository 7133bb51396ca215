// PythonRequest: which Python somebody asked for.
//
//   3   3.11   3.11.7   3.14.0rc1             that release, or the newest of that series
//   3.13t   3.13d   3.13td   3.13+debug       a free-threaded build, a debug build, both
//   3.11.*   >=3.9,<3.12   ~=3.11             version specifiers
//   cpython3.11   cpython@3.11   python3.11   with the implementation
//   /usr/bin/python3   ./venv                 that file, or what is installed in that directory
//   any (or nothing)
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/pypi/specifier.h"

namespace flowstone::install {

class PythonRequest {
 public:
  // kInvalid names what is wrong, among them implementations that are not supported.
  static Result<PythonRequest> Parse(std::string_view text);

  // As it was asked for.
  const std::string& text() const { return text_; }
  // Set when a file or a directory was asked for.
  const std::optional<std::string>& path() const { return path_; }
  bool wants_free_threaded() const { return free_threaded_; }
  // The file asked for always matches. A request for a version does not match free-threaded builds
  // unless it says so ("3.13t"): they need other wheels. It matches debug builds, which do not.
  bool Matches(const Interpreter& interpreter) const;
  // The same for a build of that version and with those ABI flags. REQUIRES: !path().
  bool MatchesBuild(const pypi::Version& version, std::string_view abi_flags) const;

 private:
  // Takes what says the kind of build off the end of a version.
  std::string_view TakeBuildKind(std::string_view version);

  std::string text_;
  std::optional<std::string> path_;
  pypi::SpecifierSet versions_;
  bool any_ = false;
  bool free_threaded_ = false;
  bool debug_ = false;
};

}  // namespace flowstone::install
