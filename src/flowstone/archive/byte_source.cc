#include "flowstone/archive/byte_source.h"

#include <algorithm>

namespace flowstone::archive {

Result<std::uint64_t> MemoryByteSource::Size() {
  return std::uint64_t{bytes_.size()};
}

Result<std::string> MemoryByteSource::ReadAt(std::uint64_t offset, std::size_t length) {
  if (offset >= bytes_.size()) {
    return std::string();
  }
  return std::string(bytes_.substr(static_cast<std::size_t>(offset), length));
}

Result<std::size_t> SourceStream::Read(std::span<char> buffer) {
  FLOWSTONE_LET(const std::string piece, source_.ReadAt(offset_, buffer.size()));
  std::copy(piece.begin(), piece.end(), buffer.begin());
  offset_ += piece.size();
  return piece.size();
}

ByteSink AppendTo(std::string& text) {
  return [&text](std::string_view piece) -> Status {
    text += piece;
    return Ok();
  };
}

}  // namespace flowstone::archive
