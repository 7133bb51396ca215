// PythonBuilds: the standalone builds of CPython that can be installed, with the sha256 of each
// archive. The table is part of the engine (python_builds.tsv, written by
// tools/make_python_builds.py), so that what a mirror sends is checked against what the project of
// those builds published, whoever runs the mirror. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"
#include "flowstone/install/python_request.h"
#include "flowstone/pypi/version.h"

namespace flowstone::install {

enum class PythonVariant : std::uint8_t { kDefault, kFreeThreaded };

struct PythonBuild {
  pypi::Version version;
  std::string release;  // "20260814": the day it was published
  std::string target;   // "linux-x86_64"
  PythonVariant variant = PythonVariant::kDefault;
  std::string archive;  // below a mirror: "20260814/cpython-3.13.7%2B20260814-….tar.gz"
  Digest sha256;

  // "3.13.7", "3.13.7t".
  std::string ShownVersion() const;
  // Its directory among the installed ones: "cpython-3.13.7t+20260814-linux-x86_64".
  std::string DirectoryName() const;
  bool Matches(const PythonRequest& request) const;
};

// The target whose builds run where this engine runs; empty when there are none.
std::string_view HostPythonTarget();

class PythonBuilds {
 public:
  // kCorrupt names the line that is wrong.
  static Result<PythonBuilds> Parse(std::string_view table);
  // Those that this engine was built with, for one target.
  static PythonBuilds BuiltIn(std::string_view target);

  // Leaves out those for other targets.
  void KeepTarget(std::string_view target);

  // Better ones first: stable before pre-releases, then newer, with the GIL before free-threaded.
  const std::vector<PythonBuild>& builds() const { return builds_; }
  // The best one that `request` asks for; null when there is none, or it asks for a file.
  const PythonBuild* Best(const PythonRequest& request) const;

 private:
  std::vector<PythonBuild> builds_;
};

}  // namespace flowstone::install
