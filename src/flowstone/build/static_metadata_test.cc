#include "flowstone/build/static_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/pypi/metadata.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::build {
namespace {

using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;
using ::testing::Optional;

class StaticMetadataTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& text) {
    EXPECT_THAT(os::MakeDirectories(files_, "/p"), IsOk());
    EXPECT_THAT(os::ReplaceFile(files_, "/p/" + name, text), IsOk());
  }

  std::optional<std::string> Read(SourceKind kind,
                                  const std::optional<pypi::Version>& published = {}) {
    const auto text = ReadStaticMetadata(files_, "/p", kind, published);
    EXPECT_THAT(text, IsOk());
    return text ? *text : std::nullopt;
  }

  os::MemoryFileSystem files_;
};

constexpr const char* kProject = R"(
[project]
name = "p"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["a>=1", "b; sys_platform == 'win32'"]
[project.optional-dependencies]
Fast_Mode = ["c; python_version < '3.12' or os_name == 'nt'"]
)";

TEST_F(StaticMetadataTest, AProjectTableIsTheMetadataOfItsBuild) {
  Write("pyproject.toml", kProject);
  const std::optional<std::string> text = Read(SourceKind::kTree);
  ASSERT_TRUE(text);
  const auto metadata = pypi::CoreMetadata::Parse(*text);
  ASSERT_THAT(metadata, IsOk());
  EXPECT_EQ(metadata->requires_python_text, ">=3.9");
  ASSERT_EQ(metadata->requires_dist.size(), 3U);
  EXPECT_EQ(metadata->requires_dist[1].requirement.ToString(), "b; sys_platform == \"win32\"");
  EXPECT_THAT(metadata->requires_dist[2].text,
              HasSubstr("(python_version < \"3.12\" or os_name == \"nt\") and extra == "
                        "\"fast-mode\""));
  ASSERT_EQ(metadata->provides_extra.size(), 1U);
}

TEST_F(StaticMetadataTest, DynamicFieldsAreForTheBackend) {
  Write("pyproject.toml", "[project]\nname = 'p'\nversion = '1'\ndynamic = ['dependencies']\n");
  EXPECT_EQ(Read(SourceKind::kTree), std::nullopt);
}

TEST_F(StaticMetadataTest, ADynamicVersionIsKnownFromTheNameOfAnSdist) {
  Write("pyproject.toml", "[project]\nname = 'p'\ndynamic = ['version']\n");
  EXPECT_EQ(Read(SourceKind::kTree), std::nullopt);
  EXPECT_THAT(Read(SourceKind::kSdist, *pypi::Version::Parse("3.1")),
              Optional(HasSubstr("Version: 3.1\n")));
}

TEST_F(StaticMetadataTest, OnlyPublishedPkgInfoBinds) {
  Write("PKG-INFO", "Metadata-Version: 2.2\nName: p\nVersion: 1\nRequires-Dist: a\n\nText\n");
  EXPECT_THAT(Read(SourceKind::kSdist), Optional(HasSubstr("Requires-Dist: a\n")));
  EXPECT_EQ(Read(SourceKind::kTree), std::nullopt);
}

TEST_F(StaticMetadataTest, OldOrDynamicPkgInfoDoesNotBind) {
  Write("PKG-INFO", "Metadata-Version: 2.1\nName: p\nVersion: 1\n");
  EXPECT_EQ(Read(SourceKind::kSdist), std::nullopt);
  Write("PKG-INFO", "Metadata-Version: 2.4\nName: p\nVersion: 1\nDynamic: Requires-Dist\n");
  EXPECT_EQ(Read(SourceKind::kSdist), std::nullopt);
  Write("PKG-INFO", "Metadata-Version: 2.4\nName: p\nVersion: 1\nDynamic: License\n");
  EXPECT_TRUE(Read(SourceKind::kSdist));
}

TEST_F(StaticMetadataTest, AFieldThatIsGivenAndDynamicToo) {
  Write("pyproject.toml",
        "[project]\nname = 'p'\nversion = '1'\ndependencies = ['a']\ndynamic = ['dependencies']\n");
  EXPECT_EQ(Read(SourceKind::kTree), std::nullopt);
}

}  // namespace
}  // namespace flowstone::build
