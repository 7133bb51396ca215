// Frames of the worker protocol (docs/formats/worker-protocol.md): a JSON header, an optional
// payload, and descriptors that travel beside the bytes. FrameDecoder takes bytes and descriptors
// as they arrive and gives whole frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/flow/json_object.h"
#include "flowstone/os/file_descriptor.h"

namespace flowstone::exec {

inline constexpr std::size_t kFramePrefixSize = 12;
inline constexpr std::uint64_t kMaxFrameHeader = std::uint64_t{64} << 20U;
inline constexpr std::uint64_t kMaxFramePayload = std::uint64_t{64} << 20U;
inline constexpr std::size_t kMaxFrameDescriptors = 16;
// Content over this size travels as a descriptor.
inline constexpr std::uint64_t kMaxInlineContent = std::uint64_t{256} << 10U;

// A frame to send. `header` is a JSON object that says how many descriptors there are.
struct OutgoingFrame {
  std::string header = {};
  std::string payload = {};
  std::vector<os::UniqueFd> descriptors = {};
};

// The bytes of a frame.
std::string EncodeFrame(std::string_view header, std::string_view payload);

// A frame that has arrived.
struct Frame {
  std::string type;
  flow::JsonDocument header;
  std::string payload;
  std::vector<os::UniqueFd> descriptors;
};

class FrameDecoder {
 public:
  void Append(std::string_view bytes) { buffer_.append(bytes); }
  // Descriptors arrive with the first byte of their frame, so before the frame is whole.
  void Append(os::UniqueFd descriptor) { descriptors_.push_back(std::move(descriptor)); }
  // The next whole frame; nothing when more bytes are needed. kCorrupt when the peer breaks the
  // protocol, after which the decoder is of no use.
  Result<std::optional<Frame>> Next();

 private:
  std::string buffer_;
  std::size_t consumed_ = 0;  // bytes of buffer_ that are done with
  std::deque<os::UniqueFd> descriptors_;
};

}  // namespace flowstone::exec
