#include "flowstone/pypi/source_cursor.h"

#include <algorithm>

namespace flowstone::pypi {
namespace {

// Columns that UTF-8 text takes, counting code points.
std::size_t Columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

}  // namespace

void SourceCursor::SkipBlanks() {
  while (Peek() == ' ' || Peek() == '\t') {
    ++position_;
  }
}

bool SourceCursor::Take(char c) {
  if (at_end() || source_[position_] != c) {
    return false;
  }
  ++position_;
  return true;
}

bool SourceCursor::Take(std::string_view text) {
  if (!rest().starts_with(text)) {
    return false;
  }
  position_ += text.size();
  return true;
}

std::string_view SourceCursor::TakeUntil(std::string_view stops) {
  const std::size_t start = position_;
  position_ = std::min(source_.find_first_of(stops, position_), source_.size());
  return Since(start);
}

Error SourceCursor::ErrorFrom(std::size_t start, std::string message) const {
  std::string text = std::move(message);
  text += "\n    ";
  text += source_;
  text += "\n    ";
  text += std::string(Columns(source_.substr(0, start)), ' ');
  text += std::string(Columns(Since(start)), '~');
  text += '^';
  return Error{.code = ErrorCode::kInvalid, .message = std::move(text)};
}

}  // namespace flowstone::pypi
