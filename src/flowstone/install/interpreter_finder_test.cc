#include "flowstone/install/interpreter_finder.h"

#include <gmock/gmock.h>

#include <string>

#include "flowstone/install/testing/interpreter_answers.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;

class InterpreterFinderTest : public ::testing::Test {
 protected:
  InterpreterFinderTest()
      : environment_(os::Environment::Variables{
            {"HOME", "/home/u"}, {"PATH", "/home/u/.pyenv/shims:/usr/bin:relative"}}),
        probe_(machine_.filesystem(), machine_.processes(), CacheLayout("/cache")) {}

  InterpreterFinder Finder() {
    return {
        machine_.filesystem(), probe_,
        SearchSettings::FromEnvironment(environment_, {.launcher = launcher_,
                                                       .working_directory = "/home/u/project/src",
                                                       .own_tree = "/cache/v1/python"})};
  }
  Result<FoundInterpreter> Find(const std::string& request) {
    return Finder().Find(*PythonRequest::Parse(request));
  }
  // The path that the search settles on.
  std::string Choice(const std::string& request) {
    const Result<FoundInterpreter> found = Find(request);
    return found ? found->interpreter.executable : found.error().ToString();
  }
  void Install(const std::string& path, const std::string& version,
               const std::string& abi_flags = "") {
    machine_.Install(path, {.executable = "", .version = version, .abi_flags = abi_flags});
  }

  FakeMachine machine_;
  os::Environment environment_;
  InterpreterProbe probe_;
  std::string launcher_;
};

TEST_F(InterpreterFinderTest, LauncherIsTakenWhenItFits) {
  Install("/usr/bin/python3.12", "3.12.1");
  Install("/opt/mine/bin/python3.11", "3.11.2");
  launcher_ = "/opt/mine/bin/python3.11";
  EXPECT_EQ(Choice("3"), "/opt/mine/bin/python3.11");
  EXPECT_EQ(Choice("3.12"), "/usr/bin/python3.12");
  EXPECT_EQ(Find("3")->source, InterpreterSource::kLauncher);
}

TEST_F(InterpreterFinderTest, TheUsualOneIsTheFirstOfPathNotTheNewest) {
  environment_.Set("PATH", "/home/u/venv/bin:/usr/bin");
  Install("/usr/bin/python3", "3.13.0");
  Install("/home/u/venv/bin/python3.14", "3.14.1");
  Install("/home/u/venv/bin/python3", "3.11.2");
  EXPECT_EQ(Finder().FindUsual()->interpreter.executable, "/home/u/venv/bin/python3");
  launcher_ = "/usr/bin/python3";
  EXPECT_EQ(Finder().FindUsual()->interpreter.executable, "/usr/bin/python3");
}

TEST_F(InterpreterFinderTest, TheUsualOneIsTheBestWherePathHasNone) {
  Install("/home/u/.pyenv/versions/3.11.7/bin/python3.11", "3.11.7");
  Install("/home/u/.pyenv/versions/3.10.1/bin/python3.10", "3.10.1");
  EXPECT_EQ(Finder().FindUsual()->interpreter.version.ToString(), "3.11.7");
}

TEST_F(InterpreterFinderTest, NewestThatFitsIsTaken) {
  Install("/usr/bin/python3.11", "3.11.2");
  Install("/home/u/.pyenv/versions/3.11.7/bin/python3.11", "3.11.7");
  Install("/home/u/.local/share/uv/python/cpython-3.12/bin/python3.12", "3.12.0");
  EXPECT_EQ(Choice("3.11"), "/home/u/.pyenv/versions/3.11.7/bin/python3.11");
  EXPECT_EQ(Choice("3.11.2"), "/usr/bin/python3.11");
  EXPECT_EQ(Choice(">=3.9"), "/home/u/.local/share/uv/python/cpython-3.12/bin/python3.12");
}

TEST_F(InterpreterFinderTest, EqualVersionsAreTakenInTheOrderOfTheSearch) {
  Install("/home/u/.pyenv/versions/3.11.7/bin/python3.11", "3.11.7");
  Install("/opt/conda/bin/python3.11", "3.11.7");
  Install("/usr/bin/python3.11", "3.11.7");
  EXPECT_EQ(Choice("3.11"), "/usr/bin/python3.11");
}

