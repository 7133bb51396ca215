#include "flowstone/install/wheel_layout.h"

#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOk;

Result<WheelLayout> LayOut(const std::vector<std::string>& names,
                           const std::string& file_name = "demo-1.0-py3-none-any.whl") {
  std::vector<archive::ZipMember> members;
  members.reserve(names.size());
  for (const std::string& name : names) {
    members.push_back({.name = name});
  }
  return LayOutWheel(members, *pypi::WheelName::Parse(file_name));
}

// Where a single file goes, besides a good dist-info directory.
Result<std::string> DestinationOf(const std::string& name) {
  FLOWSTONE_LET(const WheelLayout layout, LayOut({name, "demo-1.0.dist-info/METADATA"}));
  return layout.placements.at(0).destination;
}

TEST(WheelLayout, FilesGoToSitePackages) {
  EXPECT_EQ(*DestinationOf("demo/__init__.py"), "site/demo/__init__.py");
  EXPECT_EQ(*DestinationOf("demo.py"), "site/demo.py");
}

TEST(WheelLayout, DataDirectoryIsSpread) {
  EXPECT_EQ(*DestinationOf("demo-1.0.data/purelib/a.py"), "site/a.py");
  EXPECT_EQ(*DestinationOf("demo-1.0.data/platlib/b/c.so"), "site/b/c.so");
  EXPECT_EQ(*DestinationOf("demo-1.0.data/headers/d.h"), "include/demo/d.h");
  EXPECT_EQ(*DestinationOf("demo-1.0.data/scripts/run"), "bin/run");
  EXPECT_EQ(*DestinationOf("demo-1.0.data/data/share/x.txt"), "data/share/x.txt");
}

TEST(WheelLayout, DataDirectoryOfAnotherProjectIsOrdinary) {
  EXPECT_EQ(*DestinationOf("other-1.0.data/scripts/run"), "site/other-1.0.data/scripts/run");
}

TEST(WheelLayout, DistInfoMayBeSpeltDifferently) {
  const Result<WheelLayout> layout =
      LayOut({"Demo.Project-1.0.0.dist-info/METADATA"}, "demo_project-1.0-py3-none-any.whl");
  ASSERT_THAT(layout, IsOk());
  EXPECT_EQ(layout->dist_info, "Demo.Project-1.0.0.dist-info");
}

TEST(WheelLayout, OneDistInfoIsRequired) {
  EXPECT_THAT(LayOut({"demo.py"}), HasMessage(HasSubstr("no .dist-info")));
  EXPECT_THAT(LayOut({"demo-1.0.dist-info/METADATA", "demo-2.0.dist-info/METADATA"}),
              HasMessage(HasSubstr("several .dist-info")));
}

TEST(WheelLayout, DistInfoOfAnotherVersionIsRefused) {
  EXPECT_THAT(LayOut({"demo-2.0.dist-info/METADATA"}),
              HasMessage(HasSubstr("named demo 1.0 but contains demo-2.0.dist-info")));
  EXPECT_THAT(LayOut({"other-1.0.dist-info/METADATA"}), HasCode(ErrorCode::kInvalid));
}

TEST(WheelLayout, UnknownSchemeIsRefused) {
  EXPECT_THAT(DestinationOf("demo-1.0.data/stdlib/os.py"),
              HasMessage(HasSubstr("unknown scheme \"stdlib\"")));
  EXPECT_THAT(DestinationOf("demo-1.0.data/loose"), HasMessage(HasSubstr("outside any scheme")));
}

TEST(WheelLayout, PartsOfTheEnvironmentAreRefused) {
  for (const char* path : {"pyvenv.cfg", "PYVENV.CFG", "flowstone-environment.json", "bin/python",
                           "bin/Python3.11", "lib/python3.11/os.py", "lib64/x", "lib", "bin"}) {
    EXPECT_THAT(DestinationOf(std::string("demo-1.0.data/data/") + path),
                HasMessage(HasSubstr("would replace a part of the environment")))
        << path;
  }
  EXPECT_THAT(DestinationOf("demo-1.0.data/scripts/python3"),
              HasMessage(HasSubstr("stand in for an interpreter")));
}

TEST(WheelLayout, OtherLibrariesAndProgramsAreFine) {
  EXPECT_THAT(DestinationOf("demo-1.0.data/data/lib/libdemo.so"), IsOk());
  EXPECT_THAT(DestinationOf("demo-1.0.data/data/bin/python-config-demo"), IsOk());
}

TEST(WheelLayout, InstallersFilesAreLeftOutWithAWarning) {
  const Result<WheelLayout> layout =
      LayOut({"demo-1.0.dist-info/RECORD", "demo-1.0.dist-info/INSTALLER",
              "demo-1.0.dist-info/direct_url.json"});
  ASSERT_THAT(layout, IsOk());
  EXPECT_TRUE(layout->placements.empty());
  EXPECT_THAT(layout->warnings,
              ElementsAre(HasSubstr("/INSTALLER"), HasSubstr("/direct_url.json")));
}

TEST(WheelLayout, TwoFilesForOnePlaceAreRefused) {
  EXPECT_THAT(LayOut({"demo-1.0.dist-info/METADATA", "a.py", "demo-1.0.data/purelib/a.py"}),
              HasMessage(HasSubstr("two files for site/a.py")));
}

}  // namespace
}  // namespace flowstone::install
