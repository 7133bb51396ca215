#include "flowstone/base/leave_to_exit.h"

#include <mutex>
#include <vector>

namespace flowstone::internal {

void KeepUntilExit(const void* value) {
  static std::mutex mutex;
  static auto* const kept = new std::vector<const void*>();  // never destroyed, as what is in it
  const std::lock_guard lock(mutex);
  kept->push_back(value);
}

}  // namespace flowstone::internal
