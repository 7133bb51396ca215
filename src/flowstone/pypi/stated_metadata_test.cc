#include "flowstone/pypi/stated_metadata.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace flowstone::pypi {
namespace {

Name ProjectNamed(const std::string& name) {
  return *Name::Parse(name);
}

StatedMetadata Needing(const std::string& dependency, std::optional<std::string> version = {}) {
  StatedMetadata stated{.name = ProjectNamed("app"),
                        .requires_dist = {*Requirement::Parse(dependency)}};
  if (version) {
    stated.version = *Version::Parse(*version);
  }
  return stated;
}

std::string FoundFor(const std::vector<StatedMetadata>& all, const std::string& version) {
  const StatedMetadata* const stated =
      FindStated(all, ProjectNamed("app"), *Version::Parse(version));
  return stated == nullptr ? "" : stated->ToString();
}

TEST(StatedMetadataTest, WhatIsSaidOfAVersionCountsBeforeWhatIsSaidOfAll) {
  const std::vector<StatedMetadata> all = {Needing("general"), Needing("special", "2.0")};
  EXPECT_EQ(FoundFor(all, "2"), "requires-dist special");
  EXPECT_EQ(FoundFor(all, "1"), "requires-dist general");
}

TEST(StatedMetadataTest, TheFirstStatementCounts) {
  EXPECT_EQ(FoundFor({Needing("near"), Needing("far")}, "1"), "requires-dist near");
  EXPECT_EQ(FoundFor({Needing("near", "1.0"), Needing("far", "1")}, "1"), "requires-dist near");
}

TEST(StatedMetadataTest, OtherVersionsAndProjectsAreLeftAlone) {
  EXPECT_EQ(FoundFor({Needing("special", "2.0")}, "1"), "");
  EXPECT_EQ(FindStated({Needing("x")}, ProjectNamed("other"), *Version::Parse("1")), nullptr);
}

TEST(StatedMetadataTest, ASourceWithoutAVersionTakesTheOneThatIsStated) {
  const std::vector<StatedMetadata> versioned = {Needing("x", "1.5")};
  ASSERT_NE(FindStated(versioned, ProjectNamed("app")), nullptr);
  EXPECT_EQ(FindStated(versioned, ProjectNamed("app"))->version, *Version::Parse("1.5"));
  EXPECT_EQ(FindStated({Needing("x")}, ProjectNamed("app")), nullptr);
  EXPECT_EQ(FindStated({Needing("x", "1"), Needing("x", "2")}, ProjectNamed("app")), nullptr);
}

TEST(StatedMetadataTest, BecomesTheMetadataOfTheVersion) {
  StatedMetadata stated = Needing("leaf<2; extra == 'tls'");
  stated.requires_python = *SpecifierSet::Parse(">=3.9");
  stated.provides_extra = {*ExtraName::Parse("tls")};
  const CoreMetadata metadata = stated.Of(*Version::Parse("2.0"));
  EXPECT_EQ(metadata.name, ProjectNamed("app"));
  EXPECT_EQ(metadata.version, *Version::Parse("2.0"));
  ASSERT_EQ(metadata.requires_dist.size(), 1U);
  EXPECT_EQ(metadata.requires_dist[0].requirement, stated.requires_dist[0]);
  EXPECT_EQ(metadata.requires_python_text, ">=3.9");
  EXPECT_EQ(metadata.provides_extra, stated.provides_extra);
  EXPECT_EQ(stated.ToString(),
            "requires-dist leaf<2; extra == \"tls\", requires-python >=3.9, provides-extra tls");
}

TEST(StatedMetadataTest, OfNothingIsSaidSo) {
  EXPECT_EQ((StatedMetadata{.name = ProjectNamed("app")}).ToString(), "nothing");
}

}  // namespace
}  // namespace flowstone::pypi
