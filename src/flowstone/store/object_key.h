// Object keys: the grammar that every ObjectStore enforces, and the way from any text (a flow named
// in Greek, a run id from another scheduler) to one component of a key and back.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/digest.h"
#include "flowstone/base/result.h"

namespace flowstone::store {

// kInvalid, naming the key, when it is none.
Status ValidateKey(std::string_view key);

// One component that stands for `text`: letters, digits, "_", "-", "+" and "." as they are (but for
// a first "."), any other byte as "=" and two upper-case hexadecimal digits. `text` is not empty.
std::string KeyComponent(std::string_view text);
// The inverse; kInvalid when `component` is not what KeyComponent returns.
Result<std::string> TextOfKeyComponent(std::string_view component);

// The key of content: "<family>/<first two digits>/<sha256>".
std::string ContentKey(std::string_view family, const Digest& digest);

}  // namespace flowstone::store
