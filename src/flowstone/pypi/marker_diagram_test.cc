#include "flowstone/pypi/marker_diagram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "flowstone/pypi/specifier.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

Marker Read(std::string_view text) {
  const Result<Marker> marker = Marker::Parse(text, MarkerVariables::kLockFile);
  EXPECT_TRUE(marker) << text;
  return marker ? *marker : Marker();
}

VersionSet Pythons(std::string_view specifiers) {
  return SpecifierSet::Parse(specifiers)->ToVersionSet();
}

class MarkerDiagrams : public ::testing::Test {
 protected:
  MarkerDiagram Of(std::string_view text) { return algebra_.Of(Read(text)); }
  std::string Canonical(std::string_view text) { return algebra_.ToMarker(Of(text)).ToString(); }
  std::string SimplifiedFor(std::string_view pythons, std::string_view text) {
    const MarkerDiagram assumption = algebra_.OfPython(Pythons(pythons));
    return algebra_.ToMarker(algebra_.Simplify(Of(text), assumption)).ToString();
  }
  bool AreDisjoint(std::string_view a, std::string_view b) {
    return algebra_.AreDisjoint(Of(a), Of(b));
  }
  bool Implies(std::string_view a, std::string_view b) { return algebra_.Implies(Of(a), Of(b)); }

  MarkerAlgebra algebra_;
};

TEST_F(MarkerDiagrams, EqualMeaningIsEqualDiagram) {
  EXPECT_EQ(Of("python_version < '3.8' or python_version >= '3.8'"), MarkerAlgebra::Always());
  EXPECT_EQ(Of("os_name == 'nt' and os_name == 'posix'"), MarkerAlgebra::Never());
  EXPECT_EQ(Of("python_version > '3.7'"), Of("python_version >= '3.8'"));
  EXPECT_EQ(Of("'3.8' <= python_version"), Of("python_version >= '3.8'"));
  EXPECT_EQ(Of("python_version in '3.8, 3.9'"),
            Of("python_version == '3.8' or python_version == '3.9'"));
  EXPECT_EQ(Of("python_version ~= '3.8'"), Of("python_version >= '3.8' and python_version < '4'"));
  EXPECT_EQ(Of("'linux' == sys_platform"), Of("sys_platform >= 'linux'"));
  EXPECT_EQ(Of("extra != 'a' or extra == 'A'"), MarkerAlgebra::Always());
}

// packaging joins operator and text before it reads them.
TEST_F(MarkerDiagrams, ATextMayCompleteItsOperator) {
  EXPECT_EQ(Of("python_version > '= 3'"), Of("python_version >= '3'"));
  EXPECT_EQ(Of("python_full_version < '=3.8'"), Of("python_full_version <= '3.8'"));
}

TEST_F(MarkerDiagrams, ABuildBetweenReleasesIsWrittenAsItWasAsked) {
  EXPECT_EQ(Canonical("python_full_version === '3.13.0+local'"),
            "python_full_version === \"3.13.0+local\"");
}

TEST_F(MarkerDiagrams, PythonVersionIsAskedOfTheFullVersion) {
  EXPECT_TRUE(Implies("python_full_version >= '3.8.2'", "python_version >= '3.8'"));
  EXPECT_TRUE(AreDisjoint("python_full_version < '3.8'", "python_version >= '3.8'"));
  EXPECT_FALSE(AreDisjoint("python_full_version <= '3.8.0'", "python_version >= '3.8'"));
  EXPECT_TRUE(AreDisjoint("python_version == '3.1'", "python_version == '3.10'"));
}

TEST_F(MarkerDiagrams, PreviewsOfAnInterpreterAreApartUnlessAskedOtherwise) {
  EXPECT_NE(Of("python_full_version >= '3.13' or python_full_version < '3.13'"),
            MarkerAlgebra::Always());
  MarkerAlgebra releases(InterpreterPreviews::kAsReleases);
  EXPECT_EQ(releases.Of(Read("python_full_version >= '3.13' or python_full_version < '3.13'")),
            MarkerAlgebra::Always());
  EXPECT_EQ(releases.Of(Read("python_full_version >= '3.13'")),
            releases.Of(Read("python_version >= '3.13'")));
}

