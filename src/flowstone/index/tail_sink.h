// TailSink: takes the answer to a request for the end of a file. A server that ignores the range
// sends the whole file instead: that is welcome when it is small, and broken off when it is not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "flowstone/net/transport.h"

namespace flowstone::index {

class TailSink final : public net::BodySink {
 public:
  explicit TailSink(std::size_t largest) : largest_(largest) {}

  Status Start(int /*status*/, const net::Headers& /*headers*/) override {
    bytes_.clear();
    return Ok();
  }
  Status Write(std::string_view bytes) override {
    if (bytes_.size() + bytes.size() > largest_) {
      broken_off_ = true;
      return Error{.code = ErrorCode::kCancelled, .message = "the answer is longer than wanted"};
    }
    bytes_.append(bytes);
    return Ok();
  }

  // Whether the transfer ended because the answer was too long.
  bool broken_off() const { return broken_off_; }
  std::string& bytes() { return bytes_; }

 private:
  const std::size_t largest_;
  std::string bytes_;
  bool broken_off_ = false;
};

}  // namespace flowstone::index
