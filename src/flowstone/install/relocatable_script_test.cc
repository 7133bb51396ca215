#include "flowstone/install/relocatable_script.h"

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

pypi::Script ScriptFor(const std::string& reference) {
  return {.name = "demo", .target = *pypi::ObjectReference::Parse(reference)};
}

TEST(EntryPointScript, ImportsTheFirstNameAndCallsTheWholeReference) {
  const std::string script = EntryPointScript(ScriptFor("demo.cli:App.main"));
  EXPECT_THAT(script, StartsWith("#!/bin/sh\n"));
  EXPECT_THAT(script, HasSubstr("\nfrom demo.cli import App\n"));
  EXPECT_THAT(script, EndsWith("\n    sys.exit(App.main())\n"));
}

TEST(RelocateScript, ReplacesTheMarkerLineOnly) {
  const std::optional<std::string> script = RelocateScript("#!python\nprint(1)\n");
  ASSERT_TRUE(script.has_value());
  EXPECT_THAT(*script, StartsWith("#!/bin/sh\n'''exec'"));
  EXPECT_THAT(*script, EndsWith("' '''\nprint(1)\n"));
  EXPECT_TRUE(RelocateScript("#!pythonw\r\nprint(1)\n").has_value());
  EXPECT_TRUE(RelocateScript("#!python").has_value());
}

TEST(RelocateScript, KeepsHarmlessOptions) {
  EXPECT_THAT(*RelocateScript("#!python -E -s\n"), HasSubstr("/python\" -E -s \"$0\""));
  EXPECT_THAT(*RelocateScript("#!python $(reboot)\n"), HasSubstr("/python\" \"$0\""));
}

TEST(RelocateScript, LeavesOtherProgramsAlone) {
  EXPECT_FALSE(RelocateScript("#!/bin/sh\necho\n").has_value());
  EXPECT_FALSE(RelocateScript("#!python3.11\n").has_value());
  EXPECT_FALSE(RelocateScript("\x7f"
                              "ELF")
                   .has_value());
  EXPECT_FALSE(RelocateScript("").has_value());
}

TEST(IsReservedScriptName, InterpretersAreReserved) {
  for (const char* name : {"python", "PYTHON", "python3", "python3.13t", "pythonw", "Python.exe",
                           "pypy3", "graalpy"}) {
    EXPECT_TRUE(IsReservedScriptName(name)) << name;
  }
}

TEST(IsReservedScriptName, OthersAreNot) {
  for (const char* name : {"python-config", "pythonx", "ipython", "pypy-tool", "demo", "pip3"}) {
    EXPECT_FALSE(IsReservedScriptName(name)) << name;
  }
}

}  // namespace
}  // namespace flowstone::install
