// UniqueFd: owns a file descriptor and closes it. Also the two loops that read(2) and write(2)
// need.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "flowstone/base/result.h"

namespace flowstone::os {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = other.Release();
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // The descriptor, which the caller now owns.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

// Writes all bytes, through EINTR and short writes. `name` is for the error.
Status WriteAll(int fd, std::string_view bytes, std::string_view name);
// Reads to the end of the file, through EINTR.
Result<std::string> ReadToEnd(int fd, std::string_view name);

// Both ends of a pipe(2), closed on exec.
struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Result<Pipe> MakePipe();

}  // namespace flowstone::os
