// Result<T>: a T or an Error, never neither, never both. Names follow std::expected, so that it can
// be replaced once the compilers we support have one that warns when it is dropped.
//
//   Result<Digest> Hash(std::string_view path);
//   FLOWSTONE_LET(const Digest digest, Hash(path));   // returns the Error to our caller
//   FLOWSTONE_TRY(Publish(digest));                   // the same for Status
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "flowstone/base/check.h"
#include "flowstone/base/error.h"

namespace flowstone {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  // NOLINTNEXTLINE(google-explicit-constructor): `return value;` is the point of the type.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): `return Error{…};` is the point of the type.
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value().
  T& value() & {
    FLOWSTONE_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    FLOWSTONE_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    FLOWSTONE_CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !has_value().
  Error& error() {
    FLOWSTONE_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const {
    FLOWSTONE_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `return Error{…};` is the point of the type.
  Result(Error error) : error_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return error_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: !has_value().
  Error& error() {
    FLOWSTONE_CHECK(!has_value());
    return *std::get_if<1>(&error_);
  }
  const Error& error() const {
    FLOWSTONE_CHECK(!has_value());
    return *std::get_if<1>(&error_);
  }

 private:
  std::variant<std::monostate, Error> error_;
};

using Status = Result<void>;

inline Status Ok() {
  return {};
}

// Adds a context frame to the failure of `result`, if it failed.
template <class T>
Result<T> Annotate(Result<T> result, std::string frame) {
  if (!result) {
    result.error().context.push_back(std::move(frame));
  }
  return result;
}

}  // namespace flowstone

#define FLOWSTONE_CONCAT_INNER(a, b) a##b
#define FLOWSTONE_CONCAT(a, b) FLOWSTONE_CONCAT_INNER(a, b)

// Evaluates a Status or Result and returns its Error from the enclosing function when it failed.
#define FLOWSTONE_TRY(expression)                                   \
  do {                                                              \
    if (auto flowstone_try_ = (expression); !flowstone_try_) {      \
      return ::flowstone::Error(std::move(flowstone_try_.error())); \
    }                                                               \
  } while (false)

#define FLOWSTONE_LET_INNER(declaration, expression, name) \
  auto name = (expression);                                \
  if (!name) {                                             \
    return ::flowstone::Error(std::move(name.error()));    \
  }                                                        \
  declaration = *std::move(name)

// Declares a variable from a Result, or returns its Error from the enclosing function.
#define FLOWSTONE_LET(declaration, expression) \
  FLOWSTONE_LET_INNER(declaration, expression, FLOWSTONE_CONCAT(flowstone_let_, __LINE__))
