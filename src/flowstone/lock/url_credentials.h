// WithoutCredentials: a URL as it may be written into a lock, which is shared: whoever reads it has
// credentials of their own.
#pragma once

#include <string>
#include <string_view>

namespace flowstone::lock {

// Leaves user and password out; of ssh URLs ("git+ssh://git@host/…") only the password, because the
// user belongs to the address there. A text that is no URL stays as it is.
std::string WithoutCredentials(std::string_view url);

}  // namespace flowstone::lock
