// Where archives read from and write to: bytes at offsets (ByteSource), bytes in order
// (ByteStream), and a function that takes bytes (ByteSink). Adapters to files and to HTTP ranges
// belong to the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::archive {

// Bytes at offsets. Not thread-safe unless the implementation says so.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual Result<std::uint64_t> Size() = 0;
  // Up to `length` bytes from `offset`; fewer only at the end.
  virtual Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) = 0;
  // All bytes when they are in memory anyway (a mapped file), which saves copies.
  virtual std::optional<std::string_view> Contents() const { return std::nullopt; }
};

// Bytes that are in memory; they are borrowed and must outlive this. Thread-safe.
class MemoryByteSource final : public ByteSource {
 public:
  explicit MemoryByteSource(std::string_view bytes) : bytes_(bytes) {}
  Result<std::uint64_t> Size() override;
  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override;
  std::optional<std::string_view> Contents() const override { return bytes_; }

 private:
  std::string_view bytes_;
};

// Bytes in order. Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Fills the front of `buffer` and returns how much; 0 only at the end.
  virtual Result<std::size_t> Read(std::span<char> buffer) = 0;
};

// The bytes of a source from its start to its end. The source is borrowed.
class SourceStream final : public ByteStream {
 public:
  explicit SourceStream(ByteSource& source) : source_(source) {}
  Result<std::size_t> Read(std::span<char> buffer) override;

 private:
  ByteSource& source_;
  std::uint64_t offset_ = 0;
};

using ByteSink = std::function<Status(std::string_view)>;

// A sink that appends to `text`, which must outlive it.
ByteSink AppendTo(std::string& text);

}  // namespace flowstone::archive