TEST_F(MarkerDiagrams, PlatformsThatCannotBeAreImpossible) {
  EXPECT_TRUE(AreDisjoint("os_name == 'nt'", "sys_platform == 'linux'"));
  EXPECT_TRUE(AreDisjoint("sys_platform == 'win32'", "platform_system == 'Darwin'"));
  EXPECT_TRUE(Implies("platform_system == 'Windows'", "sys_platform == 'win32'"));
  EXPECT_FALSE(AreDisjoint("os_name == 'posix'", "sys_platform == 'darwin'"));
  EXPECT_NE(algebra_.And(Of("os_name == 'nt'"), Of("sys_platform == 'linux'")),
            MarkerAlgebra::Never());
}

TEST_F(MarkerDiagrams, AnImplementationHasOneFactUnderTwoNames) {
  EXPECT_TRUE(
      AreDisjoint("implementation_name == 'cpython'", "platform_python_implementation == 'PyPy'"));
  EXPECT_TRUE(
      Implies("platform_python_implementation == 'CPython'", "implementation_name == 'cpython'"));
  EXPECT_FALSE(
      Implies("implementation_name != 'cpython'", "platform_python_implementation == 'PyPy'"));
}

TEST_F(MarkerDiagrams, PredicatesAreDecidedWhereTheValueIsKnown) {
  EXPECT_TRUE(Implies("sys_platform == 'linux'", "'nux' in sys_platform"));
  EXPECT_TRUE(AreDisjoint("sys_platform == 'darwin'", "sys_platform in 'linux win32'"));
  EXPECT_EQ(Of("sys_platform in 'linux' or sys_platform not in 'linux'"), MarkerAlgebra::Always());
}

TEST_F(MarkerDiagrams, AKernelReleaseMayBeNoVersion) {
  EXPECT_NE(Of("platform_release >= '5' or platform_release < '5'"), MarkerAlgebra::Always());
  EXPECT_TRUE(AreDisjoint("platform_release >= '5'", "platform_release < '5'"));
  const MarkerEnvironment odd{.platform_release = "6.1.0-13-amd64"};
  EXPECT_FALSE(algebra_.Evaluate(Of("platform_release >= '5'"), odd));
  EXPECT_TRUE(algebra_.Evaluate(MarkerAlgebra::Not(Of("platform_release >= '5'")), odd));
}

TEST_F(MarkerDiagrams, AreWrittenInOneShortWay) {
  EXPECT_EQ(Canonical("python_version > '3.7' and python_version < '3.9'"),
            "python_version == \"3.8\"");
  EXPECT_EQ(Canonical("python_version != '3.8'"), "python_version != \"3.8\"");
  EXPECT_EQ(Canonical("os_name == 'nt' or (os_name != 'nt' and python_version >= '3.9')"),
            "os_name == \"nt\" or python_version >= \"3.9\"");
  EXPECT_EQ(Canonical("python_version < '3.8' and os_name == 'nt' or python_version >= '3.8'"),
            "os_name == \"nt\" or python_version >= \"3.8\"");
  EXPECT_EQ(Canonical("python_version < '0'"), "python_version < \"0\"");
  EXPECT_EQ(Canonical("os_name == 'nt' or os_name != 'nt'"), "");
  EXPECT_EQ(Canonical("python_full_version < '3.11.3'"), "python_full_version < \"3.11.3\"");
  EXPECT_EQ(Canonical("sys_platform != 'darwin' and sys_platform != 'win32'"),
            "sys_platform != \"darwin\" and sys_platform != \"win32\"");
  EXPECT_EQ(Canonical("'x' not in extras and \"d\" in dependency_groups"),
            "\"x\" not in extras and \"d\" in dependency_groups");
}

TEST_F(MarkerDiagrams, WhatTheGrammarCannotNegateIsSaidInAnotherWay) {
  const auto negated = [&](std::string_view text) {
    return algebra_.ToMarker(MarkerAlgebra::Not(Of(text))).ToString();
  };
  EXPECT_EQ(negated("python_full_version >= '3.8.1'"),
            "python_full_version <= \"3.8.1\" and python_full_version != \"3.8.1\"");
  EXPECT_EQ(negated("platform_release >= '5'"),
            "platform_release <= \"5\" and platform_release != \"5\" or \"?\" != platform_release");
}

