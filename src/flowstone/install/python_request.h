// PythonRequest: which Python somebody asked for.
//
//   3   3.11   3.11.7   3.14.0rc1   3.13t     that release, or the newest of that series
//   3.11.*   >=3.9,<3.12   ~=3.11             version specifiers
//   cpython3.11   cpython@3.11   python3.11   with the implementation
//   /usr/bin/python3   ./venv/bin/python      that file
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
  // Set when a file was asked for.
  const std::optional<std::string>& path() const { return path_; }
  bool wants_free_threaded() const { return free_threaded_; }
  // The file asked for always matches. A request for a version does not match free-threaded builds
  // unless it says so ("3.13t"): they need other wheels.
  bool Matches(const Interpreter& interpreter) const;

 private:
  std::string text_;
  std::optional<std::string> path_;
  pypi::SpecifierSet versions_;
  bool any_ = false;
  bool free_threaded_ = false;
};

}  // namespace flowstone::install
