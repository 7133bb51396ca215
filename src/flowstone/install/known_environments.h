// KnownEnvironments: which environment a lock gave, so that who comes with the same lock need not
// read it. A lock of a hundred packages takes longer to read than everything else that is done with
// an environment that is there.
//
// `<home>/v1/known/<key>` holds the id of the environment and the number of its packages, "<sha256>
// <decimal>\n". The key is the sha256 of everything that the answer depends on; entries are never
// wrong, only gone, or of environments that are gone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/digest.h"
#include "flowstone/install/bytecode_use.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/interpreter.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

// A lock and how it is asked for.
struct LockUsage {
  std::string_view text;       // of the pylock.toml
  std::string_view directory;  // where relative paths in it start; absolute
  const lock::SelectOptions& selection;
  const Interpreter& interpreter;
  BytecodeUse bytecode = BytecodeUse::kWhereThere;
};

struct KnownEnvironment {
  Digest id;
  std::size_t package_count = 0;
  friend bool operator==(const KnownEnvironment&, const KnownEnvironment&) = default;
};

class KnownEnvironments {
 public:
  // Borrows both.
  KnownEnvironments(os::FileSystem& filesystem, const CacheLayout& layout)
      : filesystem_(filesystem), layout_(layout) {}

  // Nothing when it was not asked before, and when the entry cannot be read.
  std::optional<KnownEnvironment> Find(const LockUsage& usage) const;
  // REQUIRES: the wheels of the environment are those that the lock names; what was built for it
  // depends on more than a LockUsage. A cache that cannot be written is no error.
  void Remember(const LockUsage& usage, const KnownEnvironment& environment) const;

 private:
  std::optional<KnownEnvironment> Read(const std::string& path) const;

  os::FileSystem& filesystem_;
  const CacheLayout& layout_;
};

}  // namespace flowstone::install
