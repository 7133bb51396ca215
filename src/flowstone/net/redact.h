// RedactText: what may be printed of a text that somebody else wrote (an error of a library, a
// header, a configuration value) and that may hold a URL with credentials.
#pragma once

#include <string>
#include <string_view>

namespace flowstone::net {

// In every `scheme://…` of the text, `user:password@` becomes `user:****@`, `token@` becomes
// `****@`, and the values of query parameters that carry secrets (token, signature, password…)
// become `****`. Everything else stays byte for byte.
std::string RedactText(std::string_view text);

}  // namespace flowstone::net
