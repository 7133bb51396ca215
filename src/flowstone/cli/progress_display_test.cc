#include "flowstone/cli/progress_display.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "flowstone/os/fake_clock.h"

namespace flowstone::cli {
namespace {

class ProgressDisplayTest : public ::testing::Test {
 protected:
  ProgressDisplay Display(ProgressMode mode) {
    return {mode, TerminalStyle(), 80, clock_, [this](std::string_view text) { written_ += text; }};
  }

  os::FakeClock clock_;
  std::string written_;
};

TEST_F(ProgressDisplayTest, LinesSayWhatBeganAndWhatCameOfIt) {
  ProgressDisplay display = Display(ProgressMode::kLines);
  display.Start(Phase::kResolve, "step train", 0);
  display.Advance(Phase::kResolve, 1, "numpy 2.1.0");
  clock_.Advance(std::chrono::milliseconds(38));
  display.Finish(Phase::kResolve);
  EXPECT_EQ(written_, "Resolving step train...\nResolved 1 package in 38 ms (step train)\n");
}

TEST_F(ProgressDisplayTest, ReleasesThatWereOnlyLookedAtAreNotCounted) {
  ProgressDisplay display = Display(ProgressMode::kLines);
  display.Start(Phase::kResolve, "step train", 0);
  display.Advance(Phase::kResolve, 1, "numpy 2.1.0");
  display.Advance(Phase::kResolve, 1, "numpy 2.0.0");
  display.SetTotal(Phase::kResolve, 1);
  display.Finish(Phase::kResolve);
  EXPECT_EQ(written_, "Resolving step train...\nResolved 1 package in 0 ms (step train)\n");
}

TEST_F(ProgressDisplayTest, LabelIsNotRepeatedWhenItIsTheAmount) {
  ProgressDisplay display = Display(ProgressMode::kLines);
  display.Start(Phase::kInstall, "2 packages", 2);
  display.Advance(Phase::kInstall, 2, "");
  display.Finish(Phase::kInstall);
  EXPECT_EQ(written_, "Installing 2 packages...\nInstalled 2 packages in 0 ms\n");
}

TEST_F(ProgressDisplayTest, AbandonedPhaseClaimsNothing) {
  ProgressDisplay display = Display(ProgressMode::kLines);
  display.Start(Phase::kResolve, "step train", 0);
  display.Abandon(Phase::kResolve);
  EXPECT_EQ(written_, "Resolving step train...\n");
}

TEST_F(ProgressDisplayTest, AbandonedBarIsErased) {
  ProgressDisplay display = Display(ProgressMode::kBars);
  display.Start(Phase::kResolve, "step train", 0);
  written_.clear();
  display.Abandon(Phase::kResolve);
  EXPECT_EQ(written_, "\x1b[1F\x1b[J");
}

}  // namespace
}  // namespace flowstone::cli
