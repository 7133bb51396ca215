#include "flowstone/install/python_builds.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOk;

constexpr std::string_view kHash =
    "\t0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";

std::string Row(const std::string& version, const std::string& release, const std::string& target,
                const std::string& archive) {
  return version + "\t" + release + "\t" + target + "\t" + archive + std::string(kHash);
}

// What would be installed for a request.
std::string Chosen(const PythonBuilds& builds, const std::string& request) {
  const PythonBuild* best = builds.Best(*PythonRequest::Parse(request));
  return best == nullptr ? "none" : best->ShownVersion();
}

TEST(PythonBuilds, ArchivesAreNamedAsThePublisherNamesThem) {
  const Result<PythonBuilds> builds = PythonBuilds::Parse(
      "# a comment\n" + Row("3.12.4", "20240726", "linux-x86_64", "install_only_stripped.tar.gz") +
      Row("3.13.0", "20241016", "linux-aarch64", "freethreaded%2Blto-full.tar.zst") +
      Row("3.9.1", "20210103", "darwin-x86_64", "pgo-20210103T1125.tar.zst"));
  ASSERT_THAT(builds, IsOk());
  ASSERT_EQ(builds->builds().size(), 3U);
  EXPECT_EQ(builds->builds()[0].archive,
            "20241016/cpython-3.13.0%2B20241016-aarch64-unknown-linux-gnu-"
            "freethreaded%2Blto-full.tar.zst");
  EXPECT_EQ(builds->builds()[1].archive,
            "20240726/cpython-3.12.4%2B20240726-x86_64-unknown-linux-gnu-"
            "install_only_stripped.tar.gz");
  EXPECT_EQ(builds->builds()[2].archive,
            "20210103/cpython-3.9.1-x86_64-apple-darwin-pgo-20210103T1125.tar.zst");
  EXPECT_EQ(builds->builds()[0].DirectoryName(), "cpython-3.13.0t+20241016-linux-aarch64");
}

TEST(PythonBuilds, NewestStableBuildOfTheSeriesIsChosen) {
  const Result<PythonBuilds> builds = PythonBuilds::Parse(
      Row("3.12.4", "20240726", "linux-x86_64", "install_only.tar.gz") +
      Row("3.12.10", "20250409", "linux-x86_64", "install_only.tar.gz") +
      Row("3.12.10", "20250101", "linux-x86_64", "install_only.tar.gz") +
      Row("3.13.1", "20250115", "linux-x86_64", "install_only.tar.gz") +
      Row("3.13.1", "20250115", "linux-x86_64", "freethreaded-install_only.tar.gz") +
      Row("3.14.0a1", "20250115", "linux-x86_64", "install_only.tar.gz"));
  ASSERT_THAT(builds, IsOk());
  EXPECT_EQ(Chosen(*builds, "3.12"), "3.12.10");
  EXPECT_EQ(builds->Best(*PythonRequest::Parse("3.12"))->release, "20250409");
  EXPECT_EQ(Chosen(*builds, "3.12.4"), "3.12.4");
  EXPECT_EQ(Chosen(*builds, ">=3.11,<3.13"), "3.12.10");
  EXPECT_EQ(Chosen(*builds, "any"), "3.13.1");
  EXPECT_EQ(Chosen(*builds, "3.13t"), "3.13.1t");
  EXPECT_EQ(Chosen(*builds, "3.14"), "3.14.0a1");
  EXPECT_EQ(Chosen(*builds, "3.12d"), "none");
  EXPECT_EQ(Chosen(*builds, "3.15"), "none");
  EXPECT_EQ(Chosen(*builds, "/usr/bin/python3"), "none");
}

TEST(PythonBuilds, ADamagedTableNamesTheLine) {
  for (const std::string& line :
       {Row("three", "20240726", "linux-x86_64", "install_only.tar.gz"),
        Row("3.12.4", "20240726", "amiga-m68k", "install_only.tar.gz"),
        std::string("3.12.4\t20240726\tlinux-x86_64\n"),
        std::string("3.12.4\t20240726\tlinux-x86_64\tinstall_only.tar.gz\tabc\n")}) {
    EXPECT_THAT(PythonBuilds::Parse(line), HasCode(ErrorCode::kCorrupt)) << line;
    EXPECT_THAT(PythonBuilds::Parse(line), HasMessage(HasSubstr("table of Python builds")));
  }
}

TEST(PythonBuilds, TheEngineKnowsBuildsOfEverySeriesForEveryTarget) {
  for (const char* target : {"linux-x86_64", "linux-aarch64", "darwin-x86_64", "darwin-aarch64"}) {
    const PythonBuilds builds = PythonBuilds::BuiltIn(target);
    for (const char* series : {"3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.13t"}) {
      EXPECT_NE(Chosen(builds, series), "none") << series << " for " << target;
    }
    std::set<std::string> names;
    for (const PythonBuild& build : builds.builds()) {
      EXPECT_TRUE(names.insert(build.DirectoryName()).second) << build.DirectoryName();
    }
  }
  EXPECT_TRUE(PythonBuilds::BuiltIn("amiga-m68k").builds().empty());
}

}  // namespace
}  // namespace flowstone::install
