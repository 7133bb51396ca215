#include "flowstone/exec/output_capture.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "flowstone/os/errno_error.h"

namespace flowstone::exec {
namespace {

// The kernel's capacity of a pipe.
constexpr std::size_t kPipeCapacity = std::size_t{64} << 10U;

}  // namespace

Result<std::pair<OutputCapture, os::UniqueFd>> OutputCapture::Create() {
  FLOWSTONE_LET(os::Pipe pipe, os::MakePipe());
  if (::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) {
    return os::ErrnoError(errno, "make a pipe non-blocking");
  }
  return std::pair(OutputCapture(std::move(pipe.read)), std::move(pipe.write));
}

std::string OutputCapture::Read() {
  std::array<char, kPipeCapacity> buffer;
  while (pipe_) {
    const ssize_t count = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (count > 0) {
      return lines_.Append(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    }
    if (count < 0 && errno == EINTR) {
      continue;
    }
    at_end_ = count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    break;
  }
  return {};
}

std::string OutputCapture::Finish() {
  pipe_.Reset();
  return lines_.Finish();
}

}  // namespace flowstone::exec
