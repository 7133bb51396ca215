// toml++, with its assertions made errors. Everybody includes it by this header.
//
// The parser asserts what some malformed texts ("[.a]") break. By default that ends the program,
// and with NDEBUG the compiler takes the assertion for granted. Here it is a toml::parse_error
// without a line.
#pragma once

namespace flowstone::lock {

[[noreturn]] void ThrowTomlError();

}  // namespace flowstone::lock

#pragma push_macro("NDEBUG")
#undef NDEBUG
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : ::flowstone::lock::ThrowTomlError())
#include <toml++/toml.h>  // IWYU pragma: export
#pragma pop_macro("NDEBUG")
