// LineBuffer: cuts a stream of raw bytes into whole lines. Bytes are passed on as they are, UTF-8
// or not; a line over the limit is passed on in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace flowstone::exec {

class LineBuffer {
 public:
  static constexpr std::size_t kMaxLine = std::size_t{64} << 10U;

  // The whole lines that `bytes` completes, with their newlines; may be empty.
  std::string Append(std::string_view bytes);
  // What is left: a last line without its newline; may be empty.
  std::string Finish() { return std::exchange(partial_, {}); }

 private:
  std::string partial_;
};

}  // namespace flowstone::exec
