#include "flowstone/pypi/version_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/pypi/specifier.h"

namespace flowstone::pypi {
namespace {

VersionSet Of(std::string_view specifiers) {
  return SpecifierSet::Parse(specifiers)->ToVersionSet();
}

Version Parsed(std::string_view text) {
  return *Version::Parse(text);
}

TEST(VersionSet, SpecifiersThatMeanTheSameAreEqual) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {">1.0a1", ">=1.0a2.dev0"},    {"<=1.0", "<1.0.post0.dev0"},
      {"==1.0", ">=1.0,<=1.0"},      {"<=1.0.dev3", "<1.0.dev4"},
      {"<1.0", "<1.0.dev0"},         {"<=1.0.post2", "<1.0.post3.dev0"},
      {"~=1.4", ">=1.4,==1.*"},      {"~=1.4.2", ">=1.4.2,==1.4.*"},
      {"==1.*", ">=1.dev0,<2.dev0"}, {">=0.dev0", ""},
      {"<0.dev0", "<1,>=1"},         {"!=1.0,!=1.0", "!=1"},
      {">1.0.dev1", ">=1.0.dev2"},   {"==1.0.*", ">=1.0.dev0,<1.1.dev0"},
  };
  for (const auto& [a, b] : cases) {
    EXPECT_EQ(Of(a), Of(b)) << a << " and " << b;
    EXPECT_EQ(std::hash<VersionSet>()(Of(a)), std::hash<VersionSet>()(Of(b)));
  }
}

TEST(VersionSet, EmptyAndFull) {
  EXPECT_TRUE(VersionSet().is_empty());
  EXPECT_TRUE(VersionSet::Full().is_full());
  EXPECT_TRUE(Of("").is_full());
  EXPECT_TRUE(Of(">2,<1").is_empty());
  EXPECT_EQ(VersionSet::Full().Complement(), VersionSet::Empty());
  EXPECT_EQ(VersionSet::Empty().Complement(), VersionSet::Full());
}

TEST(VersionSet, UnionJoinsWhatTouches) {
  EXPECT_EQ(Of("<1.5").Union(Of(">=1.5.dev0")), VersionSet::Full());
  EXPECT_EQ(Of(">=1,<2").Union(Of(">=1.5,<3")), Of(">=1,<3"));
  EXPECT_EQ(Of("<1").Union(Of(">2")).intervals().size(), 2U);
}

TEST(VersionSet, ComplementOfAPointHasAHole) {
  const VersionSet all_but = Of("==1.5").Complement();
  EXPECT_FALSE(all_but.Contains(Parsed("1.5")));
  EXPECT_FALSE(all_but.Contains(Parsed("1.5+local")));
  EXPECT_TRUE(all_but.Contains(Parsed("1.5.post0.dev0")));
  EXPECT_TRUE(all_but.Contains(Parsed("1.5rc1")));
  EXPECT_EQ(all_but, Of("!=1.5"));
}

TEST(VersionSet, ALocalLabelIsOneVersionOnly) {
  const VersionSet labelled = VersionSet::Exactly(Parsed("1.0+abc"));
  EXPECT_TRUE(labelled.Contains(Parsed("1.0+ABC")));
  EXPECT_FALSE(labelled.Contains(Parsed("1.0")));
  EXPECT_FALSE(labelled.Contains(Parsed("1.0+abc.1")));
  EXPECT_TRUE(labelled.IsSubsetOf(VersionSet::Exactly(Parsed("1.0"))));
}

TEST(VersionSet, SubsetAndDisjoint) {
  EXPECT_TRUE(Of("==1.4.*").IsSubsetOf(Of("~=1.2")));
  EXPECT_FALSE(Of("~=1.2").IsSubsetOf(Of("==1.4.*")));
  EXPECT_TRUE(Of("<1.0").IsDisjointFrom(Of(">=1.0rc1")));
  EXPECT_FALSE(Of("<=1.0").IsDisjointFrom(Of(">=1.0rc1")));
}

TEST(VersionSet, ExactTextsAreNotValues) {
  const VersionSet spelt = Of("===1.0");
  EXPECT_TRUE(spelt.Contains(Parsed("1.0")));
  EXPECT_FALSE(spelt.Contains(Parsed("1.0.0")));
  EXPECT_FALSE(spelt.is_empty());
  EXPECT_TRUE(Of("===no-version").is_empty());
}

TEST(VersionSet, ExactTextsTakePartInTheAlgebra) {
  const VersionSet spelt = Of("===1.0RC1");
  EXPECT_FALSE(spelt.IsSubsetOf(Of("<1.0")));
  EXPECT_TRUE(spelt.IsSubsetOf(Of("<=1.0")));
  EXPECT_TRUE(spelt.IsDisjointFrom(Of(">=1.0")));
  EXPECT_TRUE(spelt.Intersection(spelt.Complement()).is_empty());
  EXPECT_TRUE(spelt.Union(spelt.Complement()).is_full());
  EXPECT_FALSE(spelt.Complement().Contains(Parsed("1.0rc1")));
  EXPECT_TRUE(spelt.Complement().Contains(Parsed("1.0c1")));
  EXPECT_EQ(spelt.Union(Of("==1.0rc1")), Of("==1.0rc1"));
}

TEST(VersionSet, PrintsWhatAPersonWouldWrite) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "any version"},
      {"<1,>2", "no version"},
      {">=1.0,<2.0", ">=1,<2"},
      {"==1.5", "==1.5"},
      {"==1.5+abc", "==1.5+abc"},
      {"==1.4.*", "==1.4.*"},
      {"==0.*", "<1"},
      {"~=1.4.2", ">=1.4.2,<1.5"},
      {"!=1.5", "!=1.5"},
      {">=1,!=1.5,!=1.7.*,<2", ">=1,<2,!=1.5,!=1.7.*"},
      {">1.0", ">1"},
      {"<=1.0", "<=1"},
      {"<1.0rc1", "<1rc1"},
      {"<=1.0rc1", "<=1rc1"},
      {"<1.0.post2", "<1.post2"},
      {"===1.0", "===1.0"},
  };
  for (const auto& [specifiers, text] : cases) {
    EXPECT_EQ(Of(specifiers).ToString(), text) << specifiers;
  }
}

TEST(VersionSet, PrintsWhatNoSpecifierSays) {
  EXPECT_EQ(Of("<1").Union(Of(">=2,<3")).ToString(), "<1 or >=2,<3");
  EXPECT_EQ(Of(">1.0").Complement().ToString(), "not >1");
  EXPECT_EQ(Of("===1.0").Complement().ToString(), "any version except ===1.0");
  EXPECT_EQ(Of("==2.*").Union(Of("===1.0")).ToString(), "==2.* or ===1.0");
}

}  // namespace
}  // namespace flowstone::pypi