TEST_F(MarkerDiagrams, SimplifyKeepsWhatTheAssumptionLeavesOpen) {
  EXPECT_EQ(SimplifiedFor(">=3.8", "python_version >= '3.7'"), "");
  EXPECT_EQ(SimplifiedFor(">=3.8", "python_version >= '3.8' and python_version < '3.11'"),
            "python_version < \"3.11\"");
  EXPECT_EQ(SimplifiedFor(">=3.8,<3.13", "python_version >= '3.10' and python_version < '3.13'"),
            "python_version >= \"3.10\"");
  EXPECT_EQ(SimplifiedFor(">=3.8", "python_version < '3.8' or os_name == 'nt'"),
            "os_name == \"nt\"");
  EXPECT_EQ(SimplifiedFor(">=3.8", "python_version < '3.7'"), "python_version < \"0\"");
  const MarkerDiagram unix_like = Of("sys_platform == 'linux' or sys_platform == 'darwin'");
  EXPECT_EQ(
      algebra_.ToMarker(algebra_.Simplify(Of("sys_platform == 'linux'"), unix_like)).ToString(),
      "sys_platform == \"linux\"");
}

TEST_F(MarkerDiagrams, GiveThePythonVersionsOfAMarker) {
  EXPECT_EQ(algebra_.PythonOf(Of("python_version >= '3.8' and os_name == 'nt'")).ToString(),
            ">=3.8.dev0");
  EXPECT_TRUE(algebra_.PythonOf(Of("os_name == 'nt' or python_version < '3.8'")).is_full());
  EXPECT_TRUE(algebra_
                  .PythonOf(Of("os_name == 'nt' and sys_platform == 'linux' or "
                               "python_version < '0'"))
                  .is_empty());
}

TEST_F(MarkerDiagrams, AKnownExtraLeavesTheRest) {
  const MarkerDiagram marker = Of("extra == 'a' and os_name == 'nt' or extra == 'b'");
  EXPECT_EQ(algebra_.WithExtra(marker, *ExtraName::Parse("A")), Of("os_name == 'nt'"));
  EXPECT_EQ(algebra_.WithExtra(marker, *ExtraName::Parse("b")), MarkerAlgebra::Always());
  EXPECT_EQ(algebra_.WithExtra(marker, ExtraName()), MarkerAlgebra::Never());
}

// Random formulas against enumeration of environments.

const std::vector<std::string>& Comparisons() {
  static const std::vector<std::string> comparisons = {
      "python_version >= '3.8'",
      "python_version == '3.9'",
      "python_version != '3.10'",
      "python_version in '3.8 3.11'",
      "python_version ~= '3.9'",
      "'3.10' > python_version",
      "'3.9' == python_version",
      "python_version == '3.*'",
      "python_version >= '3.9.1'",
      "python_version > 'x'",
      "python_full_version >= '3.9.1'",
      "python_full_version < '3.10'",
      "python_full_version == '3.11.0rc1'",
      "python_full_version != '3.9.*'",
      "python_full_version <= '3.9.1'",
      "python_full_version > '3.9.1'",
      "'3.9.1' < python_full_version",
      "'3.9.1' <= python_full_version",
      "python_full_version === '3.9.1'",
      "python_full_version in '3.9.1 3.10.2'",
      "'.1' in python_full_version",
      "implementation_name == 'cpython'",
      "implementation_version >= '3.9'",
      "implementation_version == ''",
      "platform_python_implementation != 'PyPy'",
      "sys_platform == 'linux'",
      "sys_platform != 'win32'",
      "sys_platform in 'linux darwin'",
      "'win' in sys_platform",
      "sys_platform < 'z'",
      "os_name == 'nt'",
      "os_name != 'posix'",
      "os_name == sys_platform",
      "platform_system == 'Linux'",
      "platform_system != 'Windows'",
      "platform_machine == 'x86_64'",
      "platform_machine in 'arm64 aarch64'",
      "platform_release >= '6.1'",
      "platform_release == '6.1-generic'",
      "platform_release != '6.1-generic'",
      "'?' != platform_release",
      "'6.1' >= platform_release",
      "extra == 'a'",
      "extra != 'b'",
      "'x' in extras",
      "'d' not in dependency_groups",
  };
  return comparisons;
}

