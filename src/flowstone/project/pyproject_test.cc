#include "flowstone/project/pyproject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<PyProject> Parse(const std::string& text) {
  return ParsePyProject(text, "pyproject.toml", "/work");
}

std::string ErrorOf(const std::string& text) {
  const auto parsed = Parse(text);
  EXPECT_THAT(parsed, HasCode(ErrorCode::kInvalid));
  return parsed ? std::string() : parsed.error().message;
}

std::vector<std::string> LinesOf(const std::vector<WrittenRequirement>& requirements) {
  std::vector<std::string> lines;
  lines.reserve(requirements.size());
  for (const WrittenRequirement& written : requirements) {
    lines.push_back(std::to_string(written.source.line) + " " + written.ToString());
  }
  return lines;
}

pypi::GroupName Group(const std::string& name) {
  return *pypi::GroupName::Parse(name);
}

// The requirements of a group, or the error.
std::vector<std::string> Expand(const std::string& text, const std::string& name) {
  const auto parsed = Parse(text);
  EXPECT_THAT(parsed, IsOk());
  const auto expanded = parsed->groups.Expand(Group(name));
  return expanded ? LinesOf(*expanded) : std::vector<std::string>{expanded.error().message};
}

TEST(PyProjectTest, TheProjectSaysWhatItNeeds) {
  const auto parsed = Parse(R"([project]
name = "My.Project"
version = "1.0rc1"
requires-python = ">=3.9"
dependencies = [
  "numpy>=2",  # fast
  "core @ file:core",
]
[project.optional-dependencies]
Plot_All = ["matplotlib"]
)");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->project->name.ToString(), "my-project");
  EXPECT_EQ(parsed->project->version->ToString(), "1.0rc1");
  EXPECT_EQ(parsed->project->requires_python.ToString(), ">=3.9");
  EXPECT_THAT(LinesOf(parsed->project->dependencies),
              ElementsAre("6 numpy>=2", "7 core @ file:///work/core"));
  EXPECT_THAT(
      LinesOf(parsed->project->optional_dependencies.at(*pypi::ExtraName::Parse("plot-all"))),
      ElementsAre("10 matplotlib"));
}

TEST(PyProjectTest, ADocumentMayHaveNoProject) {
  const auto parsed = Parse("[tool.black]\nline-length = 100\n");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_FALSE(parsed->project.has_value());
}

TEST(PyProjectTest, ErrorsNameFileLineAndKey) {
  EXPECT_EQ(ErrorOf("[project]\nversion = '1'\n"),
            "pyproject.toml:1: project: the key name is missing");
  EXPECT_THAT(ErrorOf("[project]\nname = '-'\nversion = '1'"),
              HasSubstr("pyproject.toml:2: project.name: "));
  EXPECT_THAT(ErrorOf("[project]\nname = 'a'\nversion = '1'\ndependencies = [\n'b',\n'c d',\n]"),
              HasSubstr("pyproject.toml:6: expected"));
  EXPECT_THAT(ErrorOf("[project\n"), HasSubstr("pyproject.toml:1: not valid TOML"));
}

TEST(PyProjectTest, AFieldIsGivenOrDynamic) {
  EXPECT_THAT(ErrorOf("[project]\nname = 'a'\n"), HasSubstr("the key version is missing"));
  EXPECT_THAT(ErrorOf("[project]\nname = 'a'\nversion = '1'\ndynamic = ['version']"),
              HasSubstr("the field version is given"));
  EXPECT_THAT(ErrorOf("[project]\nname = 'a'\nversion = '1'\ndynamic = ['name']"),
              HasSubstr("cannot be dynamic"));
  const auto parsed = Parse("[project]\nname = 'a'\ndynamic = ['version', 'dependencies']");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_TRUE(parsed->project->IsDynamic("dependencies"));
  EXPECT_FALSE(parsed->project->version.has_value());
}

