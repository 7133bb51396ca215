// The files of a lock that another tool wrote: those that it names only by their hashes (Poetry and
// Pipenv) are found on the indexes, and relative paths start where the new lock lies.
#pragma once

#include <string>

#include "flowstone/base/result.h"
#include "flowstone/index/package_index.h"
#include "flowstone/lock/lock.h"
#include "flowstone/project/foreign_lock.h"

namespace flowstone::app {

// The lock with all of its files. Versions are not questioned. kNotFound, naming the package, when
// no index has a file with one of its hashes.
Result<lock::Lock> LocateFiles(project::ForeignLock foreign, index::PackageIndex& index);

// Relative paths of a lock in one directory as they are in another one. Both are absolute.
void MovePaths(lock::Lock& lock, const std::string& from, const std::string& to);

}  // namespace flowstone::app
