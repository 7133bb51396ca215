#include "flowstone/pypi/leniency.h"

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

struct Repair {
  std::string text;
  std::string repaired;
  Leniency leniency;
};

TEST(Leniency, RepairsSpecifiersByNamedRules) {
  const std::vector<Repair> cases = {
      {">=1.0<2.0", "<2.0,>=1.0", Leniency::kMissingComma},
      {">=1.0 <2.0", "<2.0,>=1.0", Leniency::kMissingComma},
      {">=\"1.0\"", ">=1.0", Leniency::kQuotedVersion},
      {"'>=1.0'", ">=1.0", Leniency::kQuotedVersion},
      {">=3.6.", ">=3.6", Leniency::kTrailingDot},
      {">=3.6.*", ">=3.6", Leniency::kOrderedWildcard},
      {"<4.*", "<4", Leniency::kOrderedWildcard},
      {"~=1.4.*", "~=1.4", Leniency::kOrderedWildcard},
      {"~=1.*", "==1.*", Leniency::kOrderedWildcard},
      {"==1.0*", "==1.0.*", Leniency::kMissingDot},
      {"!=~1.0", "!=1.0.*", Leniency::kNotEqualTilde},
      {"*", "", Leniency::kBareWildcard},
      {">=*", "", Leniency::kBareWildcard},
      {">dev", ">0.dev0", Leniency::kBareDev},
  };
  for (const Repair& repair : cases) {
    EXPECT_FALSE(SpecifierSet::Parse(repair.text)) << repair.text << " needs no repair";
    const Result<Lenient<SpecifierSet>> parsed = ParseSpecifiersLeniently(repair.text);
    ASSERT_TRUE(parsed) << repair.text;
    EXPECT_EQ(parsed->value.ToString(), repair.repaired) << repair.text;
    EXPECT_THAT(parsed->repairs, ElementsAre(repair.leniency)) << repair.text;
  }
}

TEST(Leniency, SeveralRepairsAreNotedOnceEach) {
  const auto parsed = *ParseSpecifiersLeniently(">=2.7.*,!=3.0.*,<4.*<5");
  EXPECT_EQ(parsed.value, *SpecifierSet::Parse(">=2.7,!=3.0.*,<4,<5"));
  EXPECT_THAT(parsed.repairs, ElementsAre(Leniency::kMissingComma, Leniency::kOrderedWildcard));
}

TEST(Leniency, StandardTextsAreLeftAlone) {
  EXPECT_THAT(ParseSpecifiersLeniently(">=1.0,!=1.4.*")->repairs, IsEmpty());
  EXPECT_THAT(ParseRequirementLeniently("a (>=1.0,)")->repairs, IsEmpty());
}

TEST(Leniency, WhatCannotBeRepairedIsRefused) {
  EXPECT_THAT(ParseSpecifiersLeniently(">=abc"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(ParseSpecifiersLeniently("!=*"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(ParseSpecifiersLeniently("==== 1"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(ParseRequirementLeniently("name; bogus == 'x'"),
              HasMessage(HasSubstr("'bogus' is not a marker variable")));
}

TEST(Leniency, RepairsRequirements) {
  const auto parsed =
      *ParseRequirementLeniently("Old_Name_ (>=1.0<2.0) ; python_version in '2.7, 3.4'");
  EXPECT_EQ(parsed.value.ToString(), "old-name<2.0,>=1.0; python_version in \"2.7, 3.4\"");
  EXPECT_THAT(parsed.repairs, ElementsAre(Leniency::kNameEnd, Leniency::kMissingComma));
}

// Each line stands in the metadata of files that are in use.
TEST(Leniency, ReadsWhatOldToolsWrote) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"foo (>=1.0)", "foo>=1.0"},
      {"foo (>=1.0,)", "foo>=1.0"},
      {"foo (>=2.*)", "foo>=2"},
      {"foo (!=1.1.*,)", "foo!=1.1.*"},
      {"foo (>='1.0')", "foo>=1.0"},
      {"foo (>= 1.0, < 2)", "foo<2,>=1.0"},
      {"torch (>=1.8<2dev)", "torch<2dev,>=1.8"},
      {"foo[Bar_Baz,QUX]>=1", "foo[bar-baz,qux]>=1"},
      {"foo >= 1.0 , <2.0", "foo<2.0,>=1.0"},
      {"foo; python_version in \"3.6, 3.7\"", "foo; python_version in \"3.6, 3.7\""},
      {"foo; \"3.8\" <= python_version", "foo; \"3.8\" <= python_version"},
      {"foo; extra == 'a' or extra == 'b'", "foo; extra == \"a\" or extra == \"b\""},
      {"foo; platform_release >= '6.1.0-13-amd64'", "foo; platform_release >= \"6.1.0-13-amd64\""},
      {"foo; sys.platform == 'win32' and os.name == 'nt'",
       "foo; sys_platform == \"win32\" and os_name == \"nt\""},
      {"foo; platform.python_implementation == 'PyPy'",
       "foo; platform_python_implementation == \"PyPy\""},
      {"foo; (python_version=='2.7')", "foo; python_version == \"2.7\""},
  };
  for (const auto& [text, meaning] : cases) {
    const Result<Lenient<Requirement>> parsed = ParseRequirementLeniently(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(parsed->value.ToString(), meaning);
  }
}

TEST(Leniency, EveryRuleHasAName) {
  EXPECT_EQ(LeniencyName(Leniency::kMissingComma), "missing-comma");
  EXPECT_EQ(LeniencyName(Leniency::kNameEnd), "name-end");
  EXPECT_EQ(LeniencyName(Leniency::kBareDev), "bare-dev");
}

}  // namespace
}  // namespace flowstone::pypi
