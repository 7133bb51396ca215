#include "flowstone/resolve/offline_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/scenario.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::resolve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Error kNotCached{.code = ErrorCode::kUnavailable, .message = "not cached"};

class OfflineReportTest : public ::testing::Test {
 protected:
  OfflineReportTest() {
    source_.Publish({.name = "app", .version = "1", .dependencies = {"lib", "tool"}});
    source_.Publish({.name = "lib", .version = "1", .dependencies = {"deep"}});
    source_.Publish({.name = "tool", .version = "1"});
    source_.Publish({.name = "deep", .version = "1"});
    request_.requirements.push_back({*pypi::Requirement::Parse("app"), "step train"});
  }

  MemorySource source_;
  ResolveRequest request_{.requirements = {}, .target = LinuxTarget("3.12.4")};
};

TEST_F(OfflineReportTest, NothingIsMissing) {
  EXPECT_THAT(MissingPieces(request_, source_), IsEmpty());
}

TEST_F(OfflineReportTest, EverythingThatIsMissingIsFound) {
  source_.FailProject("tool", kNotCached);
  source_.FailProject("deep", kNotCached);
  EXPECT_THAT(MissingPieces(request_, source_),
              ::testing::UnorderedElementsAre("the files of tool", "the files of deep"));
}

TEST_F(OfflineReportTest, MetadataThatIsMissingHidesWhatItNames) {
  source_.FailMetadata("lib-1-py3-none-any.whl", kNotCached);
  source_.FailProject("deep", kNotCached);
  EXPECT_THAT(MissingPieces(request_, source_),
              ElementsAre("the metadata of lib-1-py3-none-any.whl"));
}

TEST_F(OfflineReportTest, OtherFailuresAreNotMissingPieces) {
  source_.FailProject("tool", {.code = ErrorCode::kDenied, .message = "no"});
  EXPECT_THAT(MissingPieces(request_, source_), IsEmpty());
}

TEST_F(OfflineReportTest, TheErrorListsSeveralAndKeepsASingleOne) {
  EXPECT_EQ(OfflineError(kNotCached, {"the files of a"}).message, "not cached");
  const Error error = OfflineError(kNotCached, {"the files of a", "the files of b"});
  EXPECT_THAT(error.message, HasSubstr("2 pieces of what is needed are not cached"));
  EXPECT_THAT(error.message, HasSubstr("\n  the files of a\n  the files of b"));
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace flowstone::resolve
