// LeaveToExit: for what a process has built and needs no more when it is about to end. Taking a
// hundred thousand small objects apart just then costs time and gives nothing back that the end of
// the process does not. Only for values whose destruction nobody would notice: memory, no files.
#pragma once

#include <memory>
#include <utility>

namespace flowstone {

namespace internal {
// Keeps the address where a leak checker finds it. Thread-safe.
void KeepUntilExit(const void* value);
}  // namespace internal

template <class Value>
void LeaveToExit(Value value) {
  internal::KeepUntilExit(std::make_unique<Value>(std::move(value)).release());
}

}  // namespace flowstone
