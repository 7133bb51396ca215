#include "flowstone/resolve/missing_wheels.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "flowstone/pypi/marker.h"

namespace flowstone::resolve {
namespace {

class MissingWheelsTest : public ::testing::Test {
 protected:
  // What is said of a release with these wheels that is needed where the marker holds.
  std::string Told(const std::vector<std::string>& tags, const std::string& needed) {
    lock::LockedPackage package{.name = *pypi::Name::Parse("fast"),
                                .version = *pypi::Version::Parse("1.0")};
    for (const std::string& tag : tags) {
      package.wheels.push_back({.name = "fast-1.0-" + tag + ".whl"});
    }
    pypi::MarkerAlgebra algebra(pypi::InterpreterPreviews::kAsReleases);
    WheelEnvironments environments(algebra);
    const auto missing =
        FindMissingWheels(package, algebra.Of(*pypi::Marker::Parse(needed)), environments);
    return missing ? missing->ToString() : "";
  }
};

TEST_F(MissingWheelsTest, ASystemThatNeedsAWheelAndHasNoneIsTold) {
  EXPECT_EQ(Told({"cp38-abi3-manylinux_2_17_x86_64"}, "sys_platform == 'linux'"), "");
  EXPECT_EQ(Told({"cp38-abi3-manylinux_2_17_x86_64", "cp38-abi3-win_amd64"},
                 "python_version >= '3.8' and os_name == 'posix'"),
            "fast 1.0 has no wheel for macOS: --required-environment \"sys_platform == 'darwin'\" "
            "takes only versions that have one");
}

TEST_F(MissingWheelsTest, APythonWithoutAWheelOnAnySystemIsTold) {
  EXPECT_EQ(Told({"cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-macosx_11_0_arm64"},
                 "python_version >= '3.11' and python_version < '3.14' and os_name == 'posix'"),
            "fast 1.0 has no wheel for Python 3.12, 3.13: --required-environment "
            "\"python_version == '3.12'\" takes only versions that have one");
}

TEST_F(MissingWheelsTest, MachinesAndPythonsToComeAreNoNews) {
  EXPECT_EQ(Told({"cp314-cp314-manylinux_2_17_aarch64"},
                 "python_version >= '3.14' and sys_platform == 'linux'"),
            "");
}

TEST_F(MissingWheelsTest, ASourceServesAll) {
  lock::LockedPackage package{.name = *pypi::Name::Parse("fast"),
                              .version = *pypi::Version::Parse("1.0"),
                              .sdist = lock::LockedFile{.name = "fast-1.0.tar.gz"},
                              .wheels = {{.name = "fast-1.0-py3-none-win_amd64.whl"}}};
  pypi::MarkerAlgebra algebra(pypi::InterpreterPreviews::kAsReleases);
  WheelEnvironments environments(algebra);
  EXPECT_EQ(FindMissingWheels(package, pypi::MarkerAlgebra::Always(), environments), std::nullopt);
}

}  // namespace
}  // namespace flowstone::resolve
