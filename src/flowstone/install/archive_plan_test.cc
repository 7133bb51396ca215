#include "flowstone/install/archive_plan.h"

#include <string>

#include "flowstone/testing/golden.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOkAndHolds;

ArchivePlan SamplePlan() {
  return {.wheel = Digest::Of("wheel"),
          .name = "demo",
          .version = "1.0",
          .dist_info = "demo-1.0.dist-info",
          .tags = {"py3-none-any"},
          .directories = {{.path = "bin",
                           .files = {{.name = "demo",
                                      .size = 3,
                                      .digest = Digest::Of("run"),
                                      .mode = 0555,
                                      .origin = FileOrigin::kGenerated}}},
                          {.path = "site/demo",
                           .files = {{.name = "\"quoted\" é.py",
                                      .size = 40,
                                      .digest = Digest::Of("module"),
                                      .mode = 0444,
                                      .origin = FileOrigin::kWheel}}}},
          .warnings = {"RECORD does not list demo/extra.py"},
          .climbing = {"site"}};
}

TEST(ArchivePlan, ReadsWhatItWrote) {
  EXPECT_THAT(ArchivePlan::Parse(SamplePlan().Serialize()), IsOkAndHolds(SamplePlan()));
}

TEST(ArchivePlan, FormatIsThatOfTheGoldenFile) {
  testing::ExpectGolden("install/archive_plan_v3", SamplePlan().Serialize());
  EXPECT_THAT(ArchivePlan::Parse(testing::ReadGolden("install/archive_plan_v3")),
              IsOkAndHolds(SamplePlan()));
}

TEST(ArchivePlan, NamesTheBytecodeInIt) {
  ArchivePlan plan = SamplePlan();
  plan.bytecode = "cpython-311";
  PlannedFile compiled = plan.directories[1].files[0];
  compiled.origin = FileOrigin::kCompiled;
  plan.directories[1].files = {compiled};
  EXPECT_THAT(ArchivePlan::Parse(plan.Serialize()), IsOkAndHolds(plan));
}

TEST(ArchivePlan, CountsFilesAndBytes) {
  EXPECT_EQ(SamplePlan().FileCount(), 2U);
  EXPECT_EQ(SamplePlan().TotalBytes(), 43U);
}

TEST(ArchivePlan, EveryTruncationIsNoticed) {
  const std::string text = SamplePlan().Serialize();
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_THAT(ArchivePlan::Parse(text.substr(0, length)), HasCode(ErrorCode::kCorrupt));
  }
}

TEST(ArchivePlan, FlippedByteIsNoticed) {
  std::string text = SamplePlan().Serialize();
  text[text.size() - 20] ^= 1;
  EXPECT_THAT(ArchivePlan::Parse(text), HasMessage(HasSubstr("digest")));
}

TEST(ArchivePlan, NameThatClimbsIsRefused) {
  for (const char* name : {"..", ".", "", "a/b"}) {
    ArchivePlan plan = SamplePlan();
    PlannedFile file = plan.directories[1].files[0];
    file.name = name;
    plan.directories[1].files = {file};
    EXPECT_THAT(ArchivePlan::Parse(plan.Serialize()), HasMessage(HasSubstr("impossible")));
  }
  for (const char* path : {"site/../x", "/site", "site/", ""}) {
    ArchivePlan plan = SamplePlan();
    plan.directories[1].path = path;
    EXPECT_THAT(ArchivePlan::Parse(plan.Serialize()), HasMessage(HasSubstr("impossible")));
    plan = SamplePlan();
    plan.climbing = {path};
    EXPECT_THAT(ArchivePlan::Parse(plan.Serialize()), HasMessage(HasSubstr("impossible")));
  }
}

// A plan with these bytes behind its first line, and their digest in it.
std::string PlanOf(const std::string& body) {
  return "flowstone-archive-plan 3 " + Digest::Of(body).ToString() + "\n" + body;
}

TEST(ArchivePlan, WhatHasTheRightDigestAndMakesNoSenseIsRefused) {
  const std::string text = SamplePlan().Serialize();
  const std::string body = text.substr(text.find('\n') + 1);
  for (std::size_t length = 0; length < body.size(); ++length) {
    EXPECT_THAT(ArchivePlan::Parse(PlanOf(body.substr(0, length))), HasCode(ErrorCode::kCorrupt));
  }
  EXPECT_THAT(ArchivePlan::Parse(PlanOf(body + "x")), HasMessage(HasSubstr("another length")));
  std::string unknown_kind = body;
  unknown_kind.replace(body.find("xg"), 2, "xq");
  EXPECT_THAT(ArchivePlan::Parse(PlanOf(unknown_kind)), HasMessage(HasSubstr("kind")));
}

TEST(ArchivePlan, KnowsThoseOfOtherVersions) {
  EXPECT_THAT(ArchivePlan::Parse("flowstone-archive-plan 2 5a2f\n{}\n"),
              HasCode(ErrorCode::kInvalid));
}

}  // namespace
}  // namespace flowstone::install
