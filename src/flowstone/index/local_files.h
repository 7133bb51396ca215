// Distributions on this machine's disk: directories of them, and their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/result.h"
#include "flowstone/index/project_page.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::index {

// The distributions that lie in a directory (not below), by name. kNotFound when there is no such
// directory.
Result<std::vector<IndexFile>> ListDistributions(os::FileSystem& files,
                                                 const std::string& directory);

// One file on disk as an IndexFile.
Result<IndexFile> DescribeDistribution(os::FileSystem& files, const std::string& path);

// The bytes of an open file, for readers of archives.
class FileByteSource final : public archive::ByteSource {
 public:
  explicit FileByteSource(std::unique_ptr<os::InputFile> file) : file_(std::move(file)) {}
  Result<std::uint64_t> Size() override { return file_->Size(); }
  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override {
    return file_->ReadAt(offset, length);
  }

 private:
  std::unique_ptr<os::InputFile> file_;
};

}  // namespace flowstone::index
