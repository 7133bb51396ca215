#include "flowstone/cli/variable_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const CommandSpec& Root() {
  static const CommandSpec root{
      .name = "tool",
      .summary = "does things",
      .options = {"color"},
      .commands = {{.name = "lock",
                    .summary = "locks",
                    .options = {"resolution", "pre", "prerelease", "constraint", "exclude-newer"}},
                   {.name = "show", .summary = "shows", .options = {}}}};
  return root;
}

std::vector<std::string> NotesOn(Error error, const std::vector<std::string>& arguments,
                                 const os::Environment& environment) {
  const auto parsed = ParseArguments(Root(), arguments, environment, 80);
  EXPECT_THAT(parsed, ::flowstone::testing::IsOk());
  return WithVariables(std::move(error), Root(), std::get<ParsedArguments>(*parsed), environment)
      .context;
}

Error Speaking(const std::string& message) {
  return {.code = ErrorCode::kInvalid, .message = message};
}

TEST(VariableNotesTest, AnOptionThatNobodyGaveIsToldByItsVariable) {
  EXPECT_THAT(NotesOn(Speaking("--resolution is 'x'"), {"lock"}, {{"UV_RESOLUTION", "x"}}),
              ElementsAre("the variable UV_RESOLUTION sets --resolution"));
  EXPECT_THAT(NotesOn(Speaking("--constraint is odd"), {"lock"}, {{"PIP_CONSTRAINT", "x"}}),
              ElementsAre("the variable PIP_CONSTRAINT sets --constraint"));
  EXPECT_THAT(NotesOn(Speaking("--color is 'x'"), {"lock"}, {{"FLOWSTONE_COLOR", "x"}}),
              ElementsAre("the variable FLOWSTONE_COLOR sets --color"));
}

TEST(VariableNotesTest, WhatWasGivenIsNotOfTheVariable) {
  EXPECT_THAT(NotesOn(Speaking("--resolution is 'x'"), {"lock", "--resolution", "x"},
                      {{"UV_RESOLUTION", "y"}}),
              IsEmpty());
  EXPECT_THAT(
      NotesOn(Speaking("--constraint is odd"), {"lock", "-c", "x"}, {{"PIP_CONSTRAINT", "y"}}),
      IsEmpty());
}

TEST(VariableNotesTest, OnlyOptionsThatTheErrorSpeaksOfAreTold) {
  EXPECT_THAT(NotesOn(Speaking("--prerelease-x and --pre"), {"lock"}, {{"UV_PRERELEASE", "x"}}),
              IsEmpty());
  EXPECT_THAT(NotesOn(Speaking("--resolution is 'x'"), {"show"}, {{"UV_RESOLUTION", "x"}}),
              IsEmpty());
  EXPECT_THAT(NotesOn(Speaking("--constraint from PIP_CONSTRAINT is odd"), {"lock"},
                      {{"PIP_CONSTRAINT", "x"}}),
              IsEmpty());
}

TEST(VariableNotesTest, AHintSpeaksOfAnOptionThatWasUsedAndNotOfOnesThatCouldBe) {
  const os::Environment variables{{"UV_EXCLUDE_NEWER", "2026-01-01"},
                                  {"UV_PRERELEASE", "explicit"}};
  EXPECT_THAT(NotesOn({.message = "no", .hints = {"too new for the cut-off of --exclude-newer"}},
                      {"lock"}, variables),
              ElementsAre("the variable UV_EXCLUDE_NEWER sets --exclude-newer"));
  EXPECT_THAT(NotesOn({.message = "no", .hints = {"use --prerelease allow"}}, {"lock"}, variables),
              IsEmpty());
}

}  // namespace
}  // namespace flowstone::cli
