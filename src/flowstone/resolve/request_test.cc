#include "flowstone/resolve/request.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "flowstone/resolve/scenario.h"

namespace flowstone::resolve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

RequestedRequirement Wish(const std::string& text, const std::string& origin = "") {
  return {*pypi::Requirement::Parse(text), origin};
}

ResolveRequest TwoWishes() {
  return {.requirements = {Wish("numpy>=2", "step train"), Wish("Pandas[Parquet]")},
          .target = LinuxTarget("3.12.4"),
          .indexes = {"https://index.example/simple"}};
}

TEST(RequestDigest, OrderSpellingAndRepetitionDoNotMatter) {
  ResolveRequest other = TwoWishes();
  other.requirements = {Wish("pandas[parquet]"), Wish("NumPy >= 2"), Wish("numpy>=2")};
  EXPECT_EQ(RequestDigest(other), RequestDigest(TwoWishes()));
}

TEST(RequestDigest, WhoAsksDoesNotMatter) {
  ResolveRequest other = TwoWishes();
  other.requirements.front().origin = "requirements.txt line 3";
  EXPECT_EQ(RequestDigest(other), RequestDigest(TwoWishes()));
}

TEST(RequestDigest, CredentialsDoNotMatterAndAreNotWritten) {
  ResolveRequest other = TwoWishes();
  other.indexes = {"https://user:secret@index.example/simple/"};
  EXPECT_EQ(RequestDigest(other), RequestDigest(TwoWishes()));
  EXPECT_THAT(CanonicalJson(other), Not(HasSubstr("secret")));
}

TEST(RequestDigest, KernelOfTheMachineDoesNotMatter) {
  ResolveRequest other = TwoWishes();
  other.target.markers.platform_release = "6.12.9";
  other.target.markers.platform_version = "#2 SMP";
  EXPECT_EQ(RequestDigest(other), RequestDigest(TwoWishes()));
}

TEST(RequestDigest, EverythingElseMatters) {
  const auto differs = [](const auto& change) {
    ResolveRequest other = TwoWishes();
    change(other);
    return RequestDigest(other) != RequestDigest(TwoWishes());
  };
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.requirements.pop_back(); }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.constraints.push_back(Wish("numpy<3")); }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.target = LinuxTarget("3.11.4"); }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.target.tags = pypi::TagList(); }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.exclude_newer_us = 0; }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.indexes.emplace_back("https://other.example/"); }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.policies.prereleases = PrereleaseMode::kAllow; }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.policies.resolution = ResolutionMode::kLowest; }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.policies.yanked = YankedMode::kAllow; }));
  EXPECT_TRUE(
      differs([](ResolveRequest& r) { r.policies.upper_python_bound = UpperPythonBound::kObey; }));
}

}  // namespace
}  // namespace flowstone::resolve
