// Interpreter: one installed Python as the rest of Flowstone sees it.
//
// It has two names. `identity` is made of what the interpreter is (implementation, full version,
// build, ABI, platform) and of nothing about where it is: the same build has the same identity on
// every machine, and environments are keyed by it. `executable` and `stamp` say which file that is
// on this machine, and whether it is still the one that was probed.
#pragma once

#include <string>

#include "flowstone/base/digest.h"
#include "flowstone/install/file_stamp.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/version.h"

namespace flowstone::install {

struct Interpreter {
  std::string executable;      // absolute, without symbolic links; never inside a venv
  std::string implementation;  // "cpython"
  pypi::Version version;       // the full one, 3.14.0rc1 included
  std::string build;           // sys.version: date, compiler
  std::string abi;             // SOABI, such as "cpython-311-x86_64-linux-gnu"
  std::string abi_flags;       // "t" free-threaded, "d" debug, both or none
  std::string platform;        // sysconfig.get_platform(), such as "linux-x86_64"
  std::string cache_tag;       // "cpython-311": the infix of bytecode files
  std::string prefix;          // sys.base_prefix
  std::string stdlib;          // pure standard library
  std::string platform_stdlib;
  pypi::Target target;  // markers and tags: what wheels are chosen by
  FileStamp stamp;      // of `executable` when it was probed
  Digest identity;
  // What `executable` was before it changed, if this process noticed that: "Python 3.11.2".
  std::string formerly;

  // "3.11": the name of its library directory.
  std::string MajorMinor() const;
  // "lib/python3.11", or "lib/python3.13t" for free-threaded builds.
  std::string LibraryDirectory() const;
  bool is_free_threaded() const { return abi_flags.find('t') != std::string::npos; }
};

}  // namespace flowstone::install