TEST(PyProjectTest, TwoSpellingsOfAnExtraAreTheSame) {
  EXPECT_THAT(ErrorOf("[project]\nname = 'a'\nversion = '1'\n"
                      "[project.optional-dependencies]\na_b = []\nA-B = []"),
              HasSubstr("another extra has the same name"));
}

TEST(PyProjectTest, OfAPublishedSourceTheProjectAlone) {
  const auto table = ParseProjectTable(
      "[project]\nname = 'a'\nversion = '1'\ndynamic = ['version']\n[dependency-groups]\nx = 1\n",
      "pyproject.toml", "/work");
  ASSERT_THAT(table, IsOk());
  EXPECT_TRUE((*table)->IsDynamic("version"));
  EXPECT_THAT(ParseProjectTable("[project]\nversion = '1'", "pyproject.toml", "/work"),
              HasMessage(HasSubstr("pyproject.toml:1: project")));
}

TEST(DependencyGroupsTest, IncludedGroupsStandInTheirPlaces) {
  EXPECT_THAT(Expand("[dependency-groups]\n"
                     "all = ['a', {include-group = 'Test_Base'}, 'z']\n"
                     "test-base = ['pytest', {include-group = 'typing'}]\n"
                     "typing = ['mypy', 'a']\n",
                     "ALL"),
              ElementsAre("2 a", "3 pytest", "4 mypy", "4 a", "2 z"));
}

TEST(DependencyGroupsTest, AGroupMayBeIncludedTwice) {
  EXPECT_THAT(Expand("[dependency-groups]\na = [{include-group='c'}, {include-group='b'}]\n"
                     "b = [{include-group='c'}]\nc = ['x']",
                     "a"),
              ElementsAre("4 x", "4 x"));
}

TEST(DependencyGroupsTest, GroupsMustNotIncludeEachOther) {
  EXPECT_THAT(
      Expand("[dependency-groups]\na = [{include-group='b'}]\nb = [{include-group='a'}]", "a"),
      ElementsAre("pyproject.toml:3: dependency groups include each other: a -> b -> a"));
}

TEST(DependencyGroupsTest, WrongGroupsAreFoundWhenTheyAreUsed) {
  const std::string text =
      "[dependency-groups]\ngood = ['x']\nodd = [1]\nmore = [{include-group='a', x=1}]\n"
      "text = 'x'\nbroken = ['a b']\nlost = [{include-group='gone'}]";
  EXPECT_THAT(Expand(text, "good"), ElementsAre("2 x"));
  EXPECT_THAT(Expand(text, "odd"), ElementsAre(HasSubstr("pyproject.toml:3: an entry")));
  EXPECT_THAT(Expand(text, "more"), ElementsAre(HasSubstr("pyproject.toml:4: an entry")));
  EXPECT_THAT(Expand(text, "text"), ElementsAre(HasSubstr("must be an array")));
  EXPECT_THAT(Expand(text, "broken"), ElementsAre(HasSubstr("pyproject.toml:6: expected")));
  EXPECT_THAT(Expand(text, "lost"),
              ElementsAre("pyproject.toml:7: the included dependency group 'gone' does not exist"));
}

TEST(DependencyGroupsTest, TwoSpellingsOfAGroupAreTheSame) {
  EXPECT_EQ(ErrorOf("[dependency-groups]\nA-b = []\na_B = []"),
            "pyproject.toml:3: the dependency groups 'A-b' and 'a_B' have the same name");
}

