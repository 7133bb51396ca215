#include "flowstone/resolve/resolve.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "flowstone/base/digest.h"
#include "flowstone/base/error.h"
#include "flowstone/base/progress.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/scenario.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::resolve {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ResolveTest : public ::testing::Test {
 protected:
  void Require(const std::string& text, const std::string& origin = "step train") {
    request_.requirements.push_back({*pypi::Requirement::Parse(text), origin});
  }
  Result<std::variant<Resolution, ResolveConflict>> Answer() {
    return Resolve(request_, source_, progress_, options_);
  }
  // REQUIRES: there is a solution.
  Resolution Solved() { return std::get<Resolution>(*Answer()); }
  std::vector<std::string> Reasons() {
    return std::get<ResolveConflict>(*Answer()).explanation.reasons;
  }

  MemorySource source_;
  ResolveRequest request_{.requirements = {}, .target = LinuxTarget("3.12.4")};
  ResolveOptions options_{.flowstone_version = "0.1.0"};
  NoProgress progress_;
};

// Keeps what the phase of resolving is called, and how many packages it came to.
class PhaseLog final : public ProgressSink {
 public:
  void Start(Phase, const std::string& label, std::uint64_t) override { label_ = label; }
  void Advance(Phase, std::uint64_t, const std::string&) override {}
  void SetTotal(Phase, std::uint64_t total) override { total_ = total; }
  void Finish(Phase) override {}

  const std::string& label() const { return label_; }
  std::uint64_t total() const { return total_; }

 private:
  std::string label_;
  std::uint64_t total_ = 0;
};

TEST_F(ResolveTest, ProgressNamesFilesOnceAndCountsWhatIsTaken) {
  source_.Publish({.name = "app", .version = "2.0", .dependencies = {"lib<1"}});
  source_.Publish({.name = "app", .version = "1.0"});
  source_.Publish({.name = "lib", .version = "1.0"});
  Require("app", "requirements.txt:1");
  Require("lib", "requirements.txt:2");
  PhaseLog log;
  ASSERT_THAT(Resolve(request_, source_, log, options_), IsOk());
  EXPECT_EQ(log.label(), "requirements.txt");
  EXPECT_EQ(log.total(), 2U);
  for (const char* origin : {"a.txt:1", "b.txt:1", "the command line"}) {
    Require("lib", origin);
  }
  ASSERT_THAT(Resolve(request_, source_, log, options_), IsOk());
  EXPECT_EQ(log.label(), "requirements.txt, a.txt and 2 others");
}

TEST_F(ResolveTest, LockHasEverythingThatInstallingNeeds) {
  source_.Publish({.name = "app",
                   .version = "1.0",
                   .dependencies = {"Native_Lib>=1; python_version >= '3'", "nt; os_name == 'nt'"},
                   .requires_python = ">=3.9"});
  source_.Publish({.name = "native-lib",
                   .version = "1.0",
                   .wheel_tags = {"py3-none-any", "cp312-cp312-manylinux_2_17_x86_64",
                                  "cp312-cp312-win_amd64"}});
  Require("app");
  const lock::Lock lock = Solved().lock;
  ASSERT_EQ(lock.packages.size(), 2U);
  const lock::LockedPackage& app = lock.packages[0];
  EXPECT_EQ(app.version->ToString(), "1.0");
  EXPECT_EQ(app.requires_python.ToString(), ">=3.9");
  EXPECT_EQ(app.index, "https://index.example/simple/");
  EXPECT_THAT(app.dependencies,
              ElementsAre(lock::LockedDependency{*pypi::Name::Parse("native-lib")}));
  const std::vector<lock::LockedFile>& wheels = lock.packages[1].wheels;
  ASSERT_EQ(wheels.size(), 2U);
  EXPECT_EQ(wheels[0].name, "native_lib-1.0-cp312-cp312-manylinux_2_17_x86_64.whl");
  EXPECT_EQ(wheels[0].Sha256(), Digest::Of(wheels[0].name));
  EXPECT_EQ(wheels[0].url, "https://files.example/" + wheels[0].name);
  EXPECT_TRUE(wheels[0].size.has_value());
}

