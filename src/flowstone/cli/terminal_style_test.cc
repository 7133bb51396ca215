#include "flowstone/cli/terminal_style.h"

#include <gtest/gtest.h>

namespace flowstone::cli {
namespace {

TEST(TerminalStyle, ColoursOnlyTerminalsUnlessTold) {
  EXPECT_TRUE(TerminalStyle::Choose(ColorChoice::kAuto, true, "", "", "xterm").enabled());
  EXPECT_FALSE(TerminalStyle::Choose(ColorChoice::kAuto, false, "", "", "xterm").enabled());
  EXPECT_FALSE(TerminalStyle::Choose(ColorChoice::kAuto, true, "", "", "dumb").enabled());
  EXPECT_FALSE(TerminalStyle::Choose(ColorChoice::kAuto, true, "1", "", "xterm").enabled());
  EXPECT_TRUE(TerminalStyle::Choose(ColorChoice::kAuto, false, "", "1", "xterm").enabled());
  EXPECT_TRUE(TerminalStyle::Choose(ColorChoice::kAlways, false, "1", "", "").enabled());
  EXPECT_FALSE(TerminalStyle::Choose(ColorChoice::kNever, true, "", "1", "xterm").enabled());
}

TEST(TerminalStyle, PlainTextStaysAsItIs) {
  EXPECT_EQ(TerminalStyle().Red("text"), "text");
}

TEST(DisplayWidth, CountsCodePoints) {
  EXPECT_EQ(DisplayWidth("Größe"), 5U);
}

TEST(FoldText, BreaksAtSpacesAndIndents) {
  EXPECT_EQ(FoldText("one two three four", 12, 2), "one two\n  three four");
  EXPECT_EQ(FoldText("incomprehensibilities", 5, 0), "incomprehensibilities");
}

}  // namespace
}  // namespace flowstone::cli
