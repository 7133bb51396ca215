#include "flowstone/app/lock_inputs.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "flowstone/os/fake_clock.h"
#include "flowstone/os/fake_process_runner.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/os/path.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::app {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::UnorderedElementsAre;

class LockInputsTest : public ::testing::Test {
 protected:
  LockInputsTest() { EXPECT_THAT(os::MakeDirectories(files_, "/work"), IsOk()); }

  void Write(const std::string& path, const std::string& text) {
    EXPECT_THAT(os::MakeDirectories(files_, "/work/" + os::DirName(path)), IsOk());
    EXPECT_THAT(os::ReplaceFile(files_, "/work/" + path, text), IsOk());
  }
  Result<LockInputs> Read(const LockInputSpec& spec) {
    const Machine machine{.filesystem = files_,
                          .processes = processes_,
                          .clock = clock_,
                          .environment = {},
                          .working_directory = "/work"};
    return ReadLockInputs(machine, spec, [this](const std::string& url) -> Result<std::string> {
      fetched_.push_back(url);
      return std::string("from-the-web==1\n");
    });
  }
  LockInputs ReadWell(const LockInputSpec& spec) {
    Result<LockInputs> inputs = Read(spec);
    EXPECT_THAT(inputs, IsOk());
    return inputs ? *std::move(inputs) : LockInputs();
  }
  // "numpy>=2 from requirements.txt:1"
  static std::vector<std::string> Texts(
      const std::vector<resolve::RequestedRequirement>& requirements) {
    std::vector<std::string> texts;
    texts.reserve(requirements.size());
    for (const resolve::RequestedRequirement& requested : requirements) {
      texts.push_back(requested.requirement.ToString() + " from " + requested.origin);
    }
    return texts;
  }

  os::MemoryFileSystem files_;
  os::FakeProcessRunner processes_{nullptr};
  os::FakeClock clock_;
  std::vector<std::string> fetched_;
};

TEST_F(LockInputsTest, RequirementsKnowWhereTheyWereWritten) {
  Write("requirements.txt", "numpy>=2\n-c limits.txt\n-r more/dev.txt\n");
  Write("limits.txt", "scipy<2\n");
  Write("more/dev.txt", "# tools\npytest\n");
  const LockInputs inputs = ReadWell({.requirements = {"pandas"}, .files = {"requirements.txt"}});
  EXPECT_THAT(Texts(inputs.wish.requirements),
              ElementsAre("pandas from the command line", "numpy>=2 from requirements.txt:1",
                          "pytest from more/dev.txt:2"));
  EXPECT_THAT(Texts(inputs.wish.constraints), ElementsAre("scipy<2 from limits.txt:1"));
  EXPECT_EQ(inputs.default_file, std::nullopt);
}

TEST_F(LockInputsTest, FilesMayBeOnAServerOrStandardInput) {
  EXPECT_THAT(os::MakeDirectories(files_, "/dev"), IsOk());
  EXPECT_THAT(os::ReplaceFile(files_, "/dev/stdin", "from-a-pipe\n"), IsOk());
  const LockInputs inputs =
      ReadWell({.files = {"-"}, .constraint_files = {"https://host.example/limits.txt"}});
  EXPECT_THAT(inputs.wish.requirements,
              ElementsAre(::testing::Field(&resolve::RequestedRequirement::requirement,
                                           *pypi::Requirement::Parse("from-a-pipe"))));
  EXPECT_THAT(Texts(inputs.wish.constraints),
              ElementsAre(HasSubstr("from-the-web==1 from https://host.example/limits.txt")));
  EXPECT_THAT(fetched_, ElementsAre("https://host.example/limits.txt"));
}

TEST_F(LockInputsTest, AFileThatIsNotThereIsNamed) {
  const auto read = Read({.files = {"gone.txt"}});
  ASSERT_THAT(read, HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(read.error().context, Contains(HasSubstr("gone.txt")));
}

TEST_F(LockInputsTest, WithoutAnyNameItIsTheProjectHere) {
  Write("pyproject.toml",
        "[project]\nname = \"demo\"\nversion = \"1\"\nrequires-python = \">=3.9\"\n"
        "dependencies = [\"numpy\"]\n");
  const LockInputs inputs = ReadWell({});
  EXPECT_THAT(inputs.default_file, Optional(std::string("pyproject.toml")));
  EXPECT_THAT(Texts(inputs.wish.requirements), ElementsAre("numpy from pyproject.toml:5"));
  EXPECT_EQ(inputs.requires_python.ToString(), ">=3.9");
}

TEST_F(LockInputsTest, ThereHasToBeSomethingToLock) {
  EXPECT_THAT(Read({}),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("nothing to lock"))));
}

