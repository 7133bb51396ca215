#include "flowstone/os/standard_streams.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace flowstone::os {
namespace {

struct Stream {
  int descriptor;
  int flags;
};

// In the order of their numbers: open(2) gives the lowest one that is free.
constexpr std::array<Stream, 3> kStreams = {{
    {STDIN_FILENO, O_RDONLY},
    {STDOUT_FILENO, O_RDONLY},
    {STDERR_FILENO, O_WRONLY},
}};

}  // namespace

void HoldStandardStreams() {
  for (const Stream& stream : kStreams) {
    const bool is_closed = fcntl(stream.descriptor, F_GETFD) < 0 && errno == EBADF;
    if (is_closed) {
      // Without a /dev/null there is nothing better than to go on.
      (void)open("/dev/null", stream.flags);
    }
  }
}

}  // namespace flowstone::os
