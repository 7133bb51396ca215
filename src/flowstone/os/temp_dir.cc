#include "flowstone/os/temp_dir.h"

#include <atomic>
#include <cstdint>
#include <unistd.h>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"
#include "flowstone/os/system_clock.h"

namespace flowstone::os {
namespace {

// Distinguishes this process from an earlier one with the same number.
std::int64_t ProcessStart() {
  static const std::int64_t start = SystemClock().NowNs();
  return start;
}

}  // namespace

std::string UniqueName() {
  static std::atomic<std::uint64_t> counter{0};
  return std::to_string(::getpid()) + "-" + std::to_string(ProcessStart() / 1000) + "-" +
         std::to_string(++counter);
}

Result<TempDir> TempDir::Create(FileSystem& fs, const std::string& parent,
                                std::string_view prefix) {
  std::string path = JoinPath(parent, std::string(prefix) + UniqueName());
  FLOWSTONE_TRY(fs.MakeDirectory(path, 0700));
  return TempDir(fs, std::move(path));
}

TempDir& TempDir::operator=(TempDir&& other) noexcept {
  if (this != &other) {
    (void)Remove();  // as in the destructor
    fs_ = other.fs_;
    path_ = other.Release();
  }
  return *this;
}

TempDir::~TempDir() {
  // Nobody is left to tell; what stays is in a temporary place.
  (void)Remove();
}

Status TempDir::Remove() {
  if (path_.empty()) {
    return Ok();
  }
  return RemoveTree(*fs_, Release());
}

}  // namespace flowstone::os
