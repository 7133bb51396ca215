#include "flowstone/base/leave_to_exit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace flowstone {
namespace {

TEST(LeaveToExit, WhatIsLeftIsNotDestroyed) {
  const auto held = std::make_shared<std::string>("much");
  std::shared_ptr<std::string> leaving = held;
  LeaveToExit(std::move(leaving));
  EXPECT_EQ(held.use_count(), 2);
}

}  // namespace
}  // namespace flowstone
