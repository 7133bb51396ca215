#include "flowstone/install/background_sink.h"

#include <exception>
#include <utility>

namespace flowstone::install {

BackgroundSink::BackgroundSink(archive::ByteSink sink)
    : sink_(std::move(sink)), thread_([this] { Run(); }) {}

BackgroundSink::~BackgroundSink() {
  {
    const std::lock_guard lock(mutex_);
    is_dropped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

Status BackgroundSink::Put(std::string_view piece) {
  std::string* place = nullptr;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !status_ || put_ - taken_ < kPieces; });
    if (!status_) {
      return status_;
    }
    place = &pieces_.at(put_ % kPieces);
  }
  place->assign(piece);
  {
    const std::lock_guard lock(mutex_);
    ++put_;
  }
  changed_.notify_all();
  return Ok();
}

Status BackgroundSink::Finish() {
  {
    const std::lock_guard lock(mutex_);
    is_complete_ = true;
  }
  changed_.notify_all();
  thread_.join();
  return status_;
}

void BackgroundSink::Run() {
  while (const std::string* piece = Next()) {
    try {
      Took(sink_(*piece));
    } catch (const std::exception& bug) {
      Took(Error{.code = ErrorCode::kInternal, .message = bug.what()});
    }
  }
}

const std::string* BackgroundSink::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return put_ > taken_ || is_complete_ || is_dropped_ || !status_; });
  const bool has_piece = put_ > taken_ && !is_dropped_ && status_.has_value();
  return has_piece ? &pieces_.at(taken_ % kPieces) : nullptr;
}

void BackgroundSink::Took(Status status) {
  {
    const std::lock_guard lock(mutex_);
    ++taken_;
    if (!status) {
      status_ = std::move(status);
    }
  }
  changed_.notify_all();
}

}  // namespace flowstone::install
