#include "flowstone/app/project_conflicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::app {
namespace {

using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using project::ProjectPart;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ProjectPart Whole(const char* project) {
  return {.project = *pypi::Name::Parse(project)};
}
ProjectPart ExtraOf(const char* project, const char* extra) {
  return {.project = *pypi::Name::Parse(project), .extra = *pypi::ExtraName::Parse(extra)};
}

TEST(ProjectConflictsTest, WhatWasNotChosenDoesNotConflict) {
  const auto among = ConflictsAmong({{Whole("web"), Whole("jobs")}}, {Whole("web")});
  ASSERT_THAT(among, IsOk());
  EXPECT_THAT(*among, IsEmpty());
}

TEST(ProjectConflictsTest, ExtrasOfTwoProjectsAreAChoice) {
  const auto among =
      ConflictsAmong({{ExtraOf("web", "cpu"), ExtraOf("jobs", "gpu")}},
                     {Whole("web"), ExtraOf("web", "cpu"), Whole("jobs"), ExtraOf("jobs", "gpu")});
  ASSERT_THAT(among, IsOk());
  ASSERT_EQ(among->size(), 1U);
  EXPECT_EQ(among->front()[0].ToString(), "extra 'cpu'");
  EXPECT_EQ(among->front()[1].ToString(), "extra 'gpu'");
}

TEST(ProjectConflictsTest, WholeProjectsCannotBeLockedTogether) {
  EXPECT_THAT(ConflictsAmong({{Whole("web"), Whole("jobs")}}, {Whole("web"), Whole("jobs")}),
              HasMessage(HasSubstr("project web and project jobs conflict")));
  EXPECT_THAT(ConflictsAmong({{Whole("web"), ExtraOf("jobs", "gpu")}},
                             {Whole("web"), Whole("jobs"), ExtraOf("jobs", "gpu")}),
              HasMessage(AllOf(HasSubstr("project web"), HasSubstr("extra 'gpu' of jobs"))));
}

TEST(ProjectConflictsTest, ALockCannotTellExtrasOfOneNameApart) {
  EXPECT_THAT(ConflictsAmong({{ExtraOf("web", "gpu"), ExtraOf("jobs", "gpu")}},
                             {ExtraOf("web", "gpu"), ExtraOf("jobs", "gpu")}),
              HasMessage(HasSubstr("extra 'gpu' of web and extra 'gpu' of jobs conflict")));
}

}  // namespace
}  // namespace flowstone::app
