// What a cold resolve costs: how many requests, and how many round trips one after the other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/progress.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/memory_source.h"
#include "flowstone/resolve/resolve.h"
#include "flowstone/resolve/scenario.h"

namespace flowstone::resolve {
namespace {

// A source behind a slow network: what is under way when somebody waits arrives together, one round
// trip later.
class DistantSource final : public CandidateSource {
 public:
  explicit DistantSource(MemorySource& near) : near_(near) {}

  int round_trips() const { return round_trips_; }
  std::size_t requests() const { return requested_.size(); }
  bool WasAsked(const std::string& what) const { return requested_.contains(what); }

  Readiness StartProject(const pypi::Name& name) override { return Start(name.ToString(), name); }
  Readiness StartMetadata(const index::IndexFile& file) override {
    return Start(file.filename, file);
  }
  std::optional<Arrival> AwaitProject(const pypi::Name& name) override {
    Start(name.ToString(), name);
    return Await(name.ToString());
  }
  std::optional<Arrival> AwaitMetadata(const index::IndexFile& file) override {
    Start(file.filename, file);
    return Await(file.filename);
  }
  Result<std::shared_ptr<const index::ProjectFiles>> Project(const pypi::Name& name) override {
    EXPECT_TRUE(arrived_.contains(name.ToString())) << "nobody waited for it";
    return near_.Project(name);
  }
  Result<std::shared_ptr<const index::WheelMetadata>> Metadata(
      const index::IndexFile& file) override {
    EXPECT_TRUE(arrived_.contains(file.filename)) << "nobody waited for it";
    return near_.Metadata(file);
  }

 private:
  Readiness Start(const std::string& what, Arrival arrival) {
    if (requested_.insert(what).second) {
      under_way_.emplace_back(what, std::move(arrival));
    }
    return arrived_.contains(what) ? Readiness::kThere : Readiness::kUnderWay;
  }
  std::optional<Arrival> Await(const std::string& what) {
    if (untold_.empty() && !arrived_.contains(what)) {
      ++round_trips_;
      for (auto& [name, arrival] : std::exchange(under_way_, {})) {
        arrived_.insert(name);
        untold_.push_back(std::move(arrival));
      }
    }
    if (untold_.empty()) {
      return std::nullopt;
    }
    Arrival arrival = std::move(untold_.front());
    untold_.pop_front();
    return arrival;
  }

  MemorySource& near_;
  std::set<std::string> requested_;
  std::vector<std::pair<std::string, Arrival>> under_way_;
  std::set<std::string> arrived_;
  std::deque<Arrival> untold_;
  int round_trips_ = 0;
};

class ScoutTest : public ::testing::Test {
 protected:
  void Require(const std::string& requirement) {
    request_.requirements.push_back({*pypi::Requirement::Parse(requirement), "test"});
  }
  std::vector<std::string> Locked() {
    NoProgress progress;
    const auto answer = Resolve(request_, source_, progress);
    std::vector<std::string> names;
    const auto* resolution = answer ? std::get_if<Resolution>(&*answer) : nullptr;
    EXPECT_NE(resolution, nullptr);
    names.reserve(resolution->lock.packages.size());
    for (const auto& package : resolution->lock.packages) {
      names.push_back(package.name.ToString() + " " + package.version->ToString());
    }
    return names;
  }

