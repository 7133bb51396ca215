// BackgroundSink: passes pieces of bytes on to a sink that works on another thread, in their order,
// so that who makes them and who takes them work at the same time. A few pieces are kept at most.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/result.h"

namespace flowstone::install {

class BackgroundSink {
 public:
  // `sink` is called on the other thread only.
  explicit BackgroundSink(archive::ByteSink sink);
  // What was not passed on yet is dropped, unless Finish was called.
  ~BackgroundSink();
  BackgroundSink(const BackgroundSink&) = delete;
  BackgroundSink& operator=(const BackgroundSink&) = delete;

  // Keeps a copy. Waits while too much is kept. Fails as soon as the sink failed.
  Status Put(std::string_view piece);
  // Waits until the sink has taken all; its first failure.
  Status Finish();

 private:
  static constexpr std::size_t kPieces = 4;

  void Run();
  // The next piece, or null when there is none any more.
  const std::string* Next();
  void Took(Status status);

  const archive::ByteSink sink_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Everything below is guarded by mutex_, but for the piece that one side is at work on.
  std::array<std::string, kPieces> pieces_;
  std::size_t put_ = 0;    // how many were put so far
  std::size_t taken_ = 0;  // and taken
  bool is_complete_ = false;
  bool is_dropped_ = false;
  Status status_ = Ok();
  std::thread thread_;
};

}  // namespace flowstone::install
