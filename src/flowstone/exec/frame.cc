#include "flowstone/exec/frame.h"

#include <utility>

namespace flowstone::exec {
namespace {

void AppendLittleEndian(std::string& bytes, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
  }
}

std::uint64_t ReadLittleEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

Error Broken(std::string message) {
  return Error{.code = ErrorCode::kCorrupt, .message = std::move(message)};
}

}  // namespace

std::string EncodeFrame(std::string_view header, std::string_view payload) {
  std::string bytes;
  bytes.reserve(kFramePrefixSize + header.size() + payload.size());
  AppendLittleEndian(bytes, header.size(), 4);
  AppendLittleEndian(bytes, payload.size(), 8);
  bytes.append(header);
  bytes.append(payload);
  return bytes;
}

Result<std::optional<Frame>> FrameDecoder::Next() {
  const std::string_view waiting = std::string_view(buffer_).substr(consumed_);
  if (waiting.size() < kFramePrefixSize) {
    return std::optional<Frame>();
  }
  const std::uint64_t header_size = ReadLittleEndian(waiting.substr(0, 4));
  const std::uint64_t payload_size = ReadLittleEndian(waiting.substr(4, 8));
  if (header_size > kMaxFrameHeader || payload_size > kMaxFramePayload) {
    return Broken("a frame of " + std::to_string(header_size) + " + " +
                  std::to_string(payload_size) + " bytes is over the limit");
  }
  if (waiting.size() - kFramePrefixSize < header_size + payload_size) {
    return std::optional<Frame>();
  }
  FLOWSTONE_LET(flow::JsonDocument header,
                flow::JsonDocument::Parse(waiting.substr(kFramePrefixSize, header_size),
                                          "header of a frame"));
  FLOWSTONE_LET(std::string type, header.root().Text("type"));
  std::uint64_t count = 0;
  if (!header.root().IsNull("descriptors")) {
    FLOWSTONE_LET(count, header.root().Unsigned("descriptors"));
  }
  if (count > kMaxFrameDescriptors || count > descriptors_.size()) {
    return Broken("a frame of type '" + type + "' announces " + std::to_string(count) +
                  " descriptors that did not come");
  }
  Frame frame{.type = std::move(type),
              .header = std::move(header),
              .payload = std::string(waiting.substr(kFramePrefixSize + header_size, payload_size)),
              .descriptors = {}};
  for (; count > 0; --count) {
    frame.descriptors.push_back(std::move(descriptors_.front()));
    descriptors_.pop_front();
  }
  consumed_ += kFramePrefixSize + header_size + payload_size;
  if (consumed_ == buffer_.size() || consumed_ > kMaxInlineContent) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  return std::optional<Frame>(std::move(frame));
}

}  // namespace flowstone::exec