TEST(DependencyGroupsTest, AMissingGroupIsLookedForNearby) {
  const auto parsed = Parse("[dependency-groups]\ntest = []");
  ASSERT_THAT(parsed, IsOk());
  const auto expanded = parsed->groups.Expand(Group("tests"));
  ASSERT_THAT(expanded, HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(expanded.error().hints, ElementsAre("did you mean 'test'?"));
}

TEST(UvTableTest, SourcesSayWhereRequirementsComeFrom) {
  const auto parsed = Parse(R"([project]
name = "a"
version = "1"
dependencies = ["core>=1", "tool", "wheel", "torch ; os_name == 'posix'", "plain"]
[tool.uv.sources]
core = { path = "../core", editable = true }
tool = { git = "https://git.example/tool", tag = "v1", subdirectory = "py" }
wheel = { url = "https://files.example/wheel-1-py3-none-any.whl" }
torch = { index = "gpu" }
)");
  ASSERT_THAT(parsed, IsOk());
  const auto placed = ApplySources(parsed->uv, parsed->project->dependencies, {});
  ASSERT_THAT(placed, IsOk());
  EXPECT_THAT(LinesOf(placed->requirements),
              ElementsAre("4 core @ file:///core",
                          "4 tool @ git+https://git.example/tool@v1#subdirectory=py",
                          "4 wheel @ https://files.example/wheel-1-py3-none-any.whl",
                          "4 torch; os_name == \"posix\"", "4 plain"));
  EXPECT_EQ(placed->requirements.at(0).editing, Editing::kEditable);
  EXPECT_THAT(placed->indexes,
              ElementsAre(IndexChoice{*pypi::Name::Parse("torch"), "gpu",
                                      *pypi::Marker::Parse("os_name == 'posix'")}));
}

TEST(UvTableTest, WhereNoSourceAppliesTheRequirementStays) {
  const auto parsed = Parse(R"([project]
name = "a"
version = "1"
dependencies = ["core>=1"]
[tool.uv.sources]
core = [{ path = "win", marker = "sys_platform == 'win32'" }, { path = "x", extra = "dev" }]
)");
  ASSERT_THAT(parsed, IsOk());
  const auto placed = ApplySources(parsed->uv, parsed->project->dependencies, {});
  ASSERT_THAT(placed, IsOk());
  EXPECT_THAT(LinesOf(placed->requirements),
              ElementsAre("4 core @ file:///work/win ; sys_platform == \"win32\"",
                          "4 core>=1; sys_platform != \"win32\""));
}

TEST(UvTableTest, AListOfSourcesGivesEachEnvironmentItsPlace) {
  const auto parsed = Parse(R"([project]
name = "a"
version = "1"
dependencies = ["core>=1 ; python_version >= '3.9'"]
[tool.uv.sources]
core = [
  { index = "gpu", marker = "sys_platform == 'linux'" },
  { git = "https://git.example/core", marker = "sys_platform == 'darwin'" },
  { url = "https://files.example/core-1-py3-none-any.whl", group = "dev" },
]
)");
  ASSERT_THAT(parsed, IsOk());
  const auto placed = ApplySources(parsed->uv, parsed->project->dependencies, {});
  ASSERT_THAT(placed, IsOk());
  const std::string python = "python_version >= \"3.9\" and ";
  EXPECT_THAT(
      LinesOf(placed->requirements),
      ElementsAre(
          "4 core>=1; " + python + "sys_platform == \"linux\"",
          "4 core @ git+https://git.example/core ; " + python + "sys_platform == \"darwin\"",
          "4 core>=1; " + python + "sys_platform != \"darwin\" and sys_platform != \"linux\""));
  ASSERT_EQ(placed->indexes.size(), 1U);
  EXPECT_EQ(placed->indexes.front().where.ToString(), python + "sys_platform == \"linux\"");
}

TEST(UvTableTest, SourcesMustNotHoldAtOnce) {
  const auto parsed = Parse(
      "[project]\nname = 'a'\nversion = '1'\ndependencies = ['core']\n[tool.uv.sources]\n"
      "core = [{ path = 'x' }, { path = 'y', marker = \"os_name == 'nt'\" }]");
  ASSERT_THAT(parsed, IsOk());
  const auto placed = ApplySources(parsed->uv, parsed->project->dependencies, {});
  ASSERT_FALSE(placed);
  EXPECT_EQ(
      placed.error().message,
      "pyproject.toml:6: tool.uv.sources.core: another source holds in the same environments");
}

TEST(UvTableTest, ConflictsNameExtrasAndGroups) {
  const auto parsed = Parse(
      "[tool.uv]\nconflicts = [[{ extra = 'CPU' }, { group = 'gpu' }]]\n"
      "environments = \"os_name == 'nt'\"\nfork-strategy = 'fewest'");
  ASSERT_THAT(parsed, IsOk());
  ASSERT_EQ(parsed->uv.conflicts.size(), 1U);
  EXPECT_EQ(parsed->uv.conflicts.front().front().ToString(), "extra 'cpu'");
  EXPECT_EQ(parsed->uv.conflicts.front().back().ToString(), "group 'gpu'");
  EXPECT_EQ(parsed->uv.environments.size(), 1U);
  EXPECT_EQ(parsed->uv.fork_strategy, "fewest");
  EXPECT_THAT(ErrorOf("[tool.uv]\nconflicts = [[{ extra = 'a' }]]"),
              HasSubstr("pyproject.toml:2: tool.uv.conflicts: a conflict needs two members"));
  EXPECT_THAT(ErrorOf("[tool.uv]\nconflicts = [[{ extra = 'a' }, { extra = 'b', group = 'c' }]]"),
              HasSubstr("only one of extra and group"));
  EXPECT_THAT(ErrorOf("[tool.uv]\nconflicts = [[{ extra = 'a' }, {}]]"),
              HasSubstr("an extra, a group or a package must be given"));
}

TEST(UvTableTest, ConflictsOfAWorkspaceNameItsProjects) {
  const auto parsed = Parse(
      "[project]\nname = 'web'\nversion = '1'\n[tool.uv]\n"
      "conflicts = [[{ package = 'Web' }, { package = 'jobs' }],\n"
      "             [{ extra = 'cpu' }, { package = 'jobs', extra = 'gpu' }]]");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->uv.conflicts[0][0].ToString(), "project web");
  EXPECT_EQ(parsed->uv.conflicts[1][0].ToString(), "extra 'cpu' of web");
  EXPECT_EQ(parsed->uv.conflicts[1][1].ToString(), "extra 'gpu' of jobs");
}

