#include "flowstone/bundle/ignore_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace flowstone::bundle {
namespace {

enum class Verdict : std::uint8_t { kIgnored, kTakenBack, kUntouched };

struct RuleCase {
  std::string patterns;
  std::string path;
  EntryKind kind;
  Verdict verdict;
};

Verdict VerdictOf(const RuleCase& rule_case) {
  IgnoreRules rules;
  rules.Add(rule_case.patterns, "");
  const auto match = rules.Match(rule_case.path, rule_case.kind);
  if (!match) {
    return Verdict::kUntouched;
  }
  return match->ignored ? Verdict::kIgnored : Verdict::kTakenBack;
}

constexpr EntryKind kFile = EntryKind::kFile;
constexpr EntryKind kDirectory = EntryKind::kDirectory;

// The sentences of gitignore(5), one row or more each.
TEST(IgnoreRules, MeanWhatGitignoreSays) {
  const std::vector<RuleCase> table = {
      // A name without "/" matches at every level; with one it is anchored.
      {"data", "data", kFile, Verdict::kIgnored},
      {"data", "a/b/data", kFile, Verdict::kIgnored},
      {"data", "database", kFile, Verdict::kUntouched},
      {"/data", "data", kFile, Verdict::kIgnored},
      {"/data", "a/data", kFile, Verdict::kUntouched},
      {"a/data", "a/data", kFile, Verdict::kIgnored},
      {"a/data", "b/a/data", kFile, Verdict::kUntouched},
      // A trailing "/" is for directories.
      {"build/", "build", kDirectory, Verdict::kIgnored},
      {"build/", "a/build", kDirectory, Verdict::kIgnored},
      {"build/", "build", kFile, Verdict::kUntouched},
      {"/build/", "a/build", kDirectory, Verdict::kUntouched},
      // Wildcards stop at "/".
      {"*.csv", "a/x.csv", kFile, Verdict::kIgnored},
      {"a/*.csv", "a/b/x.csv", kFile, Verdict::kUntouched},
      {"a*c", "abbc", kFile, Verdict::kIgnored},
      {"a*b*c", "axbyc", kFile, Verdict::kIgnored},
      {"a*b*c", "axyc", kFile, Verdict::kUntouched},
      {"test_?.py", "test_1.py", kFile, Verdict::kIgnored},
      {"test_?.py", "test_12.py", kFile, Verdict::kUntouched},
      {"a?b", "a/b", kFile, Verdict::kUntouched},
      // Classes.
      {"v[0-9].py", "v7.py", kFile, Verdict::kIgnored},
      {"v[0-9].py", "vx.py", kFile, Verdict::kUntouched},
      {"v[!0-9].py", "vx.py", kFile, Verdict::kIgnored},
      {"v[^0-9].py", "v7.py", kFile, Verdict::kUntouched},
      {"[]-]", "]", kFile, Verdict::kIgnored},
      {"[]-]", "-", kFile, Verdict::kIgnored},
      {"[a", "[a", kFile, Verdict::kUntouched},
      // "**".
      {"**/logs", "logs", kDirectory, Verdict::kIgnored},
      {"**/logs", "a/b/logs", kDirectory, Verdict::kIgnored},
      {"logs/**", "logs/a/b", kFile, Verdict::kIgnored},
      {"logs/**", "logs", kDirectory, Verdict::kUntouched},
      {"a/**/b", "a/b", kFile, Verdict::kIgnored},
      {"a/**/b", "a/x/y/b", kFile, Verdict::kIgnored},
      {"a/**/b", "a/x/c", kFile, Verdict::kUntouched},
      {"**/a/**/b", "x/a/y/b", kFile, Verdict::kIgnored},
      // Taking back, and order.
      {"*.py\n!keep.py", "keep.py", kFile, Verdict::kTakenBack},
      {"*.py\n!keep.py", "other.py", kFile, Verdict::kIgnored},
      {"!keep.py\n*.py", "keep.py", kFile, Verdict::kIgnored},
      // Comments, blank lines, escapes, spaces, line ends.
      {"# data\n\n", "# data", kFile, Verdict::kUntouched},
      {"\\#data", "#data", kFile, Verdict::kIgnored},
      {"\\!data", "!data", kFile, Verdict::kIgnored},
      {"data  ", "data", kFile, Verdict::kIgnored},
      {"data\\ ", "data ", kFile, Verdict::kIgnored},
      {"data\r\nmore\r\n", "data", kFile, Verdict::kIgnored},
      {"\xEF\xBB\xBF"
       "data",
       "data", kFile, Verdict::kIgnored},
      {"a\\*b", "a*b", kFile, Verdict::kIgnored},
      {"a\\*b", "axb", kFile, Verdict::kUntouched},
      {"/", "a", kFile, Verdict::kUntouched},
      {"caf\xe9*", "caf\xe9.py", kFile, Verdict::kIgnored},
  };
  for (const RuleCase& rule_case : table) {
    EXPECT_EQ(VerdictOf(rule_case), rule_case.verdict)
        << "patterns '" << rule_case.patterns << "', path '" << rule_case.path << "'";
  }
}

TEST(IgnoreRules, OfADirectoryApplyBelowItAndComeAfterThoseAbove) {
  IgnoreRules rules;
  rules.Add("*.csv", "");
  rules.Add("/x.py\n!keep.csv", "sub");
  EXPECT_TRUE(rules.Match("sub/x.py", kFile)->ignored);
  EXPECT_FALSE(rules.Match("x.py", kFile).has_value());
  EXPECT_FALSE(rules.Match("sub/deep/x.py", kFile).has_value());
  EXPECT_FALSE(rules.Match("sub/keep.csv", kFile)->ignored);
  EXPECT_TRUE(rules.Match("keep.csv", kFile)->ignored);
  EXPECT_FALSE(rules.Match("subway/x.py", kFile).has_value());
}

TEST(IgnoreRules, NameTheLineThatDecides) {
  IgnoreRules rules;
  rules.Add("# big files\n*.bin\n", "data");
  EXPECT_EQ(rules.Match("data/x.bin", kFile)->rule, "*.bin (data/.flowstoneignore:2)");
}

TEST(GlobMatches, TakesNoExponentialTime) {
  const std::string text(200, 'a');
  EXPECT_FALSE(GlobMatches("a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
  std::string deep = "a";
  for (int i = 0; i < 200; ++i) {
    deep += "/a";
  }
  EXPECT_FALSE(GlobMatches("**/a/**/a/**/a/**/a/**/a/**/a/**/b", deep));
}

}  // namespace
}  // namespace flowstone::bundle
