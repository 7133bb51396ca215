// CompatibleTags: the tags an interpreter accepts, from a few facts about it and its platform, in
// the order of packaging 26.3. The facts are those of the interpreter that will run, wherever it
// is: nothing here looks at the machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/tag_list.h"

namespace flowstone::pypi {

enum class Libc : std::uint8_t { kNone, kGlibc, kMusl };

struct InterpreterFacts {
  std::string implementation = "cpython";  // sys.implementation.name
  int version_major = 3;
  int version_minor = 0;
  // sys.abiflags: "t" free-threaded, "d" debug; "m" of CPython 3.7 and older is implied.
  std::string abi_flags = {};
  // For implementations other than CPython: the ABI tag, such as "pypy310_pp73".
  std::string abi_tag = {};
  // sysconfig.get_platform(): "linux-x86_64", "linux_x86_64"; for macOS the version is that of the
  // system it runs on: "macosx-14.0-arm64"; anything else ("win-amd64") is taken as it is.
  std::string platform = {};
  Libc libc = Libc::kNone;
  int libc_major = 0;
  int libc_minor = 0;
  int pointer_bits = 64;

  friend bool operator==(const InterpreterFacts&, const InterpreterFacts&) = default;
};

// kInvalid when the platform cannot be read.
Result<TagList> CompatibleTags(const InterpreterFacts& facts);
// The platforms alone, best first, without "any".
Result<std::vector<std::string>> CompatiblePlatforms(const InterpreterFacts& facts);

}  // namespace flowstone::pypi
