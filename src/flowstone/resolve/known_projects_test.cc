#include "flowstone/resolve/known_projects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "flowstone/pypi/name.h"

namespace flowstone::resolve {
namespace {

TEST(KnownProjects, ModulesLeadToTheirProjects) {
  EXPECT_EQ(ProjectOfModule("sklearn"), "scikit-learn");
  EXPECT_EQ(ProjectOfModule("cv2"), "opencv-python");
  EXPECT_EQ(ProjectOfModule("yaml"), "pyyaml");
  EXPECT_EQ(ProjectOfModule("pil"), "pillow");
  EXPECT_EQ(ProjectOfModule("absl"), "absl-py");
  EXPECT_EQ(ProjectOfModule("zmq"), "pyzmq");
  EXPECT_EQ(ProjectOfModule("numpy"), std::nullopt);
}

TEST(KnownProjects, StandardModulesAreKnown) {
  for (const std::string_view module : {"abc", "json", "pickle", "sqlite3", "zipfile"}) {
    EXPECT_TRUE(IsStandardModule(module)) << module;
  }
  EXPECT_FALSE(IsStandardModule("numpy"));
}

TEST(KnownProjects, PopularNamesAreNormalisedAndSorted) {
  const auto names = PopularProjects();
  EXPECT_TRUE(std::ranges::is_sorted(names));
  for (const std::string_view name : names) {
    const Result<pypi::Name> parsed = pypi::Name::Parse(name);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->ToString(), name);
  }
}

}  // namespace
}  // namespace flowstone::resolve
