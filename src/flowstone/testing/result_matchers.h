// GoogleTest matchers for Result and Status: IsOk(), IsOkAndHolds(matcher), HasCode(code),
// HasMessage(matcher). A failed expectation prints the whole error.
#pragma once

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <ostream>

#include "flowstone/base/result.h"

namespace flowstone {

inline void PrintTo(const Error& error, std::ostream* out) {
  *out << ErrorCodeName(error.code) << ": " << error.ToString();
}

template <class T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  if (!result) {
    PrintTo(result.error(), out);
    return;
  }
  *out << "ok";
  if constexpr (!std::is_void_v<T>) {
    *out << ": " << ::testing::PrintToString(*result);
  }
}

namespace testing {

MATCHER(IsOk, negation ? "is an error" : "is ok") {
  return arg.has_value();
}

MATCHER_P(IsOkAndHolds, inner,
          "is ok and holds a value that " +
              ::testing::DescribeMatcher<typename std::decay_t<arg_type>::value_type>(inner,
                                                                                      negation)) {
  return arg.has_value() && ::testing::ExplainMatchResult(inner, *arg, result_listener);
}

MATCHER_P(HasCode, code, "is an error with code " + std::string(ErrorCodeName(code))) {
  return !arg.has_value() && arg.error().code == code;
}

MATCHER_P(HasMessage, inner,
          "is an error whose text " + ::testing::DescribeMatcher<std::string>(inner, negation)) {
  return !arg.has_value() &&
         ::testing::ExplainMatchResult(inner, arg.error().ToString(), result_listener);
}

}  // namespace testing
}  // namespace flowstone