class ProjectInputsTest : public LockInputsTest {
 protected:
  ProjectInputsTest() {
    Write("pyproject.toml",
          "[project]\nname = \"demo\"\nversion = \"1\"\ndependencies = [\"numpy\"]\n"
          "[project.optional-dependencies]\nplot = [\"matplotlib\"]\nfast = [\"numba\"]\n"
          "[dependency-groups]\ndev = [\"pytest\", {include-group = \"lint\"}]\n"
          "lint = [\"ruff\"]\n"
          "[tool.uv]\nconstraint-dependencies = [\"pillow<12\"]\n"
          "override-dependencies = [\"six==1.17\"]\nexclude-dependencies = [\"old\"]\n"
          "[tool.uv.sources]\nnumpy = {index = \"mine\"}\n");
  }

  std::vector<std::string> NamesOf(const LockInputSpec& spec) {
    std::vector<std::string> names;
    for (const resolve::RequestedRequirement& one : ReadWell(spec).wish.requirements) {
      names.push_back(one.requirement.name.ToString());
    }
    return names;
  }
};

TEST_F(ProjectInputsTest, ExtrasAreThoseThatAreNamed) {
  EXPECT_THAT(NamesOf({.files = {"pyproject.toml"}}), ElementsAre("numpy"));
  EXPECT_THAT(NamesOf({.files = {"pyproject.toml"}, .extras = {*pypi::ExtraName::Parse("plot")}}),
              ElementsAre("numpy", "matplotlib"));
  EXPECT_THAT(NamesOf({.files = {"pyproject.toml"}, .which_extras = LockInputSpec::Extras::kAll}),
              UnorderedElementsAre("numpy", "matplotlib", "numba"));
}

TEST_F(ProjectInputsTest, AFileIsNoRequirement) {
  const auto inputs = Read({.requirements = {"pyproject.toml"}});
  EXPECT_THAT(inputs,
              AllOf(HasCode(ErrorCode::kInvalid),
                    HasMessage(HasSubstr("'pyproject.toml' is a file, and no requirement"))));
  EXPECT_THAT(inputs.error().hints, ElementsAre(HasSubstr("-r pyproject.toml")));
  EXPECT_THAT(NamesOf({.requirements = {"discord.py"}}), ElementsAre("discord-py"));
}

TEST_F(ProjectInputsTest, AnExtraThatIsNotThereIsRefused) {
  const auto inputs =
      Read({.files = {"pyproject.toml"}, .extras = {*pypi::ExtraName::Parse("plto")}});
  EXPECT_THAT(inputs, AllOf(HasCode(ErrorCode::kNotFound),
                            HasMessage(HasSubstr("there is no extra 'plto'"))));
  EXPECT_THAT(inputs.error().hints, ElementsAre("did you mean 'plot'?"));
  const auto unlike =
      Read({.files = {"pyproject.toml"}, .extras = {*pypi::ExtraName::Parse("web")}});
  EXPECT_THAT(unlike.error().hints, ElementsAre(HasSubstr("there are: ")));
}

TEST_F(ProjectInputsTest, GroupsComeFromTheProjectWithTheGroupsTheyInclude) {
  EXPECT_THAT(NamesOf({.groups = {"dev"}}), ElementsAre("pytest", "ruff"));
  EXPECT_THAT(NamesOf({.files = {"pyproject.toml"}, .groups = {"lint"}}),
              ElementsAre("numpy", "ruff"));
  EXPECT_THAT(Read({.groups = {"docs"}}), HasCode(ErrorCode::kNotFound));
}

TEST_F(ProjectInputsTest, AnExtraBesideAGroupBringsTheProject) {
  EXPECT_THAT(NamesOf({.groups = {"lint"}, .extras = {*pypi::ExtraName::Parse("plot")}}),
              ElementsAre("numpy", "matplotlib", "ruff"));
}

TEST_F(ProjectInputsTest, AGroupMayBeOfAnotherProject) {
  Write("tools/pyproject.toml", "[dependency-groups]\nci = [\"tox\"]\n");
  EXPECT_THAT(NamesOf({.groups = {"tools/pyproject.toml:ci"}}), ElementsAre("tox"));
}

TEST_F(ProjectInputsTest, TheTableOfUvIsHeard) {
  const LockInputs inputs = ReadWell({.files = {"pyproject.toml"}});
  EXPECT_THAT(Texts(inputs.wish.constraints), ElementsAre(HasSubstr("pillow<12")));
  EXPECT_THAT(Texts(inputs.wish.overrides), ElementsAre(HasSubstr("six==1.17")));
  EXPECT_THAT(inputs.wish.excludes, ElementsAre(*pypi::Name::Parse("old")));
  EXPECT_THAT(
      inputs.wish.index_choices,
      ElementsAre(project::IndexChoice{.project = *pypi::Name::Parse("numpy"), .index = "mine"}));
  EXPECT_THAT(inputs.uv_tables,
              ElementsAre(Field(&HeardUvTable::document, EndsWith("/pyproject.toml"))));
}

