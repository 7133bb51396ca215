// TempDir: a directory with a new name, removed with everything in it when the owner goes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "flowstone/os/filesystem.h"

namespace flowstone::os {

class TempDir {
 public:
  // Makes "<parent>/<prefix><unique>", mode 0700. `parent` must exist; `fs` must outlive this.
  static Result<TempDir> Create(FileSystem& fs, const std::string& parent, std::string_view prefix);

  TempDir(TempDir&& other) noexcept
      : fs_(other.fs_), path_(std::exchange(other.path_, std::string())) {}
  TempDir& operator=(TempDir&& other) noexcept;
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  const std::string& path() const { return path_; }
  // Removes it now, so that a failure is seen.
  Status Remove();
  // Gives up ownership, for instance after renaming the directory to its final name.
  std::string Release() { return std::exchange(path_, std::string()); }

 private:
  TempDir(FileSystem& fs, std::string path) : fs_(&fs), path_(std::move(path)) {}

  FileSystem* fs_;
  std::string path_;  // empty when nothing is owned
};

// A name that no other process of this machine uses now and this process never used before:
// "<pid>-<start>-<counter>".
std::string UniqueName();

}  // namespace flowstone::os
