#include "flowstone/resolve/stated_source.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/pypi/name.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/scenario.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::resolve {
namespace {

using ::flowstone::testing::IsOk;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

class StatedSourceTest : public ::testing::Test {
 protected:
  StatedSourceTest() {
    source_.Publish({.name = "app", .version = "1.0", .dependencies = {"leaf"}});
    source_.Publish({.name = "app", .version = "2.0", .dependencies = {"gone"}});
    source_.Publish({.name = "leaf", .version = "1.0"});
    source_.Publish({.name = "leaf", .version = "2.0"});
  }

  void Require(const std::string& text) {
    request_.requirements.push_back({*pypi::Requirement::Parse(text), "step train"});
  }
  pypi::StatedMetadata& State(const std::string& version = "") {
    request_.stated_metadata.push_back({.name = *pypi::Name::Parse("app")});
    pypi::StatedMetadata& stated = request_.stated_metadata.back();
    if (!version.empty()) {
      stated.version = *pypi::Version::Parse(version);
    }
    return stated;
  }
  std::map<std::string, std::string> Chosen() {
    auto answer = Resolve(request_, source_, progress_);
    EXPECT_THAT(answer, IsOk());
    std::map<std::string, std::string> versions;
    const auto* const resolution = answer ? std::get_if<Resolution>(&*answer) : nullptr;
    if (resolution != nullptr) {
      for (const lock::LockedPackage& package : resolution->lock.packages) {
        versions.emplace(package.name.ToString(), package.version->ToString());
      }
    }
    return versions;
  }

  MemorySource source_;
  ResolveRequest request_{.requirements = {}, .target = LinuxTarget("3.12.4")};
  NoProgress progress_;
};

TEST_F(StatedSourceTest, WhatIsStatedStandsInForWhatIsPublished) {
  Require("app");
  State().requires_dist = {*pypi::Requirement::Parse("leaf<2")};
  EXPECT_THAT(Chosen(), ElementsAre(Pair("app", "2.0"), Pair("leaf", "1.0")));
  EXPECT_THAT(source_.asked(), Not(Contains(HasSubstr("app-"))));
}

TEST_F(StatedSourceTest, OtherVersionsSayForThemselvesWhatTheyNeed) {
  Require("app<2");
  State("2.0");
  EXPECT_THAT(Chosen(), ElementsAre(Pair("app", "1.0"), Pair("leaf", "2.0")));
}

TEST_F(StatedSourceTest, MetadataThatCannotBeFetchedIsNotNeeded) {
  source_.FailMetadata("app-2.0-py3-none-any.whl",
                       Error{ErrorCode::kUnavailable, "the index is gone"});
  Require("app==2.0");
  State("2.0");
  EXPECT_THAT(Chosen(), ElementsAre(Pair("app", "2.0")));
}

TEST_F(StatedSourceTest, AReleaseForAnotherPythonIsPassedOver) {
  Require("app");
  State("2.0").requires_python = *pypi::SpecifierSet::Parse(">=3.13");
  EXPECT_THAT(Chosen(), ElementsAre(Pair("app", "1.0"), Pair("leaf", "2.0")));
}

TEST_F(StatedSourceTest, ExtrasAreThoseThatAreStated) {
  Require("app[tls]");
  pypi::StatedMetadata& stated = State();
  stated.provides_extra = {*pypi::ExtraName::Parse("tls")};
  stated.requires_dist = {*pypi::Requirement::Parse("leaf<2; extra == 'tls'")};
  EXPECT_THAT(Chosen(), ElementsAre(Pair("app", "2.0"), Pair("leaf", "1.0")));
}

TEST_F(StatedSourceTest, ASourceNeedsNoBuildToBeAsked) {
  source_.Publish({.name = "old", .version = "1.0", .wheel_tags = {}, .has_source = true});
  source_.FailMetadata("old-1.0.tar.gz", Error{ErrorCode::kInvalid, "only building tells"});
  Require("old");
  State();
  request_.stated_metadata.back().name = *pypi::Name::Parse("old");
  request_.policies.binaries.by_default = BinaryPolicy::kStaticSources;
  EXPECT_THAT(Chosen(), ElementsAre(Pair("old", "1.0")));
}

}  // namespace
}  // namespace flowstone::resolve
