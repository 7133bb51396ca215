// FLOWSTONE_CHECK: states what must hold unless the program itself is wrong. It throws
// InternalError, which is caught in three places only: the command line's Main, the thread pool's
// task shell and the rpc loop. Never use it on input.
#pragma once

#include <stdexcept>
#include <string>

namespace flowstone {

class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void ThrowInternalError(const char* expression, const char* file, int line);

}  // namespace flowstone

#define FLOWSTONE_CHECK(expression)                                     \
  do {                                                                  \
    if (!(expression)) {                                                \
      ::flowstone::ThrowInternalError(#expression, __FILE__, __LINE__); \
    }                                                                   \
  } while (false)