TEST_F(LockInputsTest, ProjectsThatLeaveTheirDependenciesToTheBackendAreRefused) {
  Write("pyproject.toml",
        "[project]\nname = \"demo\"\ndynamic = [\"version\", \"dependencies\"]\n");
  EXPECT_THAT(Read({}), AllOf(HasCode(ErrorCode::kInvalid),
                              HasMessage(HasSubstr("leaves its dependencies"))));
}

TEST_F(LockInputsTest, AScriptSaysWhatItNeeds) {
  Write("run.py",
        "# /// script\n# requires-python = \">=3.11\"\n# dependencies = [\"rich\"]\n# ///\n");
  const LockInputs inputs = ReadWell({.files = {"run.py"}});
  EXPECT_THAT(Texts(inputs.wish.requirements), ElementsAre("rich from run.py:3"));
  EXPECT_EQ(inputs.requires_python.ToString(), ">=3.11");
  Write("plain.py", "print()\n");
  EXPECT_THAT(Read({.files = {"plain.py"}}),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("no block"))));
}

TEST_F(LockInputsTest, OverridesAndExcludesAreKeptApart) {
  Write("overrides.txt", "six==1.17\n");
  const LockInputs inputs = ReadWell({.requirements = {"demo"},
                                      .override_files = {"overrides.txt"},
                                      .excludes = {*pypi::Name::Parse("old")}});
  EXPECT_THAT(Texts(inputs.wish.requirements), ElementsAre("demo from the command line"));
  EXPECT_THAT(Texts(inputs.wish.overrides), ElementsAre("six==1.17 from overrides.txt:1"));
  EXPECT_THAT(inputs.wish.excludes, ElementsAre(*pypi::Name::Parse("old")));
}

TEST_F(LockInputsTest, OptionsOfAllFilesHoldTogether) {
  Write("a.txt", "--extra-index-url https://a.example/simple\n--only-binary one\ndemo\n");
  Write("b.txt", "--extra-index-url https://b.example/simple\n--no-binary one\n--no-index\n");
  const LockInputs inputs = ReadWell({.files = {"a.txt", "b.txt"}});
  EXPECT_THAT(
      inputs.options.extra_index_urls,
      ElementsAre(::testing::Field(&project::SourcedText::text, "https://a.example/simple"),
                  ::testing::Field(&project::SourcedText::text, "https://b.example/simple")));
  EXPECT_TRUE(inputs.options.no_index);
  EXPECT_THAT(inputs.options.binaries.second().names, ElementsAre(*pypi::Name::Parse("one")));
  EXPECT_THAT(inputs.options.binaries.first().names, IsEmpty());
}

TEST_F(LockInputsTest, AHashAnywhereIsNoticed) {
  Write("r.txt", "demo==1 --hash sha256:" + std::string(64, 'a') + "\n");
  const LockInputs inputs = ReadWell({.files = {"r.txt"}});
  EXPECT_TRUE(inputs.has_hashes);
  ASSERT_EQ(inputs.wish.requirements.size(), 1U);
  EXPECT_THAT(
      inputs.wish.requirements.front().hashes,
      ElementsAre(resolve::RequiredHash{.algorithm = "sha256", .hex = std::string(64, 'a')}));
}

TEST_F(LockInputsTest, ADirectoryIsCalledWhatItsProjectSays) {
  Write("lib/pyproject.toml", "[project]\nname = \"Lib.Core\"\nversion = \"1\"\n");
  const LockInputs inputs = ReadWell({.requirements = {"./lib"}});
  ASSERT_EQ(inputs.wish.requirements.size(), 1U);
  EXPECT_EQ(inputs.wish.requirements.front().requirement.ToString(), "lib-core @ file:///work/lib");
}

TEST_F(LockInputsTest, ALockIsTakenAloneAndAsItIs) {
  Write("pylock.toml", "lock-version = \"1.0\"\ncreated-by = \"x\"\npackages = []\n");
  const LockInputs inputs = ReadWell({.files = {"pylock.toml"}});
  ASSERT_TRUE(inputs.lock.has_value());
  EXPECT_EQ(inputs.lock->foreign.lock.created_by, "x");
  EXPECT_EQ(inputs.lock->directory, "/work");
  EXPECT_THAT(Read({.requirements = {"demo"}, .files = {"pylock.toml"}}),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("is a lock"))));
}

TEST_F(LockInputsTest, SetupScriptsAreNotReadButBuilt) {
  Write("setup.py", "");
  const auto read = Read({.files = {"setup.py"}});
  ASSERT_THAT(read, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(read.error().hints, ElementsAre("name the directory as a requirement: ."));
}

}  // namespace
}  // namespace flowstone::app
