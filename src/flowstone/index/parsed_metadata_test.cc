#include "flowstone/index/parsed_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::index {
namespace {

using ::testing::HasSubstr;

std::string Fields(const std::string& more) {
  return "Metadata-Version: 2.1\nName: Pkg\nVersion: 1.0.0\n" + more;
}

TEST(ParsedMetadataTest, SaysWhatTheTextSays) {
  const ParsedMetadata parsed = ParsedMetadata::Of(
      Fields("Requires-Python: >=3.8\nProvides-Extra: Dev_Tools\nProvides-Extra: all\n"
             "Requires-Dist: Other[b,a] (>=1.0<2)\n"
             "Requires-Dist: third @ https://files.example/t.whl ; extra == 'all'\n"));
  ASSERT_TRUE(parsed.is_readable());
  EXPECT_EQ(parsed.name(), "pkg");
  EXPECT_EQ(parsed.version(), "1.0.0");
  EXPECT_EQ(parsed.requires_python(), ">=3.8");
  ASSERT_EQ(parsed.extra_count(), 2U);
  EXPECT_EQ(parsed.extra(0), "dev-tools");
  EXPECT_EQ(parsed.extra(1), "all");
  ASSERT_EQ(parsed.dependency_count(), 2U);
  const ParsedMetadata::Dependency first = parsed.dependency(0);
  EXPECT_EQ(first.name, "other");
  EXPECT_EQ(first.extras, "a,b");
  EXPECT_EQ(first.specifiers, "<2,>=1.0");
  EXPECT_EQ(first.url, "");
  EXPECT_EQ(first.marker, "");
  const ParsedMetadata::Dependency second = parsed.dependency(1);
  EXPECT_EQ(second.name, "third");
  EXPECT_EQ(second.url, "https://files.example/t.whl");
  EXPECT_EQ(second.marker, "extra == \"all\"");
}

TEST(ParsedMetadataTest, WhatCannotBeReadSaysWhy) {
  const ParsedMetadata parsed = ParsedMetadata::Of(Fields("Requires-Dist: other (<2.0de)\n"));
  EXPECT_FALSE(parsed.is_readable());
  EXPECT_THAT(std::string(parsed.problem()), HasSubstr("2.0de"));
  EXPECT_EQ(parsed.dependency_count(), 0U);
}

TEST(ParsedMetadataTest, TheTextsOfADependencyReadBackStrictly) {
  for (const std::string line :
       {"a", "a[x]", "a (>=1,!=1.4.*,~=1.2)", "a===weird", "a>=1.0.*", "a==1.0+local.1",
        "a; python_version < '3.9' and (sys_platform == \"win32\" or extra == 'x')",
        "a>=1!2 ; python_version in '3.6, 3.7'", "a ; \"3.8\" <= python_version"}) {
    const ParsedMetadata parsed = ParsedMetadata::Of(Fields("Requires-Dist: " + line + "\n"));
    ASSERT_TRUE(parsed.is_readable()) << line;
    const ParsedMetadata::Dependency dependency = parsed.dependency(0);
    const auto original = pypi::ParseRequirementLeniently(line);
    ASSERT_TRUE(original.has_value());
    const auto specifiers = pypi::SpecifierSet::Parse(dependency.specifiers);
    ASSERT_TRUE(specifiers.has_value()) << dependency.specifiers;
    EXPECT_EQ(*specifiers, original->value.specifiers) << line;
    if (!dependency.marker.empty()) {
      const auto marker = pypi::Marker::Parse(dependency.marker);
      ASSERT_TRUE(marker.has_value()) << dependency.marker;
      EXPECT_EQ(*marker, original->value.marker);
    }
  }
}

TEST(ParsedMetadataTest, ItsTextReadsBackToTheSame) {
  const ParsedMetadata parsed = ParsedMetadata::Of(
      Fields("Requires-Python: >=3.8\nProvides-Extra: all\nRequires-Dist: other[b,a]>=1\n"
             "Requires-Dist: third @ https://files.example/t.whl ; extra == 'all'\n"));
  EXPECT_EQ(ParsedMetadata::Of(parsed.ToText()).bytes(), parsed.bytes());
}

TEST(ParsedMetadataTest, EqualDependenciesHaveEqualHashes) {
  const ParsedMetadata parsed = ParsedMetadata::Of(
      Fields("Requires-Dist: other>=1\nRequires-Dist: Other (>=1)\nRequires-Dist: other>=2\n"));
  EXPECT_EQ(parsed.dependency(0).hash, parsed.dependency(1).hash);
  EXPECT_NE(parsed.dependency(0).hash, parsed.dependency(2).hash);
}

TEST(ParsedMetadataTest, DamagedBytesAreReadWithinTheirBounds) {
  const std::string good(ParsedMetadata::Of(Fields("Requires-Dist: other[x]>=1; extra == 'y'\n"
                                                   "Provides-Extra: y\n"))
                             .bytes());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char damage : {'\xff', '\x7f', '\x00'}) {
      const auto bad = std::make_unique<std::string>(good);
      (*bad)[i] = damage;
      bad->shrink_to_fit();
      const std::optional<ParsedMetadata> parsed = ParsedMetadata::Open(*bad, nullptr);
      if (parsed && parsed->dependency_count() == 1 && parsed->extra_count() == 1) {
        const ParsedMetadata::Dependency dependency = parsed->dependency(0);
        EXPECT_LE(dependency.marker.size(), bad->size());
        (void)parsed->extra(0);
        (void)parsed->name();
      }
    }
  }
  EXPECT_FALSE(ParsedMetadata::Open(good.substr(0, 40), nullptr).has_value());
  EXPECT_FALSE(ParsedMetadata::Open("", nullptr).has_value());
}

}  // namespace
}  // namespace flowstone::index
