#include "flowstone/exec/frame_channel.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>

#include "flowstone/os/errno_error.h"

namespace flowstone::exec {
namespace {

constexpr std::size_t kReceiveSize = std::size_t{64} << 10U;

// Space for the ancillary data of one message.
struct alignas(cmsghdr) ControlBuffer {
  std::array<char, CMSG_SPACE(kMaxFrameDescriptors * sizeof(int))> bytes{};
};

void AttachDescriptors(msghdr& message, ControlBuffer& control,
                       const std::vector<os::UniqueFd>& descriptors) {
  std::array<int, kMaxFrameDescriptors> numbers{};
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    numbers[i] = descriptors[i].get();
  }
  const std::size_t size = descriptors.size() * sizeof(int);
  message.msg_control = control.bytes.data();
  message.msg_controllen = CMSG_SPACE(size);
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(size);
  std::memcpy(CMSG_DATA(header), numbers.data(), size);
}

void TakeDescriptors(msghdr& message, FrameDecoder& decoder) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      decoder.Append(os::UniqueFd(number));
    }
  }
}

}  // namespace

void FrameChannel::Send(OutgoingFrame frame) {
  FLOWSTONE_CHECK(frame.descriptors.size() <= kMaxFrameDescriptors);
  outgoing_.push_back({.bytes = EncodeFrame(frame.header, frame.payload),
                       .sent = 0,
                       .descriptors = std::move(frame.descriptors)});
  Flush();
}

void FrameChannel::Flush() {
  while (!outgoing_.empty() && SendSome(outgoing_.front())) {
    outgoing_.pop_front();
  }
}

bool FrameChannel::SendSome(Pending& pending) {
  while (pending.sent < pending.bytes.size()) {
    iovec piece{.iov_base = pending.bytes.data() + pending.sent,
                .iov_len = pending.bytes.size() - pending.sent};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    ControlBuffer control;
    if (!pending.descriptors.empty()) {
      AttachDescriptors(message, control, pending.descriptors);
    }
    const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      pending.sent += static_cast<std::size_t>(sent);
      pending.descriptors.clear();
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return false;
    } else if (errno != EINTR) {
      return true;  // the peer is gone: nobody reads this frame
    }
  }
  return true;
}

Result<ReceivedFrames> FrameChannel::Receive() {
  ReceivedFrames received;
  std::array<char, kReceiveSize> buffer;
  while (true) {
    iovec piece{.iov_base = buffer.data(), .iov_len = buffer.size()};
    ControlBuffer control;
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return received;
    }
    if (count <= 0) {
      received.peer = PeerState::kClosed;
      return received;
    }
    TakeDescriptors(message, decoder_);
    if ((static_cast<unsigned>(message.msg_flags) & MSG_CTRUNC) != 0) {
      return Error{.code = ErrorCode::kCorrupt, .message = "too many descriptors in one frame"};
    }
    decoder_.Append(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    while (true) {
      FLOWSTONE_LET(std::optional<Frame> frame, decoder_.Next());
      if (!frame) {
        break;
      }
      received.frames.push_back(*std::move(frame));
    }
  }
}

Result<std::pair<os::UniqueFd, os::UniqueFd>> MakeChannelPair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return os::ErrnoError(errno, "make a socket pair");
  }
  os::UniqueFd ours(ends[0]);
  os::UniqueFd theirs(ends[1]);
  if (::fcntl(ours.get(), F_SETFL, O_NONBLOCK) != 0) {
    return os::ErrnoError(errno, "make a socket non-blocking");
  }
  return std::pair(std::move(ours), std::move(theirs));
}

}  // namespace flowstone::exec
