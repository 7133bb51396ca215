#include "flowstone/pypi/specifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SpecifierSet Parsed(std::string_view text) {
  return *SpecifierSet::Parse(text);
}

bool Contains(std::string_view specifiers, std::string_view version) {
  return Parsed(specifiers).Contains(*Version::Parse(version));
}

struct Membership {
  std::string specifiers;
  std::vector<std::string> inside;
  std::vector<std::string> outside;
};

TEST(Specifier, EachOperatorContainsWhatPep440Says) {
  const std::vector<Membership> cases = {
      {"==1.0", {"1", "1.0+x"}, {"1.0.post1", "1.0rc1", "1.0.1"}},
      {"==1.0+x", {"1.0+X"}, {"1.0", "1.0+x.1"}},
      {"==1.0.*", {"1.0.dev1", "1.0rc1", "1.0.5", "1.0+x", "1.0.post1"}, {"1.1.dev1", "0.9"}},
      {"!=1.0", {"1.0.post1", "1.0rc1"}, {"1.0", "1.0+x"}},
      {"!=1.0.*", {"1.1", "0.9"}, {"1.0.3", "1.0.dev0"}},
      {">=1.0", {"1.0", "1.0+x", "1.0.post1", "2"}, {"1.0rc1", "1.0.dev0"}},
      {"<=1.0", {"1.0", "1.0+x", "1.0rc1"}, {"1.0.post0", "1.0.1"}},
      {"<1.0", {"0.9", "0.9.post5"}, {"1.0rc1", "1.0.dev0", "1.0"}},
      {"<1.0rc1", {"1.0b9", "1.0rc1.dev0"}, {"1.0rc1"}},
      {"<1.0.post2", {"1.0.post1", "1.0"}, {"1.0.post2.dev1", "1.0.post2"}},
      {">1.0", {"1.0.1", "1.1.dev0"}, {"1.0", "1.0+x", "1.0.post1", "1.0.post1+x"}},
      {">1.0.post1", {"1.0.post2", "1.0.1"}, {"1.0.post1", "1.0.post1+x"}},
      {">1.0rc1", {"1.0rc2.dev0", "1.0"}, {"1.0rc1.post1", "1.0rc1"}},
      {">1.0.dev1", {"1.0.dev2", "1.0"}, {"1.0.dev1+x"}},
      {"~=1.4", {"1.4", "1.9", "1.4.post1"}, {"2.0", "2.0.dev0", "1.3", "1.4rc1"}},
      {"~=1.4.0", {"1.4.5"}, {"1.5"}},
      {"~=1.4rc1", {"1.4rc1", "1.9"}, {"1.4b1"}},
      {"===1.0", {"1.0"}, {"1.0.0", "1"}},
      {"===V1.0", {"v1.0"}, {"1.0"}},
      {">=1!0", {"1!0", "2!0"}, {"9999"}},
  };
  for (const Membership& membership : cases) {
    for (const std::string& version : membership.inside) {
      EXPECT_TRUE(Contains(membership.specifiers, version))
          << membership.specifiers << " " << version;
    }
    for (const std::string& version : membership.outside) {
      EXPECT_FALSE(Contains(membership.specifiers, version))
          << membership.specifiers << " " << version;
    }
  }
}

