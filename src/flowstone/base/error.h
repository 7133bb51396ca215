// Failure as a value.
//
// An Error says what the caller can do (`code`), what happened in one sentence (`message`), where
// it happened (`context`, innermost first) and what the user can do about it (`hints`). Result<T>
// carries either a T or an Error. Exceptions are kept for bugs (see check.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone {

// What the caller can do about a failure.
enum class ErrorCode : std::uint8_t {
  kInvalid,      // the input is wrong: fix it
  kNotFound,     // the named thing does not exist
  kConflict,     // the wishes contradict each other, or the thing exists already
  kUnavailable,  // a service did not answer: try again later
  kDenied,       // credentials or permissions are missing
  kIo,           // the operating system refused: disk full, bad device, too many files
  kCorrupt,      // bytes do not match their digest or their format
  kCancelled,    // the user or a deadline stopped the work
  kInternal,     // our bug
};

// Stable lower-case name of a code, such as "not-found"; used in JSON output and in tests.
std::string_view ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;                    // one sentence, lower case, no period
  std::vector<std::string> context = {};  // "while installing numpy 2.1.0", innermost first
  std::vector<std::string> hints = {};    // printed as `hint: …`

  Error&& WithContext(std::string frame) &&;
  Error&& WithHint(std::string hint) &&;

  // The message, its context frames and its hints, one per line, without a trailing newline.
  std::string ToString() const;
};

}  // namespace flowstone
