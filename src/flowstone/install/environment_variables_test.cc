#include "flowstone/install/environment_variables.h"

#include <gmock/gmock.h>

#include <optional>

namespace flowstone::install {
namespace {

using ::testing::Contains;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

TEST(VariablesInside, NameTheEnvironment) {
  const auto variables = VariablesInside("/env", "/usr/local/bin:/usr/bin");
  EXPECT_THAT(variables, Contains(Pair("PATH", "/env/bin:/usr/local/bin:/usr/bin")));
  EXPECT_THAT(variables, Contains(Pair("VIRTUAL_ENV", "/env")));
  EXPECT_THAT(VariablesInside("/env", std::nullopt),
              Contains(Pair("PATH", "/env/bin:/usr/bin:/bin")));
}

TEST(VariablesInside, WhatIsAboutAnotherPythonIsTakenAway) {
  const auto variables = VariablesInside("/env", std::nullopt);
  for (const char* name : {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE"}) {
    EXPECT_THAT(variables, Contains(Pair(name, std::nullopt))) << name;
  }
}

TEST(VariablesInside, WhatIsAboutTheMachineStays) {
  const auto variables = VariablesInside("/env", std::nullopt);
  for (const char* name : {"LD_LIBRARY_PATH", "LD_PRELOAD", "HOME", "PYTHONHASHSEED"}) {
    EXPECT_THAT(variables, Not(Contains(Key(name)))) << name;
  }
}

}  // namespace
}  // namespace flowstone::install
