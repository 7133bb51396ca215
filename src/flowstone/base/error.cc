#include "flowstone/base/error.h"

#include <utility>

namespace flowstone {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kCorrupt:
      return "corrupt";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

Error&& Error::WithContext(std::string frame) && {
  context.push_back(std::move(frame));
  return std::move(*this);
}

Error&& Error::WithHint(std::string hint) && {
  hints.push_back(std::move(hint));
  return std::move(*this);
}

std::string Error::ToString() const {
  std::string text = message;
  for (const std::string& frame : context) {
    text += "\n  " + frame;
  }
  for (const std::string& hint : hints) {
    text += "\nhint: " + hint;
  }
  return text;
}

}  // namespace flowstone