TEST_F(InterpreterFinderTest, StableAndGilBuildsArePreferred) {
  Install("/usr/bin/python3.14", "3.14.0rc1");
  Install("/usr/bin/python3.13t", "3.13.1", "t");
  Install("/usr/bin/python3.13", "3.13.0");
  EXPECT_EQ(Choice(">=3.12"), "/usr/bin/python3.13");
  EXPECT_EQ(Choice("any"), "/usr/bin/python3.13");
  EXPECT_EQ(Choice("3.14"), "/usr/bin/python3.14");
  EXPECT_EQ(Choice("3.13t"), "/usr/bin/python3.13t");
}

TEST_F(InterpreterFinderTest, CondaInstallationsAndTheirEnvironmentsAreFound) {
  Install("/home/u/miniconda3/bin/python3.10", "3.10.1");
  Install("/home/u/miniconda3/envs/science/bin/python3.9", "3.9.1");
  Install("/srv/conda/bin/python3.8", "3.8.1");
  environment_.Set("CONDA_EXE", "/srv/conda/bin/conda");
  EXPECT_EQ(Find("3.10")->source, InterpreterSource::kConda);
  EXPECT_EQ(Choice("3.9"), "/home/u/miniconda3/envs/science/bin/python3.9");
  EXPECT_EQ(Choice("3.8"), "/srv/conda/bin/python3.8");
}

TEST_F(InterpreterFinderTest, TheEnvironmentInUseIsTakenBeforeBetterOnes) {
  Install("/usr/bin/python3.13", "3.13.1");
  Install("/opt/old/bin/python3.11", "3.11.2");
  Install("/opt/conda/bin/python3.12", "3.12.1");
  machine_.Link("/opt/old/bin/python3.11", "/venvs/mine/bin/python");
  machine_.Link("/opt/conda/bin/python3.12", "/home/u/project/.venv/bin/python");
  EXPECT_EQ(Choice("3"), "/opt/conda/bin/python3.12") << "of the .venv above";
  EXPECT_EQ(Find("3")->source, InterpreterSource::kEnvironment);
  environment_.Set("VIRTUAL_ENV", "/venvs/mine");
  EXPECT_EQ(Choice("3"), "/opt/old/bin/python3.11");
  EXPECT_EQ(Finder().FindUsual()->interpreter.executable, "/opt/old/bin/python3.11");
  EXPECT_EQ(Choice(">=3.12"), "/opt/conda/bin/python3.12") << "the first that fits";
  EXPECT_EQ(Choice("3.13"), "/usr/bin/python3.13");
}

TEST_F(InterpreterFinderTest, CondasBaseIsNoEnvironmentInUse) {
  Install("/usr/bin/python3.13", "3.13.1");
  Install("/srv/conda/bin/python3.9", "3.9.1");
  environment_.Set("CONDA_PREFIX", "/srv/conda");
  environment_.Set("CONDA_DEFAULT_ENV", "base");
  EXPECT_EQ(Choice("3"), "/usr/bin/python3.13");
  environment_.Set("CONDA_DEFAULT_ENV", "science");
  machine_.Link("python3.9", "/srv/conda/bin/python");
  EXPECT_EQ(Choice("3"), "/srv/conda/bin/python3.9");
}

TEST_F(InterpreterFinderTest, WhatFlowstoneInstalledIsFoundBeforeEqualOnes) {
  Install("/usr/bin/python3.12", "3.12.4");
  Install("/cache/v1/python/cpython-3.12.4+20240726-linux-x86_64/bin/python3.12", "3.12.4");
  EXPECT_EQ(Find("3.12")->source, InterpreterSource::kFlowstone);
}

TEST_F(InterpreterFinderTest, DebugBuildsAreFoundAndAvoided) {
  Install("/usr/bin/python3.13", "3.13.0");
  Install("/usr/bin/python3.13d", "3.13.1", "d");
  Install("/usr/bin/python3.14td", "3.14.1", "td");
  EXPECT_EQ(Choice("3.13"), "/usr/bin/python3.13");
  EXPECT_EQ(Choice("3.13d"), "/usr/bin/python3.13d");
  EXPECT_EQ(Choice("3.14td"), "/usr/bin/python3.14td");
}

TEST_F(InterpreterFinderTest, ADirectoryMeansItsInterpreter) {
  Install("/opt/mine/bin/python", "3.11.2");
  Install("/opt/other/bin/python3", "3.12.2");
  EXPECT_EQ(Choice("/opt/mine"), "/opt/mine/bin/python");
  EXPECT_EQ(Choice("/opt/other/"), "/opt/other/bin/python3");
  EXPECT_THAT(Find("/opt/"), HasCode(ErrorCode::kNotFound));
}