TEST_F(ResolveTest, LockSaysWhatItIsFor) {
  source_.Publish({.name = "app", .version = "1.0"});
  Require("app");
  request_.exclude_newer_us = std::nullopt;
  const lock::Lock lock = Solved().lock;
  EXPECT_EQ(lock.requires_python.ToString(), "==3.12.*");
  EXPECT_EQ(lock.environments.front().ToString(),
            "implementation_name == \"cpython\" and sys_platform == \"linux\" and "
            "platform_machine == \"x86_64\"");
  EXPECT_THAT(lock.tool->requests, ElementsAre(RequestDigest(request_)));
  EXPECT_EQ(lock.tool->version, "0.1.0");
  EXPECT_THAT(lock.tool->requested, ElementsAre(*pypi::Name::Parse("app")));
  EXPECT_THAT(lock::SelectWheels(lock, request_.target), IsOk());
}

// An upper bound of Requires-Python that resolving ignored must not stop installing.
TEST_F(ResolveTest, LockCanBeInstalledWhereUpperBoundsWereIgnored) {
  source_.Publish({.name = "app", .version = "1.0", .requires_python = ">=3.8,<3.12"});
  Require("app");
  EXPECT_THAT(lock::SelectWheels(Solved().lock, request_.target), IsOk());
}

TEST_F(ResolveTest, ConflictIsAnAnswerThatNamesWhoAsks) {
  source_.Publish({.name = "app", .version = "0.9"});
  source_.Publish({.name = "app", .version = "1.0"});
  Require("app>=1", "step train, @pypi");
  Require("app<1", "@pypi_base");
  EXPECT_THAT(Reasons(),
              ElementsAre("step train, @pypi requires app>=1", "@pypi_base requires app<1"));
  const Error error = std::get<ResolveConflict>(*Answer()).ToError();
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_EQ(error.message,
            "the requirements cannot be satisfied together:\n"
            "  because step train, @pypi requires app>=1\n"
            "  and @pypi_base requires app<1\n"
            "  so no version of app is left");
}

TEST_F(ResolveTest, HintsSpeakOfWhereTheAskerCanChangeThings) {
  source_.Publish({.name = "app", .version = "1.0", .requires_python = ">=3.13"});
  Require("app");
  const auto hints = [&] { return std::get<ResolveConflict>(*Answer()).hints; };
  EXPECT_THAT(hints(), ElementsAre("app 1.0 can be used with Python 3.13: --python 3.13"));
  options_.asker = Asker::kFlow;
  EXPECT_THAT(hints(),
              ElementsAre("app 1.0 can be used with Python 3.13: python=\"3.13\" in @pypi"));
}

TEST_F(ResolveTest, ReleasesThatCameTooLateDoNotShiftTheOthers) {
  const std::vector<std::pair<std::string, std::int64_t>> releases = {
      {"1.0", 1}, {"1.1", 9}, {"1.2", 2}, {"1.3a1", 3}, {"1.4", 4}, {"1.5", 9}};
  for (const auto& [version, upload_time_us] : releases) {
    source_.Publish({.name = "app", .version = version, .upload_time_us = upload_time_us});
  }
  request_.exclude_newer_us = 9;
  for (const auto& [range, chosen] : std::vector<std::pair<std::string, std::string>>{
           {"app", "1.4"}, {"app<1.4", "1.2"}, {"app<1.2", "1.0"}, {"app>1.1,<1.3", "1.2"}}) {
    request_.requirements.clear();
    Require(range);
    EXPECT_EQ(Solved().lock.packages.front().version->ToString(), chosen) << range;
  }
}

TEST_F(ResolveTest, HintSaysWhoSetTheCutOff) {
  source_.Publish({.name = "app", .version = "1.0", .upload_time_us = 2'000'000});
  Require("app");
  request_.exclude_newer_us = 1'000'000;
  options_.exclude_newer_origin = "pyproject.toml";
  EXPECT_THAT(std::get<ResolveConflict>(*Answer()).hints,
              ElementsAre("app 1.0 was published at 1970-01-01T00:00:02Z, after the cut-off "
                          "1970-01-01T00:00:01Z of pyproject.toml: choose a later one"));
}

