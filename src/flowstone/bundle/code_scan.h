// Which files make up the code of a flow: the flow file, the modules and data files beside it
// (layers 1 and 2 of a project), the SDK (layer 3), and why each file is in or out.
//
// Looking changes nothing. The answer depends on names and content of the tree only: not on the
// order of the file system, the locale, times or owners.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::bundle {

// A file or directory that the flow asks for by itself (`package_include`).
struct IncludedPath {
  std::string path;  // on disk
  std::string name;  // in the package
};

struct CodeSources {
  std::string flow_name = {};
  std::string flow_file = {};              // absolute; its directory is the root of the walk
  std::vector<std::string> suffixes = {};  // besides kDefaultSuffixes; compared ignoring case
  std::vector<IncludedPath> include = {};
  std::string sdk_root = {};     // holds the package `flowstone`; empty for none
  std::string compat_root = {};  // holds the package `metaflow`; empty for none
  std::string flowstone_version = {};
};

inline constexpr const char* kDefaultSuffixes[] = {".py", ".R", ".RDS"};
inline constexpr std::uint64_t kLargeCodeBytes = 100ULL << 20;  // a warning above
inline constexpr std::uint64_t kMaxCodeBytes = 1ULL << 30;      // refused above

struct ScannedFile {
  std::string path = {};    // in the package
  std::string source = {};  // on disk; empty when generated
  std::uint64_t size = 0;
  bool executable = false;                    // any x bit
  std::optional<std::string> generated = {};  // its content, when it is on no disk
};

// Why a path is in the package or out of it. A directory that is out was not entered.
struct Decision {
  std::string path;  // relative to the root of the walk; a directory ends in "/"
  bool included = false;
  std::string rule;  // "suffix .py", "hidden", "no suffix matches", "venv/ (.flowstoneignore:2)"…
  friend bool operator==(const Decision&, const Decision&) = default;
};

struct CodeScan {
  std::string root;                   // directory of the flow file
  std::vector<std::string> suffixes;  // the union, sorted
  std::vector<ScannedFile> files;     // sorted by path
  std::vector<Decision> decisions;    // of the project's own tree, sorted by path
  std::vector<std::string> warnings;  // sentences for people
  std::uint64_t total_bytes = 0;
};

// kNotFound when the flow file is missing, kInvalid when the package would be larger than
// kMaxCodeBytes (the largest files are named) or two files claim one name.
Result<CodeScan> ScanCode(os::FileSystem& files, const CodeSources& sources);

}  // namespace flowstone::bundle