TEST_F(InterpreterFinderTest, OneThatHangsIsWaitedForOnce) {
  machine_.InstallHanging("/usr/bin/python3.12");
  Install("/usr/bin/python3.11", "3.11.7");
  EXPECT_EQ(Choice("3"), "/usr/bin/python3.11");
  EXPECT_EQ(machine_.starts(), 2U);
  const InterpreterList list = Finder().FindAll();
  EXPECT_EQ(machine_.starts(), 2U);
  EXPECT_THAT(list.notes, ElementsAre(HasSubstr("did not answer in time")));
  EXPECT_THAT(Find("/usr/bin/python3.12"), HasMessage(HasSubstr("it does not answer")));
  EXPECT_EQ(machine_.starts(), 3U) << "one that is named is asked again";
  Install("/usr/bin/python3.12", "3.12.1");
  EXPECT_EQ(Choice("3"), "/usr/bin/python3.12") << "it changed";
}

TEST_F(InterpreterFinderTest, VariablesMoveThePlaces) {
  environment_.Set("PYENV_ROOT", "/data/pyenv");
  environment_.Set("UV_PYTHON_INSTALL_DIR", "/data/uv");
  Install("/data/pyenv/versions/3.10/bin/python3.10", "3.10.1");
  Install("/data/uv/cpython-3.9/bin/python3.9", "3.9.1");
  EXPECT_EQ(Find("3.10")->source, InterpreterSource::kPyenv);
  EXPECT_EQ(Find("3.9")->source, InterpreterSource::kUv);
}

TEST_F(InterpreterFinderTest, EachFileIsListedOnce) {
  Install("/usr/bin/python3.11", "3.11.7");
  machine_.Link("python3.11", "/usr/bin/python3");
  machine_.Link("/usr/bin/python3.11", "/home/u/.pyenv/versions/system/bin/python");
  const InterpreterList list = Finder().FindAll();
  ASSERT_EQ(list.found.size(), 1U);
  EXPECT_EQ(list.found[0].source, InterpreterSource::kPath);
}

TEST_F(InterpreterFinderTest, ShimsAreSkippedSilentlyAndScriptsWithANote) {
  machine_.WriteFile("/home/u/.pyenv/shims/python3", "#!/usr/bin/env bash\n");
  machine_.WriteFile("/usr/bin/python3", "#!/bin/sh\n");
  const InterpreterList list = Finder().FindAll();
  EXPECT_THAT(list.found, IsEmpty());
  EXPECT_THAT(list.notes, ElementsAre("/usr/bin/python3 is a script, not an interpreter"));
  EXPECT_EQ(machine_.starts(), 0U);
}

TEST_F(InterpreterFinderTest, BrokenOnesAreLeftOutWithANote) {
  machine_.InstallBroken("/usr/bin/python3.12", "no libpython");
  Install("/usr/bin/python3.11", "3.11.7");
  EXPECT_EQ(Choice("3"), "/usr/bin/python3.11");
  EXPECT_THAT(Finder().FindAll().notes, ElementsAre(HasSubstr("no libpython")));
}

TEST_F(InterpreterFinderTest, NamesThatOnlyLookAlikeAreNotStarted) {
  for (const char* name : {"python3-config", "python3.11-dbg", "pythonw", "python2", "ipython3"}) {
    machine_.InstallBroken(std::string("/usr/bin/") + name, "");
  }
  Finder().FindAll();
  EXPECT_EQ(machine_.starts(), 0U);
}

TEST_F(InterpreterFinderTest, NothingThatFitsListsWhatThereIs) {
  Install("/usr/bin/python3.11", "3.11.7");
  Install("/usr/bin/python3.6", "3.6.15");
  const Result<FoundInterpreter> found = Find("3.14");
  EXPECT_THAT(found, HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(found,
              HasMessage(AllOf(HasSubstr("no installed Python matches \"3.14\""),
                               HasSubstr("found Python 3.11.7 at /usr/bin/python3.11 (PATH)"),
                               HasSubstr("left out: /usr/bin/python3.6"))));
}

TEST_F(InterpreterFinderTest, AnAskedForPathIsTheAnswer) {
  Install("/somewhere/python", "3.9.1");
  EXPECT_EQ(Choice("/somewhere/python"), "/somewhere/python");
  EXPECT_THAT(Find("/nowhere/python"), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::install