TEST_F(ResolveTest, WheelsForANewerGlibcAreToldAsSuch) {
  source_.Publish(
      {.name = "app", .version = "1.0", .wheel_tags = {"cp312-cp312-manylinux_2_39_x86_64"}});
  Require("app");
  EXPECT_THAT(Reasons().back(), HasSubstr("its wheels need glibc 2.39 or later"));
}

TEST_F(ResolveTest, ReleasesThatMissTheTargetInDifferentWaysAreOneReason) {
  for (int minor = 1; minor <= 4; ++minor) {
    const std::string python = "cp3" + std::to_string(minor);
    std::string tag = python;
    tag.append("-").append(python).append("-manylinux_2_17_x86_64");
    source_.Publish({.name = "app", .version = std::to_string(minor), .wheel_tags = {tag}});
  }
  Require("app");
  EXPECT_THAT(Reasons(), ElementsAre("step train requires app",
                                     HasSubstr("no version of app can be used: no wheel")));
}

TEST_F(ResolveTest, IndexThatDoesNotAnswerEndsTheWork) {
  source_.FailProject("app", {ErrorCode::kUnavailable, "index.example does not answer"});
  Require("app");
  EXPECT_THAT(Answer(), AllOf(HasCode(ErrorCode::kUnavailable),
                              HasMessage(HasSubstr("while looking for app"))));
}

// Otherwise an index that is down for a moment would give an older version.
TEST_F(ResolveTest, MetadataThatCannotBeReachedEndsTheWork) {
  source_.Publish({.name = "app", .version = "1.0"});
  source_.Publish({.name = "app", .version = "2.0"});
  source_.FailMetadata("app-2.0-py3-none-any.whl", {ErrorCode::kUnavailable, "timed out"});
  Require("app");
  EXPECT_THAT(Answer(), AllOf(HasCode(ErrorCode::kUnavailable), HasMessage(HasSubstr("app 2.0"))));
}

TEST_F(ResolveTest, DamagedMetadataOfOneReleaseSelectsAnother) {
  source_.Publish({.name = "app", .version = "1.0"});
  source_.Publish({.name = "app", .version = "2.0"});
  source_.Publish({.name = "app", .version = "3.0"});
  source_.Publish({.name = "app", .version = "4.0"});
  source_.ReplaceMetadata("app-2.0-py3-none-any.whl", "no metadata at all");
  source_.FailMetadata("app-3.0-py3-none-any.whl", {ErrorCode::kCorrupt, "not a zip file"});
  source_.ReplaceMetadata("app-4.0-py3-none-any.whl",
                          MetadataText({.name = "other", .version = "4.0"}));
  Require("app");
  EXPECT_EQ(Solved().lock.packages.front().version->ToString(), "1.0");
}

TEST_F(ResolveTest, DamagedMetadataIsAReason) {
  source_.Publish({.name = "app", .version = "4.0"});
  source_.ReplaceMetadata("app-4.0-py3-none-any.whl",
                          MetadataText({.name = "other", .version = "4.0"}));
  Require("app");
  EXPECT_THAT(Reasons(), ElementsAre("step train requires app",
                                     "app 4.0 cannot be used: its metadata is that of other 4.0"));
}

TEST_F(ResolveTest, RequiresPythonOfTheMetadataCountsWhenThePageHasNone) {
  source_.Publish({.name = "app", .version = "1.0"});
  source_.Publish({.name = "app", .version = "2.0"});
  source_.ReplaceMetadata(
      "app-2.0-py3-none-any.whl",
      MetadataText({.name = "app", .version = "2.0", .requires_python = ">=3.13"}));
  Require("app");
  EXPECT_EQ(Solved().lock.packages.front().version->ToString(), "1.0");
}

TEST_F(ResolveTest, DependencyOnAUrlIsRefusedInPackages) {
  source_.Publish({.name = "app", .version = "1.0"});
  source_.Publish(
      {.name = "app", .version = "2.0", .dependencies = {"tool @ https://files.example/tool.whl"}});
  Require("app");
  EXPECT_EQ(Solved().lock.packages.front().version->ToString(), "1.0");
}

TEST_F(ResolveTest, UrlRequirementIsRefusedWithAHint) {
  Require("tool @ https://files.example/tool-1.0-py3-none-any.whl");
  EXPECT_THAT(Answer(), AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("--find-links"))));
}

