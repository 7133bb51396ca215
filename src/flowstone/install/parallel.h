// ForEachInParallel: runs one function for many indices on a few threads that live as long as the
// call. ProcessorCount: how many threads are of use to what only computes.
#pragma once

#include <cstddef>
#include <functional>

#include "flowstone/base/result.h"

namespace flowstone::install {

// How many threads can work at one time; at least 1.
std::size_t ProcessorCount();

// Calls `work(i)` for every i in [0, count) on at most `threads` threads, lower indices first.
// After a failure no new index is started; the result is the failure with the lowest index among
// those that ran. `work` must be callable from several threads at once.
Status ForEachInParallel(std::size_t count, std::size_t threads,
                         const std::function<Status(std::size_t)>& work);

}  // namespace flowstone::install
