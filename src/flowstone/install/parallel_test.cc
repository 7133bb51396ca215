#include "flowstone/install/parallel.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using testing::IsOk;

TEST(ForEachInParallel, VisitsEveryIndexOnce) {
  std::vector<std::atomic<int>> visits(1000);
  EXPECT_THAT(ForEachInParallel(visits.size(), 4,
                                [&](std::size_t i) {
                                  ++visits[i];
                                  return Ok();
                                }),
              IsOk());
  for (const std::atomic<int>& visit : visits) {
    EXPECT_EQ(visit, 1);
  }
}

TEST(ForEachInParallel, NothingToDoIsOk) {
  EXPECT_THAT(ForEachInParallel(0, 4, [](std::size_t) { return Ok(); }), IsOk());
}

TEST(ForEachInParallel, StopsAfterAFailure) {
  std::size_t last = 0;
  const Status result = ForEachInParallel(10, 1, [&](std::size_t i) -> Status {
    last = i;
    if (i == 3) {
      return Error{.code = ErrorCode::kIo, .message = "three"};
    }
    return Ok();
  });
  EXPECT_THAT(result, HasCode(ErrorCode::kIo));
  EXPECT_EQ(last, 3U);
}

TEST(ForEachInParallel, AnExceptionBecomesAnInternalError) {
  EXPECT_THAT(
      ForEachInParallel(2, 2, [](std::size_t) -> Status { throw std::runtime_error("a bug"); }),
      HasCode(ErrorCode::kInternal));
}

}  // namespace
}  // namespace flowstone::install
