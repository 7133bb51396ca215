// TargetPlatform: a platform by a name that people write, for resolving on another machine:
//
//   linux-x86_64             glibc 2.28, as most Linux systems of today have
//   linux-aarch64-glibc2.17  an older or newer glibc
//   linux-x86_64-musl1.2     a musl system
//   macos-arm64              macOS 13; macos-x86_64-11.0 another version
//   windows-x86_64, windows-arm64, windows-x86
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/pypi/compatible_tags.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/version.h"

namespace flowstone::pypi {

class TargetPlatform {
 public:
  // kInvalid with the names that there are.
  static Result<TargetPlatform> Parse(std::string_view name);

  // CPython of that version on the platform.
  Result<Target> With(const Version& python_full_version) const;
  const std::string& name() const { return name_; }

  friend bool operator==(const TargetPlatform&, const TargetPlatform&) = default;

 private:
  TargetPlatform() = default;

  std::string name_;
  InterpreterFacts facts_;  // without the version of Python
};

}  // namespace flowstone::pypi
