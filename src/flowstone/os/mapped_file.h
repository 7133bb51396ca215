// MappedFile: the bytes of a file in memory, read-only, by mmap(2). The file must not shrink while
// it is mapped. The mapping outlives the descriptor it was made from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/base/result.h"

namespace flowstone::os {

class MappedFile {
 public:
  static Result<MappedFile> MapPath(const std::string& path);
  // `name` is for errors.
  static Result<MappedFile> MapFd(int fd, const std::string& name);

  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile(const char* data, std::size_t size) : data_(data), size_(size) {}

  const char* data_ = nullptr;  // null for an empty file
  std::size_t size_ = 0;
};

}  // namespace flowstone::os