TEST(UvTableTest, ExtraBuildDependenciesMayMatchTheRuntime) {
  const auto parsed = Parse(
      "[tool.uv.extra-build-dependencies]\n"
      "attention = ['ninja>=1', { requirement = 'torch', match-runtime = true }]");
  ASSERT_THAT(parsed, IsOk());
  const auto& extra = parsed->uv.extra_build_dependencies.at(*pypi::Name::Parse("attention"));
  ASSERT_EQ(extra.size(), 2U);
  EXPECT_EQ(extra[0].written.requirement.ToString(), "ninja>=1");
  EXPECT_FALSE(extra[0].matches_runtime);
  EXPECT_EQ(extra[1].written.requirement.ToString(), "torch");
  EXPECT_TRUE(extra[1].matches_runtime);
  EXPECT_THAT(ErrorOf("[tool.uv.extra-build-dependencies]\n"
                      "a = [{ requirement = 'torch>=2', match-runtime = true }]"),
              HasSubstr("pyproject.toml:2: tool.uv.extra-build-dependencies.a.requirement: with "
                        "match-runtime it can only be a name"));
  EXPECT_THAT(ErrorOf("[tool.uv.extra-build-dependencies]\na = 'torch'"),
              HasSubstr("must be a list of requirements"));
}

TEST(UvTableTest, WhereOpenBuildsAreAskedForIsKnown) {
  const auto parsed =
      Parse("[tool.uv]\nno-build-isolation = true\nno-build-isolation-package = ['Attention']");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(parsed->uv.no_build_isolation->ToString(), "pyproject.toml:2");
  EXPECT_EQ(parsed->uv.no_build_isolation_package.at(*pypi::Name::Parse("attention")).ToString(),
            "pyproject.toml:3");
}

