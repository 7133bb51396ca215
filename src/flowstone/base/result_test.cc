#include "flowstone/base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone {
namespace {

using testing::HasCode;
using testing::HasMessage;
using testing::IsOk;
using testing::IsOkAndHolds;

Result<int> Half(int number) {
  if (number % 2 != 0) {
    return Error{.code = ErrorCode::kInvalid, .message = std::to_string(number) + " is odd"};
  }
  return number / 2;
}

Result<int> Quarter(int number) {
  FLOWSTONE_LET(const int half, Half(number));
  return Annotate(Half(half), "while halving the half of " + std::to_string(number));
}

Status CheckDivisible(int number) {
  FLOWSTONE_TRY(Quarter(number));
  return Ok();
}

TEST(Result, LetDeclaresTheValue) {
  EXPECT_THAT(Quarter(8), IsOkAndHolds(2));
}

TEST(Result, TryReturnsTheErrorOfTheCallee) {
  EXPECT_THAT(CheckDivisible(8), IsOk());
  EXPECT_THAT(CheckDivisible(7), HasCode(ErrorCode::kInvalid));
}

TEST(Result, AnnotateAddsWhereItHappened) {
  EXPECT_THAT(Quarter(6), HasMessage(std::string("3 is odd\n  while halving the half of 6")));
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  EXPECT_EQ(*std::move(result).value(), 3);
}

TEST(Result, ValueOfAnErrorIsABug) {
  EXPECT_THROW(Half(1).value(), InternalError);
}

TEST(Error, PrintsHintsAfterContext) {
  Error error{.code = ErrorCode::kNotFound, .message = "no lock", .context = {"while syncing"}};
  error.hints.emplace_back("run `flowstone lock`");
  EXPECT_EQ(error.ToString(), "no lock\n  while syncing\nhint: run `flowstone lock`");
}

}  // namespace
}  // namespace flowstone
