// Golden files: the bytes of a format, kept in tests/golden, so that a change of what outlives the
// process is seen in review.
//
//   ExpectGolden("store/run.json", record.ToJson());
//
// FLOWSTONE_UPDATE_GOLDEN=1 writes the file instead of comparing.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::testing {

inline std::string GoldenPath(std::string_view name) {
  return os::JoinPath(FLOWSTONE_SOURCE_DIR "/tests/golden", name);
}

// The bytes of a golden file, to be read back.
inline std::string ReadGolden(std::string_view name) {
  os::PosixFileSystem files;
  const Result<std::string> bytes = files.ReadFile(GoldenPath(name));
  EXPECT_THAT(bytes, IsOk());
  return bytes ? *bytes : std::string();
}

inline void ExpectGolden(std::string_view name, std::string_view bytes) {
  os::PosixFileSystem files;
  const std::string path = GoldenPath(name);
  if (std::getenv("FLOWSTONE_UPDATE_GOLDEN") != nullptr) {
    ASSERT_THAT(os::MakeDirectories(files, os::DirName(path)), IsOk());
    ASSERT_THAT(os::ReplaceFile(files, path, bytes), IsOk());
    return;
  }
  EXPECT_EQ(ReadGolden(name), bytes) << "in " << path;
}

}  // namespace flowstone::testing
