#include "flowstone/os/host_name.h"

#include <array>
#include <unistd.h>

namespace flowstone::os {

std::string HostName() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) {
    return "unknown";
  }
  return name.data();
}

std::int64_t ProcessId() {
  return getpid();
}

}  // namespace flowstone::os