std::string RandomMarker(std::mt19937& random, int depth) {
  if (depth == 0 || random() % 4 == 0) {
    return Comparisons()[random() % Comparisons().size()];
  }
  const std::string joint = random() % 2 == 0 ? " and " : " or ";
  return "(" + RandomMarker(random, depth - 1) + joint + RandomMarker(random, depth - 1) + ")";
}

struct Situation {
  MarkerEnvironment environment;
  std::vector<ExtraName> extras = {};
  std::vector<GroupName> groups = {};
};

std::vector<Situation> Grid() {
  const std::vector<std::pair<std::string, std::string>> pythons = {
      {"3.7", "3.7.9"},   {"3.8", "3.8.0"},     {"3.9", "3.9.0"},   {"3.9", "3.9.1"},
      {"3.9", "3.9.2"},   {"3.10", "3.10.0b2"}, {"3.10", "3.10.2"}, {"3.11", "3.11.0rc1"},
      {"3.11", "3.11.0"}, {"3.12", "3.12.0+"},  {"4.0", "4.0.0"}};
  const std::vector<std::vector<std::string>> platforms = {
      {"linux", "posix", "Linux", "x86_64"},   {"linux", "posix", "Linux", "aarch64"},
      {"darwin", "posix", "Darwin", "arm64"},  {"win32", "nt", "Windows", "AMD64"},
      {"cygwin", "posix", "CYGWIN", "x86_64"}, {"posix", "posix", "FreeBSD", "x86_64"}};
  const std::vector<std::string> releases = {"6.1", "6.1-generic", "5.10.2", "odd"};
  std::vector<Situation> grid;
  for (std::size_t i = 0; i < pythons.size(); ++i) {
    for (std::size_t j = 0; j < platforms.size(); ++j) {
      const bool is_pypy = (i + j) % 3 == 0;
      Situation situation{
          .environment = {.implementation_name = is_pypy ? "pypy" : "cpython",
                          .implementation_version = is_pypy ? "" : pythons[i].second,
                          .os_name = platforms[j][1],
                          .platform_machine = platforms[j][3],
                          .platform_python_implementation = is_pypy ? "PyPy" : "CPython",
                          .platform_release = releases[(i * 5 + j) % releases.size()],
                          .platform_system = platforms[j][2],
                          .platform_version = "#1",
                          .python_full_version = pythons[i].second,
                          .python_version = pythons[i].first,
                          .sys_platform = platforms[j][0]}};
      if (i % 2 == 0) {
        situation.extras = {*ExtraName::Parse(j % 2 == 0 ? "a" : "x")};
      }
      if (j % 2 == 0) {
        situation.groups = {*GroupName::Parse("d")};
      }
      grid.push_back(std::move(situation));
    }
  }
  return grid;
}

// Reversed comparisons of a build between releases are asked like the release (the header says so).
bool IsExempt(const std::string& marker, const Situation& situation) {
  return situation.environment.python_full_version.ends_with('+') &&
         (marker.find("' < python_full") != std::string::npos ||
          marker.find("' <= python_full") != std::string::npos);
}

class RandomMarkers : public MarkerDiagrams {
 protected:
  std::vector<Situation> grid_ = Grid();
  std::mt19937 random_{20260101};
};

TEST_F(RandomMarkers, EvaluateLikeTheMarkerItself) {
  for (int i = 0; i < 1000; ++i) {
    const std::string text = RandomMarker(random_, 4);
    const Marker marker = Read(text);
    const MarkerDiagram diagram = algebra_.Of(marker);
    for (const Situation& at : grid_) {
      if (IsExempt(text, at)) {
        continue;
      }
      const MarkerSelection selection{.extras = at.extras, .groups = at.groups};
      ASSERT_EQ(algebra_.Evaluate(diagram, at.environment), marker.Evaluate(at.environment))
          << text << " with " << at.environment.python_full_version;
      ASSERT_EQ(algebra_.Evaluate(diagram, at.environment, at.extras),
                marker.Evaluate(at.environment, at.extras))
          << text;
      ASSERT_EQ(algebra_.Evaluate(diagram, at.environment, selection),
                marker.Evaluate(at.environment, selection))
          << text;
    }
  }
}

