// DescribeTarget: a target in words, for messages and for the record in a lock.
#pragma once

#include <string>

#include "flowstone/pypi/target.h"

namespace flowstone::lock {

// "CPython 3.12.4 on linux x86_64, up to manylinux_2_36": the last part is the best platform tag.
std::string DescribeTarget(const pypi::Target& target);

}  // namespace flowstone::lock