  MemorySource near_;
  DistantSource source_{near_};
  ResolveRequest request_{.requirements = {}, .target = LinuxTarget("3.12")};
};

TEST_F(ScoutTest, LevelOfTheGraphCostsTwoRoundTripsHoweverWideItIs) {
  for (int i = 0; i < 20; ++i) {
    const std::string name = "x" + std::to_string(i);
    near_.Publish({.name = name, .version = "1.0", .dependencies = {name + "-sub"}});
    near_.Publish({.name = name + "-sub", .version = "1.0"});
    Require(name);
  }
  EXPECT_EQ(Locked().size(), 40U);
  EXPECT_EQ(source_.round_trips(), 4);
  EXPECT_EQ(source_.requests(), 80U) << "a page and a METADATA for each package";
}

TEST_F(ScoutTest, BranchesDoNotWaitForEachOther) {
  constexpr int depth = 12;
  for (const std::string branch : {"a", "b", "c"}) {
    for (int i = 0; i < depth; ++i) {
      PublishedRelease release{.name = branch + std::to_string(i), .version = "1.0"};
      if (i + 1 < depth) {
        release.dependencies = {branch + std::to_string(i + 1)};
      }
      near_.Publish(release);
    }
    Require(branch + "0");
  }
  EXPECT_EQ(Locked().size(), 3U * depth);
  EXPECT_EQ(source_.round_trips(), 2 * depth);
}

TEST_F(ScoutTest, WhatAnExtraSwitchesOnIsFollowedAndNothingElse) {
  near_.Publish({.name = "app", .version = "1.0", .dependencies = {"lib[fast]"}});
  near_.Publish({.name = "lib",
                 .version = "1.0",
                 .extras = {{"fast", {"speedups"}}, {"test", {"test-runner"}}}});
  near_.Publish({.name = "speedups", .version = "1.0"});
  near_.Publish({.name = "test-runner", .version = "1.0"});
  Require("app");
  EXPECT_EQ(Locked().size(), 3U);
  EXPECT_EQ(source_.round_trips(), 6);
  EXPECT_FALSE(source_.WasAsked("test-runner"));
}

TEST_F(ScoutTest, RequirementsThatAreKnownNarrowWhatIsAskedFor) {
  near_.Publish({.name = "app", .version = "1.0", .dependencies = {"lib<2"}});
  near_.Publish({.name = "lib", .version = "1.0"});
  near_.Publish({.name = "lib", .version = "2.0"});
  Require("app");
  EXPECT_THAT(Locked(), ::testing::ElementsAre("app 1.0", "lib 1.0"));
  EXPECT_FALSE(source_.WasAsked("lib-2.0-py3-none-any.whl"));
}

TEST_F(ScoutTest, ConstraintsNarrowWhatIsAskedFor) {
  near_.Publish({.name = "app", .version = "1.0", .dependencies = {"lib"}});
  near_.Publish({.name = "lib", .version = "1.0"});
  near_.Publish({.name = "lib", .version = "2.0"});
  request_.constraints.push_back({*pypi::Requirement::Parse("lib<2"), "constraints.txt"});
  Require("app");
  EXPECT_THAT(Locked(), ::testing::ElementsAre("app 1.0", "lib 1.0"));
  EXPECT_FALSE(source_.WasAsked("lib-2.0-py3-none-any.whl"));
}

// Each version of the client takes one version of the core; only a very old core is acceptable.
TEST_F(ScoutTest, GoingThroughManyVersionsDoesNotCostARoundTripEach) {
  constexpr int versions = 400;
  for (int i = 1; i <= versions; ++i) {
    const std::string version = "1." + std::to_string(i);
    near_.Publish({.name = "client", .version = version, .dependencies = {"core==" + version}});
    near_.Publish(
        {.name = "core", .version = version, .dependencies = {i > 10 ? "base>=2" : "base"}});
  }
  near_.Publish({.name = "base", .version = "1.0"});
  near_.Publish({.name = "base", .version = "2.0"});
  Require("client");
  Require("base<2");
  EXPECT_THAT(Locked(), ::testing::ElementsAre("base 1.0", "client 1.10", "core 1.10"));
  EXPECT_LE(source_.round_trips(), 40);
  EXPECT_LE(source_.requests(), 2U * versions + 10);
}

TEST_F(ScoutTest, WhatTheRequestExcludesIsNotGoneThrough) {
  constexpr int versions = 60;
  for (int i = 1; i <= versions; ++i) {
    const std::string version = "1." + std::to_string(i);
    near_.Publish({.name = "client", .version = version, .dependencies = {"core==" + version}});
    near_.Publish(
        {.name = "core", .version = version, .dependencies = {i > 25 ? "base>=2" : "base"}});
  }
  near_.Publish({.name = "base", .version = "1.0"});
  near_.Publish({.name = "base", .version = "2.0"});
  Require("client>=1.20");
  Require("base<2");
  EXPECT_THAT(Locked(), ::testing::ElementsAre("base 1.0", "client 1.25", "core 1.25"));
  EXPECT_TRUE(source_.WasAsked("client-1.20-py3-none-any.whl")) << "it is asked for ahead";
  EXPECT_FALSE(source_.WasAsked("client-1.19-py3-none-any.whl"));
}

// `often` is decided again and again while `core` goes through its versions, and never changes.
TEST_F(ScoutTest, WhatIsDecidedAgainIsNotGoneThrough) {
  constexpr int versions = 60;
  for (int i = 1; i <= versions; ++i) {
    const std::string version = "1." + std::to_string(i);
    near_.Publish({.name = "often", .version = version});
    near_.Publish({.name = "core",
                   .version = version,
                   .dependencies = {"often", i > 10 ? "base>=2" : "base"}});
  }
  near_.Publish({.name = "base", .version = "1.0"});
  near_.Publish({.name = "base", .version = "2.0"});
  Require("often");
  Require("core");
  Require("base<2");
  EXPECT_THAT(Locked(), ::testing::ElementsAre("base 1.0", "core 1.10", "often 1.60"));
  EXPECT_FALSE(source_.WasAsked("often-1.58-py3-none-any.whl"));
}

}  // namespace
}  // namespace flowstone::resolve