TEST(UvTableTest, AWorkspaceSourceIsTheMemberOfThatName) {
  const auto parsed = Parse(R"([project]
name = "a"
version = "1"
dependencies = ["core>=1"]
[tool.uv.sources]
core = { workspace = true }
[tool.uv.workspace]
members = ["packages/*"]
exclude = ["packages/old"]
)");
  ASSERT_THAT(parsed, IsOk());
  ASSERT_TRUE(parsed->uv.workspace);
  EXPECT_THAT(parsed->uv.workspace->members, ElementsAre("packages/*"));
  EXPECT_THAT(parsed->uv.workspace->excludes, ElementsAre("packages/old"));
  UvTable table = parsed->uv;
  EXPECT_THAT(ApplySources(table, parsed->project->dependencies, {}),
              HasMessage(HasSubstr("no member of the workspace has this name")));
  table.members.emplace(*pypi::Name::Parse("core"), "/work/packages/core");
  const auto placed = ApplySources(table, parsed->project->dependencies, {});
  ASSERT_THAT(placed, IsOk());
  EXPECT_THAT(LinesOf(placed->requirements), ElementsAre("4 core @ file:///work/packages/core"));
}

TEST(UvTableTest, SettingsForBackendsAreTextsOrLists) {
  const auto parsed = Parse(R"([tool.uv]
config-settings = { speed = "high", list = ["1", "2"] }
config-settings-package = { Core = { speed = "low" } }
build-constraint-dependencies = ["setuptools<80"]
)");
  ASSERT_THAT(parsed, IsOk());
  using Values = std::vector<std::string>;
  EXPECT_THAT(parsed->uv.config_settings,
              ElementsAre(std::pair("list", Values{"1", "2"}), std::pair("speed", Values{"high"})));
  EXPECT_EQ(parsed->uv.config_settings_of.at(*pypi::Name::Parse("core")).at("speed"),
            Values{"low"});
  EXPECT_THAT(LinesOf(parsed->uv.build_constraints), ElementsAre("4 setuptools<80"));
  EXPECT_THAT(ErrorOf("[tool.uv]\nconfig-settings = { speed = 1 }"),
              HasSubstr("pyproject.toml:2: tool.uv.config-settings.speed"));
}

TEST(UvTableTest, ASourceMustBeOnePlace) {
  EXPECT_THAT(ErrorOf("[tool.uv.sources]\na = { path = 'x', url = 'y' }"),
              HasSubstr("pyproject.toml:2: tool.uv.sources.a: exactly one of"));
  EXPECT_THAT(ErrorOf("[tool.uv.sources]\na = { git = 'x', tag = '1', rev = '2' }"),
              HasSubstr("only one of rev, tag and branch"));
}

TEST(UvTableTest, PoliciesAreReadAsWritten) {
  const auto parsed = Parse(R"([tool.uv]
constraint-dependencies = ["a<2"]
override-dependencies = ["b==1"]
exclude-dependencies = ["c"]
resolution = "lowest-direct"
prerelease = "allow"
exclude-newer = 2026-01-02
exclude-newer-package = { d = "2 weeks", e = false }
no-build = true
no-binary-package = ["f"]
default-groups = ["dev", "docs"]
)");
  ASSERT_THAT(parsed, IsOk());
  EXPECT_THAT(LinesOf(parsed->uv.constraints), ElementsAre("2 a<2"));
  EXPECT_THAT(LinesOf(parsed->uv.overrides), ElementsAre("3 b==1"));
  EXPECT_THAT(parsed->uv.excludes, ElementsAre(*pypi::Name::Parse("c")));
  EXPECT_EQ(parsed->uv.resolution, "lowest-direct");
  EXPECT_EQ(parsed->uv.prerelease, "allow");
  EXPECT_EQ(parsed->uv.exclude_newer, "2026-01-02");
  EXPECT_EQ(parsed->uv.exclude_newer_package.at(*pypi::Name::Parse("d")), "2 weeks");
  EXPECT_EQ(parsed->uv.exclude_newer_package.at(*pypi::Name::Parse("e")), "false");
  EXPECT_EQ(parsed->uv.no_build.of_all, true);
  EXPECT_THAT(parsed->uv.no_binary.of, ElementsAre(*pypi::Name::Parse("f")));
  EXPECT_EQ(parsed->uv.default_groups->size(), 2U);
}

}  // namespace
}  // namespace flowstone::project
