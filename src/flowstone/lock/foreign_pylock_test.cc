// Locks that other tools wrote: what a Linux machine installs from them.

#include <gmock/gmock-matchers.h>
#include <gmock/gmock-more-matchers.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/lock/lock.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/lock/lock_select.h"
#include "flowstone/lock/lock_writer.h"
#include "flowstone/testing/golden.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::lock {
namespace {

using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::flowstone::testing::ReadGolden;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

pypi::Target Machine(const std::string& system) {
  return {.markers = {.implementation_name = "cpython",
                      .platform_machine = "x86_64",
                      .platform_python_implementation = "CPython",
                      .python_full_version = "3.12.4",
                      .python_version = "3.12",
                      .sys_platform = system},
          .tags = pypi::TagList({*pypi::Tag::Parse("cp312-cp312-manylinux_2_17_x86_64"),
                                 *pypi::Tag::Parse("py3-none-any")}),
          .python_full_version = *pypi::Version::Parse("3.12.4")};
}

Result<std::vector<std::string>> Installed(const std::string& golden, const std::string& system,
                                           const SelectOptions& options = {}) {
  FLOWSTONE_LET(const Lock lock, ParseLock(ReadGolden(golden)));
  FLOWSTONE_LET(const auto wheels, SelectWheels(lock, Machine(system), options));
  std::vector<std::string> titles;
  titles.reserve(wheels.size());
  for (const SelectedWheel& wheel : wheels) {
    titles.push_back(wheel.name.ToString() + " " + wheel.version.ToString());
  }
  return titles;
}

TEST(ForeignPylock, OfPip) {
  EXPECT_THAT(Installed("locks/pylock.pip.toml", "linux"),
              IsOkAndHolds(ElementsAre("alpha 1.0", "beta 1.0", "delta 1.0")));
}

TEST(ForeignPylock, OfUvWithForks) {
  EXPECT_THAT(Installed("locks/pylock.uv.toml", "linux"),
              IsOkAndHolds(ElementsAre("alpha 1.0", "beta 1.0", "delta 1.0", "gamma 1.0")));
}

TEST(ForeignPylock, ExtrasAndGroupsChooseEntries) {
  const std::string golden = "locks/pylock.extras.toml";
  EXPECT_THAT(Installed(golden, "linux"), IsOkAndHolds(ElementsAre("alpha 1.0", "beta 1.0")));
  EXPECT_THAT(Installed(golden, "darwin"), IsOkAndHolds(ElementsAre("alpha 1.0", "beta 2.0")));
  EXPECT_THAT(Installed(golden, "linux", {.extras = {*pypi::ExtraName::Parse("fast")}}),
              IsOkAndHolds(ElementsAre("alpha 1.0", "beta 1.0", "gamma 1.0")));
  const SelectOptions train{.extras = {}, .groups = std::vector{*pypi::GroupName::Parse("train")}};
  EXPECT_THAT(Installed(golden, "linux", train), IsOkAndHolds(ElementsAre("gamma 1.0")));
  EXPECT_THAT(Installed(golden, "linux", {.extras = {*pypi::ExtraName::Parse("docs")}}),
              IsOkAndHolds(ElementsAre("alpha 1.0", "beta 1.0", "local 3.0")));
}

TEST(ForeignPylock, EnvironmentsThatItIsNotForAreRefused) {
  EXPECT_THAT(Installed("locks/pylock.extras.toml", "win32"),
              HasMessage(HasSubstr("the lock is for other environments")));
}

TEST(ForeignPylock, WrittenByUsItSaysTheSame) {
  for (const char* golden :
       {"locks/pylock.pip.toml", "locks/pylock.uv.toml", "locks/pylock.extras.toml"}) {
    const auto lock = ParseLock(ReadGolden(golden));
    ASSERT_THAT(lock, IsOk());
    EXPECT_THAT(ParseLock(WriteLock(*lock)), IsOkAndHolds(*lock)) << golden;
  }
}

}  // namespace
}  // namespace flowstone::lock
