// FrameChannel: frames over a Unix stream socket, without blocking. What the socket does not take
// at once waits in a queue until Flush; the owner watches the descriptor for writing meanwhile.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/exec/frame.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::exec {

enum class PeerState : std::uint8_t { kOpen, kClosed };

struct ReceivedFrames {
  std::vector<Frame> frames;
  PeerState peer = PeerState::kOpen;
};

class FrameChannel {
 public:
  // `socket` is connected and non-blocking.
  explicit FrameChannel(os::UniqueFd socket) : socket_(std::move(socket)) {}

  int fd() const { return socket_.get(); }
  // Queues and sends as much as the socket takes. A peer that is gone is no error: Receive says so.
  void Send(OutgoingFrame frame);
  void Flush();
  bool wants_write() const { return !outgoing_.empty(); }
  // All whole frames that have arrived. kCorrupt when the peer breaks the protocol.
  Result<ReceivedFrames> Receive();

 private:
  struct Pending {
    std::string bytes;
    std::size_t sent = 0;
    std::vector<os::UniqueFd> descriptors;  // go with the first byte
  };
  // Whether the socket took all of `pending`.
  bool SendSome(Pending& pending);

  os::UniqueFd socket_;
  std::deque<Pending> outgoing_;
  FrameDecoder decoder_;
};

// A connected pair: `first` is non-blocking, for this process; `second` blocks, for the peer. Both
// are closed on exec.
Result<std::pair<os::UniqueFd, os::UniqueFd>> MakeChannelPair();

}  // namespace flowstone::exec
