#include "flowstone/resolve/request.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

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

TEST(RequestDigest, WhatIsSaidTwiceDoesNotMatter) {
  ResolveRequest other = TwoWishes();
  other.exclude_newer_of_us.emplace(*pypi::Name::Parse("numpy"), std::nullopt);
  other.policies.binaries.by_project.emplace(*pypi::Name::Parse("numpy"),
                                             BinaryPolicy::kOnlyWheels);
  EXPECT_EQ(RequestDigest(other), RequestDigest(TwoWishes()));
}

TEST(RequestDigest, WhatIsNotSaidIsNotWritten) {
  const std::string json = CanonicalJson(TwoWishes());
  for (const char* key : {"overrides", "excludes", "exclude-newer", "binaries", "forks", "hashes",
                          "prereleases-of", "metadata-of"}) {
    EXPECT_THAT(json, Not(HasSubstr(key)));
  }
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
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.overrides.push_back(Wish("numpy<3")); }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.excludes.push_back(*pypi::Name::Parse("six")); }));
  EXPECT_TRUE(differs(
      [](ResolveRequest& r) { r.exclude_newer_of_us.emplace(*pypi::Name::Parse("numpy"), 0); }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.hashes = HashPolicy::kRequired; }));
  EXPECT_TRUE(
      differs([](ResolveRequest& r) { r.builds.constraints.push_back(Wish("setuptools<80")); }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.builds.settings["o"] = {"1"}; }));
  EXPECT_TRUE(differs(
      [](ResolveRequest& r) { r.builds.settings_of[*pypi::Name::Parse("numpy")]["o"] = {"1"}; }));
  EXPECT_TRUE(differs([](ResolveRequest& r) {
    r.requirements.front().hashes.push_back({"sha256", "00ff"});
  }));
  EXPECT_TRUE(differs(
      [](ResolveRequest& r) { r.policies.binaries.by_default = BinaryPolicy::kAnySource; }));
  EXPECT_TRUE(differs([](ResolveRequest& r) {
    r.policies.binaries.by_project.emplace(*pypi::Name::Parse("numpy"), BinaryPolicy::kNoWheels);
  }));
  EXPECT_TRUE(differs([](ResolveRequest& r) { r.policies.forks = ForkPolicy::kFewestVersions; }));
  EXPECT_TRUE(differs([](ResolveRequest& r) {
    r.policies.prereleases_of.emplace(*pypi::Name::Parse("numpy"), PrereleaseMode::kAllow);
  }));
}

TEST(RequestDigest, WhatIsStatedInPlaceOfMetadataMatters) {
  const pypi::Name numpy = *pypi::Name::Parse("numpy");
  const auto stating = [](std::vector<pypi::StatedMetadata> stated) {
    ResolveRequest request = TwoWishes();
    request.stated_metadata = std::move(stated);
    return RequestDigest(request);
  };
  const pypi::Requirement six = *pypi::Requirement::Parse("six");
  const pypi::Requirement attrs = *pypi::Requirement::Parse("attrs");
  const Digest nothing = stating({{.name = numpy}});
  EXPECT_NE(nothing, stating({}));
  EXPECT_NE(nothing, stating({{.name = numpy, .version = *pypi::Version::Parse("2.0")}}));
  EXPECT_NE(nothing, stating({{.name = numpy, .requires_dist = {six}}}));
  EXPECT_NE(nothing,
            stating({{.name = numpy, .requires_python = *pypi::SpecifierSet::Parse(">=3.9")}}));
  EXPECT_NE(nothing,
            stating({{.name = numpy, .provides_extra = {*pypi::ExtraName::Parse("tls")}}}));
  EXPECT_EQ(stating({{.name = numpy, .requires_dist = {six, attrs}}}),
            stating({{.name = numpy, .requires_dist = {attrs, six}}}));
  // What a nearer statement hides changes nothing.
  EXPECT_EQ(nothing, stating({{.name = numpy}, {.name = numpy, .requires_dist = {six}}}));
}

}  // namespace
}  // namespace flowstone::resolve
