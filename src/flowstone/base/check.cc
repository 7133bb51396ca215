#include "flowstone/base/check.h"

#include <string>

namespace flowstone {

void ThrowInternalError(const char* expression, const char* file, int line) {
  throw InternalError(std::string("internal error: ") + expression + " does not hold at " + file +
                      ":" + std::to_string(line));
}

}  // namespace flowstone
