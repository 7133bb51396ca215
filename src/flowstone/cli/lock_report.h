// How two locks differ, as text and as JSON: what `diff`, `environment diff` and `lock --check`
// print.
#pragma once

#include <string>

#include "flowstone/lock/lock_diff.h"

namespace flowstone::cli {

// One line for each input and each package, with the reasons of its change; empty when nothing
// differs.
std::string DifferenceText(const lock::LockDifference& difference);
// The document of `--json`, indented, without a trailing newline.
std::string DifferenceJson(const lock::LockDifference& difference);

}  // namespace flowstone::cli
