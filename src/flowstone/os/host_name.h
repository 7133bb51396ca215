// Who this process is: for records, never for identities.
#pragma once

#include <cstdint>
#include <string>

namespace flowstone::os {

// As gethostname(2) has it; "unknown" when it does not.
std::string HostName();
std::int64_t ProcessId();

}  // namespace flowstone::os