TEST(Specifier, ErrorsSayWhy) {
  EXPECT_THAT(Specifier::Parse("~=1"), HasMessage(HasSubstr("at least two release components")));
  EXPECT_THAT(Specifier::Parse(">=1.0.*"), HasMessage(HasSubstr("'==' and '!=' only")));
  EXPECT_THAT(Specifier::Parse("==1.0rc1.*"), HasMessage(HasSubstr("follows a release")));
  EXPECT_THAT(Specifier::Parse(">=1.0+x"), HasMessage(HasSubstr("local label")));
  EXPECT_THAT(Specifier::Parse("=>1.0"), HasMessage(HasSubstr("no operator")));
  EXPECT_THAT(Specifier::Parse("1.0"), HasMessage(HasSubstr("hint: write '==1.0'")));
  EXPECT_THAT(Specifier::Parse("==="), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(Specifier::Parse("== 1 .0"), HasMessage(HasSubstr("'1 .0' is not a version")));
}

TEST(Specifier, SpellingsOfOneConstraintAreEqual) {
  EXPECT_EQ(Specifier::Parse("==1.0")->ToString(), "==1.0");
  EXPECT_EQ(*Specifier::Parse("==1.0"), *Specifier::Parse(" == v1.0.0 "));
  EXPECT_FALSE(*Specifier::Parse("~=1.0") == *Specifier::Parse("~=1.0.0"));
  EXPECT_FALSE(*Specifier::Parse("==1.*") == *Specifier::Parse("==1.0.*"));
  EXPECT_FALSE(*Specifier::Parse("==1.0") == *Specifier::Parse("!=1.0"));
}

TEST(SpecifierSet, IsWrittenSortedAndOnce) {
  EXPECT_EQ(Parsed(" >=1.0 , !=1.4.* ,>=1.0,").ToString(), "!=1.4.*,>=1.0");
  EXPECT_EQ(Parsed(">=1,<2"), Parsed("<2.0,>=1"));
  EXPECT_FALSE(Parsed(">=1,<2") == Parsed(">=1"));
  EXPECT_EQ(Parsed("").ToString(), "");
}

TEST(SpecifierSet, PrereleasesAreAdmittedByNamingOne) {
  EXPECT_TRUE(Parsed(">=1.0rc1").AdmitsPrereleases());
  EXPECT_TRUE(Parsed(">=0.5,<2.0.dev0").AdmitsPrereleases());
  EXPECT_TRUE(Parsed("===1.0rc1").AdmitsPrereleases());
  EXPECT_FALSE(Parsed("!=1.0rc1").AdmitsPrereleases());
  EXPECT_FALSE(Parsed("==1.0.*").AdmitsPrereleases());
  EXPECT_FALSE(Parsed("").AdmitsPrereleases());
}

TEST(SpecifierSet, PolicyDecidesAboutPrereleases) {
  const Version candidate = *Version::Parse("2.0rc1");
  EXPECT_TRUE(Parsed(">=1").Contains(candidate));
  EXPECT_FALSE(Parsed(">=1").Contains(candidate, PrereleasePolicy::kNever));
  EXPECT_FALSE(Parsed(">=1").Contains(candidate, PrereleasePolicy::kIfNamed));
  EXPECT_TRUE(Parsed(">=1.0rc1").Contains(candidate, PrereleasePolicy::kIfNamed));
  EXPECT_FALSE(Parsed(">=1.0rc1").Contains(candidate, PrereleasePolicy::kNever));
}

TEST(SpecifierSet, FilterTakesPrereleasesWhenThereIsNothingElse) {
  const std::vector<Version> versions = {*Version::Parse("1.0"), *Version::Parse("2.0rc1"),
                                         *Version::Parse("1.5")};
  EXPECT_THAT(Parsed(">=1").Filter(versions, PrereleasePolicy::kIfNecessary), ElementsAre(0, 2));
  EXPECT_THAT(Parsed(">=1.9").Filter(versions, PrereleasePolicy::kIfNecessary), ElementsAre(1));
  EXPECT_THAT(Parsed(">=1.9").Filter(versions, PrereleasePolicy::kIfNamed), IsEmpty());
  EXPECT_THAT(Parsed(">=1.0a1").Filter(versions, PrereleasePolicy::kIfNecessary),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(Parsed("").Filter(versions, PrereleasePolicy::kAlways), ElementsAre(0, 1, 2));
}

TEST(SpecifierSet, AddIntersects) {
  SpecifierSet set = Parsed(">=1");
  set.Add(Parsed("<2"));
  EXPECT_EQ(set, Parsed(">=1,<2"));
}

TEST(SpecifierSet, AddChangesNoCopy) {
  SpecifierSet set = Parsed(">=1");
  const SpecifierSet copy = set;
  set.Add(Parsed("<2"));
  EXPECT_EQ(copy, Parsed(">=1"));
  SpecifierSet nothing;
  nothing.Add(copy);
  nothing.Add(SpecifierSet());
  EXPECT_EQ(nothing, copy);
}

}  // namespace
}  // namespace flowstone::pypi
