// CacheFixture: a cache on the real disk for this module's tests, removed afterwards.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/install/testing/wheel_builder.h"
#include "flowstone/install/wheel_artifact.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"

namespace flowstone::install {

class CacheFixture : public ::testing::Test {
 protected:
  CacheFixture()
      : home_(*os::TempDir::Create(filesystem_, ::testing::TempDir(), "cache-")),
        layout_(home_.path() + "/home") {}

  // A file below the fixture's directory, outside the cache.
  std::string WriteFile(const std::string& name, const std::string& content,
                        std::uint32_t mode = 0644) {
    std::string path = home_.path() + "/" + name;
    FLOWSTONE_CHECK(os::ReplaceFile(filesystem_, path, content, mode).has_value());
    return path;
  }
  // The wheel as a lock names it, in a local file.
  WheelArtifact LocalWheel(const WheelBuilder& wheel) {
    return wheel.Artifact(WriteFile(wheel.FileName(), wheel.Build()));
  }
  // What is in the cache's directory for unfinished work.
  std::vector<os::DirectoryEntry> Unfinished() {
    Result<std::vector<os::DirectoryEntry>> entries =
        filesystem_.ListDirectory(layout_.temporary());
    return entries ? *std::move(entries) : std::vector<os::DirectoryEntry>();
  }

  os::PosixFileSystem filesystem_;
  os::TempDir home_;
  CacheLayout layout_;
};

}  // namespace flowstone::install
