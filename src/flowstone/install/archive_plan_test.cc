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

// The text of a plan with `from` replaced by `to` and its digest made right again.
std::string Altered(const std::string& from, const std::string& to) {
  const std::string text = SamplePlan().Serialize();
  std::string body = text.substr(text.find('\n') + 1);
  body.replace(body.find(from), from.size(), to);
  return "flowstone-archive-plan 2 " + Digest::Of(body).ToString() + "\n" + body;
}

TEST(ArchivePlan, ReadsWhatItWrote) {
  EXPECT_THAT(ArchivePlan::Parse(SamplePlan().Serialize()), IsOkAndHolds(SamplePlan()));
}

TEST(ArchivePlan, FormatIsThatOfTheGoldenFile) {
  testing::ExpectGolden("install/archive_plan_v2", SamplePlan().Serialize());
  EXPECT_THAT(ArchivePlan::Parse(testing::ReadGolden("install/archive_plan_v2")),
              IsOkAndHolds(SamplePlan()));
}

TEST(ArchivePlan, NamesTheBytecodeInIt) {
  ArchivePlan plan = SamplePlan();
  plan.bytecode = "cpython-311";
  plan.directories[1].files[0].origin = FileOrigin::kCompiled;
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
  EXPECT_THAT(ArchivePlan::Parse(Altered("site/demo", "site/../x")),
              HasMessage(HasSubstr("impossible")));
  EXPECT_THAT(ArchivePlan::Parse(Altered("[\"site\"]", "[\"site/..\"]")),
              HasMessage(HasSubstr("impossible")));
  EXPECT_THAT(ArchivePlan::Parse(Altered("[\"demo\"", "[\"..\"")),
              HasMessage(HasSubstr("impossible")));
  EXPECT_THAT(ArchivePlan::Parse(Altered("[\"demo\"", "[\"a/b\"")),
              HasMessage(HasSubstr("impossible")));
}

TEST(ArchivePlan, UnknownKindIsRefused) {
  EXPECT_THAT(ArchivePlan::Parse(Altered("\"xg\"", "\"xq\"")), HasCode(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace flowstone::install
