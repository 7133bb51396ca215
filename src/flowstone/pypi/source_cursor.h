// SourceCursor: a place in a short text that is being parsed, and the errors that point at it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "flowstone/base/error.h"

namespace flowstone::pypi {

class SourceCursor {
 public:
  // `source` outlives the cursor.
  explicit SourceCursor(std::string_view source) : source_(source) {}

  bool at_end() const { return position_ == source_.size(); }
  std::size_t position() const { return position_; }
  std::string_view rest() const { return source_.substr(position_); }
  // What was read since `start`.
  std::string_view Since(std::size_t start) const {
    return source_.substr(start, position_ - start);
  }
  // NUL at the end.
  char Peek() const { return at_end() ? '\0' : source_[position_]; }

  void Advance(std::size_t count) { position_ += count; }
  // Spaces and tabs: the white space of PEP 508.
  void SkipBlanks();
  bool Take(char c);
  bool Take(std::string_view text);
  // Up to the first of `stops`, or to the end.
  std::string_view TakeUntil(std::string_view stops);

  // kInvalid: the message, the source and a line that underlines it from `start` to the cursor.
  Error ErrorFrom(std::size_t start, std::string message) const;
  Error ErrorHere(std::string message) const { return ErrorFrom(position_, std::move(message)); }

 private:
  std::string_view source_;
  std::size_t position_ = 0;
};

}  // namespace flowstone::pypi
