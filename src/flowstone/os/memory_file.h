// MemoryFile: a file without a name, to hand large data to another process by descriptor. In memory
// where the kernel can (memfd_create), else an unlinked file in the temporary directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/mapped_file.h"

namespace flowstone::os {

class MemoryFile {
 public:
  // `name` shows in /proc and in errors only.
  static Result<MemoryFile> Create(std::string name);

  int fd() const { return fd_.get(); }
  Result<std::uint64_t> Size() const;
  Status Append(std::string_view bytes);
  Result<MappedFile> Map() const;
  // The descriptor, which the caller now owns.
  UniqueFd Take() && { return std::move(fd_); }

 private:
  MemoryFile(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}

  UniqueFd fd_;
  std::string name_;
};

}  // namespace flowstone::os
