#include "flowstone/app/parameter_check.h"

#include <gtest/gtest.h>

#include <string>

#include "flowstone/flow/description.h"

namespace flowstone::app {
namespace {

bool Accepts(flow::ParameterKind kind, const std::string& value) {
  flow::FlowDescription flow;
  flow.parameters.push_back({.name = "size", .kind = kind});
  return CheckParameters(flow, {{"size", value}}).has_value();
}

// What CPython's int() accepts.
TEST(CheckParameters, IntegersAreThoseOfPython) {
  for (const char* text : {"1", " 12 ", "+3", "-4", "1_000", "0", "007"}) {
    EXPECT_TRUE(Accepts(flow::ParameterKind::kInteger, text)) << text;
  }
  for (const char* text :
       {"1__0", "_1", "1_", "+-1", "--1", "", "+", " ", "1.0", "0x1", "1e3", "12a"}) {
    EXPECT_FALSE(Accepts(flow::ParameterKind::kInteger, text)) << text;
  }
}

// What CPython's float() accepts.
TEST(CheckParameters, NumbersAreThoseOfPython) {
  for (const char* text : {"1", "1.", "1.5", ".5", "-.5e-3", "1_0.2_5", "1E+05", " 2 ", "inf",
                           "-Infinity", "NaN", "+nan", "1e1_0"}) {
    EXPECT_TRUE(Accepts(flow::ParameterKind::kFloat, text)) << text;
  }
  for (const char* text :
       {"1._5", "1_.5", "1e", ".", "e5", "", "+-1", "0x1p3", "1e5.0", "infinit", "1 2"}) {
    EXPECT_FALSE(Accepts(flow::ParameterKind::kFloat, text)) << text;
  }
}

}  // namespace
}  // namespace flowstone::app
