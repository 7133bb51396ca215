#include "flowstone/install/background_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;

// Puts pieces until one is refused.
Status PutMany(BackgroundSink& sink) {
  for (int i = 0; i < 1000; ++i) {
    FLOWSTONE_TRY(sink.Put("piece"));
  }
  return Ok();
}

TEST(BackgroundSink, PassesAllPiecesOnInTheirOrder) {
  std::string expected;
  std::string passed;
  BackgroundSink sink(archive::AppendTo(passed));
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    ASSERT_THAT(sink.Put(piece), IsOk());
    expected += piece;
  }
  ASSERT_THAT(sink.Finish(), IsOk());
  EXPECT_EQ(passed, expected);
}

TEST(BackgroundSink, TakesNoPieceAfterAFailure) {
  int calls = 0;
  BackgroundSink sink([&](std::string_view) -> Status {
    ++calls;
    return Error{.code = ErrorCode::kIo, .message = "the disk is full"};
  });
  EXPECT_THAT(PutMany(sink), HasCode(ErrorCode::kIo));
  EXPECT_THAT(sink.Finish(), HasMessage("the disk is full"));
  EXPECT_EQ(calls, 1);
}

TEST(BackgroundSink, MakesAnErrorOfABug) {
  BackgroundSink sink([](std::string_view) -> Status { throw std::runtime_error("a bug"); });
  EXPECT_THAT(PutMany(sink), HasCode(ErrorCode::kInternal));
  EXPECT_THAT(sink.Finish(), HasMessage("a bug"));
}

TEST(BackgroundSink, EndsWhenItIsGivenUp) {
  std::string passed;
  {
    BackgroundSink sink(archive::AppendTo(passed));
    ASSERT_THAT(sink.Put("piece"), IsOk());
  }
  EXPECT_TRUE(passed.empty() || passed == "piece");
}

}  // namespace
}  // namespace flowstone::install
