// InputFileSource: an open file as the ByteSource that archives are read from. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "flowstone/archive/byte_source.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::install {

class InputFileSource final : public archive::ByteSource {
 public:
  explicit InputFileSource(std::unique_ptr<os::InputFile> file) : file_(std::move(file)) {}

  Result<std::uint64_t> Size() override { return file_->Size(); }
  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override {
    return file_->ReadAt(offset, length);
  }

 private:
  std::unique_ptr<os::InputFile> file_;
};

}  // namespace flowstone::install