TEST_F(ResolveTest, WheelWithoutSha256IsRefused) {
  source_.Publish({.name = "app", .version = "1.0"});
  source_.Page("app").files.front().sha256.reset();
  Require("app");
  EXPECT_THAT(Answer(), AllOf(HasCode(ErrorCode::kInvalid),
                              HasMessage(HasSubstr("no sha256 of app-1.0-py3-none-any.whl"))));
}

TEST_F(ResolveTest, ExtrasOfTheLockAreThoseAskedFor) {
  source_.Publish({.name = "client",
                   .version = "1.0",
                   .dependencies = {"base-lib"},
                   .extras = {{"http2", {"h2"}}, {"socks", {"socksio"}}}});
  source_.Publish({.name = "base-lib", .version = "1.0"});
  source_.Publish({.name = "h2", .version = "1.0"});
  source_.Publish({.name = "socksio", .version = "1.0"});
  Require("client[http2]");
  const lock::Lock lock = Solved().lock;
  EXPECT_THAT(lock.Find(*pypi::Name::Parse("client"))->dependencies,
              ElementsAre(lock::LockedDependency{*pypi::Name::Parse("base-lib")},
                          lock::LockedDependency{*pypi::Name::Parse("h2")}));
  EXPECT_EQ(lock.packages.size(), 3U);
}

TEST_F(ResolveTest, NothingIsAskedAboutUnusedExtras) {
  source_.Publish({.name = "client", .version = "1.0", .extras = {{"all", {"enormous"}}}});
  Require("client");
  EXPECT_THAT(Solved().warnings, ElementsAre());
  EXPECT_THAT(source_.asked(), ElementsAre("client", "client-1.0-py3-none-any.whl"));
}

TEST_F(ResolveTest, ListingsOfAllDependenciesAreAskedForBeforeAnyIsWaitedFor) {
  source_.Publish({.name = "app", .version = "1.0", .dependencies = {"x", "y", "z"}});
  for (const char* name : {"x", "y", "z"}) {
    source_.Publish({.name = name, .version = "1.0"});
  }
  Require("app");
  EXPECT_THAT(Answer(), IsOk());
  EXPECT_THAT(source_.asked(), ElementsAre("app", "app-1.0-py3-none-any.whl", "x", "y", "z",
                                           "x-1.0-py3-none-any.whl", "y-1.0-py3-none-any.whl",
                                           "z-1.0-py3-none-any.whl"));
}

// What is fetched ahead may fail without harm: only what is chosen counts.
TEST_F(ResolveTest, FailureOfACandidateThatIsNotChosenDoesNotMatter) {
  source_.Publish({.name = "app", .version = "1.0", .dependencies = {"lib<2"}});
  source_.Publish({.name = "lib", .version = "1.0"});
  source_.Publish({.name = "lib", .version = "2.0"});
  source_.FailMetadata("lib-2.0-py3-none-any.whl", {ErrorCode::kUnavailable, "timed out"});
  Require("app");
  Require("lib");
  EXPECT_EQ(Solved().lock.packages.back().version->ToString(), "1.0");
}

// Seen with uv 0.13.9 and pip 26.3: of "yanked": "" the one makes a yanked release, the other none.
TEST_F(ResolveTest, EmptyReasonOfJsonYanksForUvAndNotForPip) {
  source_.Publish({.name = "app", .version = "1.0"});
  source_.Publish({.name = "app", .version = "2.0", .yanked = "", .is_yanked_by_empty_text = true});
  Require("app");
  request_.policies.yanked = PoliciesFor(Compatibility::kUv).yanked;
  EXPECT_EQ(Solved().lock.packages.front().version->ToString(), "1.0");
  request_.policies.yanked = PoliciesFor(Compatibility::kPip).yanked;
  EXPECT_EQ(Solved().lock.packages.front().version->ToString(), "2.0");
  EXPECT_THAT(Solved().warnings, ::testing::IsEmpty());
}

TEST_F(ResolveTest, CancellingEndsTheWork) {
  source_.Publish({.name = "app", .version = "1.0"});
  Require("app");
  options_.is_cancelled = [] { return true; };
  EXPECT_THAT(Answer(), HasCode(ErrorCode::kCancelled));
}

}  // namespace
}  // namespace flowstone::resolve