TEST_F(RandomMarkers, ObeyTheLawsOfLogic) {
  for (int i = 0; i < 1000; ++i) {
    const MarkerDiagram a = Of(RandomMarker(random_, 3));
    const MarkerDiagram b = Of(RandomMarker(random_, 3));
    const MarkerDiagram c = Of(RandomMarker(random_, 2));
    ASSERT_EQ(algebra_.And(a, a), a);
    ASSERT_EQ(algebra_.And(a, b), algebra_.And(b, a));
    ASSERT_EQ(MarkerAlgebra::Not(MarkerAlgebra::Not(a)), a);
    ASSERT_EQ(algebra_.And(a, MarkerAlgebra::Not(a)), MarkerAlgebra::Never());
    ASSERT_EQ(MarkerAlgebra::Not(algebra_.And(a, b)),
              algebra_.Or(MarkerAlgebra::Not(a), MarkerAlgebra::Not(b)));
    ASSERT_EQ(algebra_.And(a, algebra_.And(b, c)), algebra_.And(algebra_.And(a, b), c));
    ASSERT_EQ(algebra_.And(a, algebra_.Or(b, c)),
              algebra_.Or(algebra_.And(a, b), algebra_.And(a, c)));
    ASSERT_EQ(algebra_.Or(a, algebra_.And(a, b)), a);
  }
}

TEST_F(RandomMarkers, AnswersAboutPairsAreTrueOfEveryEnvironment) {
  for (int i = 0; i < 600; ++i) {
    const std::string a = RandomMarker(random_, 2);
    const std::string b = RandomMarker(random_, 2);
    const Marker marker_a = Read(a);
    const Marker marker_b = Read(b);
    const bool disjoint = algebra_.AreDisjoint(algebra_.Of(marker_a), algebra_.Of(marker_b));
    const bool implies = algebra_.Implies(algebra_.Of(marker_a), algebra_.Of(marker_b));
    for (const Situation& at : grid_) {
      const MarkerSelection selection{.extras = at.extras, .groups = at.groups};
      if (IsExempt(a + b, at)) {
        continue;
      }
      const bool holds_a = marker_a.Evaluate(at.environment, selection);
      const bool holds_b = marker_b.Evaluate(at.environment, selection);
      ASSERT_FALSE(disjoint && holds_a && holds_b) << a << " / " << b;
      ASSERT_FALSE(implies && holds_a && !holds_b) << a << " / " << b;
    }
  }
}

TEST_F(RandomMarkers, SimplifyAgreesWhereTheAssumptionHolds) {
  for (int i = 0; i < 2000; ++i) {
    const MarkerDiagram a = Of(RandomMarker(random_, 3));
    const MarkerDiagram assumption = Of(RandomMarker(random_, 2));
    const MarkerDiagram simplified = algebra_.Simplify(a, assumption);
    ASSERT_EQ(algebra_.And(simplified, assumption), algebra_.And(a, assumption));
  }
}

TEST_F(RandomMarkers, AreTheSameDiagramWhenWrittenAndRead) {
  for (const InterpreterPreviews previews :
       {InterpreterPreviews::kApart, InterpreterPreviews::kAsReleases}) {
    MarkerAlgebra algebra(previews);
    for (int i = 0; i < 500; ++i) {
      const std::string text = RandomMarker(random_, 3);
      const MarkerDiagram diagram = algebra.Of(Read(text));
      const Marker written = algebra.ToMarker(diagram);
      ASSERT_EQ(algebra.Of(written), diagram) << text << "\n" << written.ToString();
      ASSERT_EQ(algebra.ToMarker(algebra.Of(written)).ToString(), written.ToString());
    }
  }
}

TEST_F(RandomMarkers, TheTextDoesNotDependOnWhatWasAskedBefore) {
  for (int i = 0; i < 150; ++i) {
    const Marker marker = Read(RandomMarker(random_, 3));
    MarkerAlgebra fresh;
    ASSERT_EQ(algebra_.ToMarker(algebra_.Of(marker)).ToString(),
              fresh.ToMarker(fresh.Of(marker)).ToString());
  }
}

}  // namespace
}  // namespace flowstone::pypi
