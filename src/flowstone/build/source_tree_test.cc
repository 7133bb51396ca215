#include "flowstone/build/source_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "flowstone/archive/gzip.h"
#include "flowstone/archive/tar_writer.h"
#include "flowstone/build/source_unpack.h"
#include "flowstone/os/fake_process_runner.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::build {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;

class SourceTreeTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text, std::uint32_t mode = 0644) {
    EXPECT_THAT(os::MakeDirectories(files_, path.substr(0, path.rfind('/'))), IsOk());
    EXPECT_THAT(os::ReplaceFile(files_, path, text, mode), IsOk());
  }

  Digest DigestNow() {
    const Result<Digest> digest = TreeDigest(files_, "/p");
    EXPECT_THAT(digest, IsOk());
    return digest ? *digest : Digest();
  }

  Result<std::string> Place(const Source& source) {
    EXPECT_THAT(os::MakeDirectories(files_, "/out"), IsOk());
    return PlaceSource(files_, repositories_, source, "/out");
  }

  os::MemoryFileSystem files_;
  // A git that can make repositories and reaches none.
  os::FakeProcessRunner git_{[](const os::ProcessSpec& spec, const std::string&) {
    const bool is_init = std::ranges::find(spec.arguments, "init") != spec.arguments.end();
    return Result<os::ProcessResult>(os::Exited(is_init ? 0 : 1));
  }};
  GitRepositories repositories_{
      {.filesystem = files_, .processes = git_, .environment = {}, .directory = "/mirrors"}};
};

TEST_F(SourceTreeTest, TheDigestSeesContentModeAndPathAndNothingElse) {
  Write("/p/a.py", "1");
  const Digest first = DigestNow();
  Write("/p/__pycache__/a.pyc", "x");
  Write("/p/p.egg-info/PKG-INFO", "x");
  Write("/p/.git/index", "x");
  EXPECT_EQ(DigestNow(), first);
  Write("/p/a.py", "2");
  const Digest second = DigestNow();
  EXPECT_NE(second, first);
  EXPECT_THAT(files_.SetMode("/p/a.py", 0755), IsOk());
  EXPECT_NE(DigestNow(), second);
}

TEST_F(SourceTreeTest, ATagIsPartOfTheDigest) {
  Write("/p/a.py", "1");
  Write("/p/.git/HEAD", "ref: refs/heads/main\n");
  const Digest first = DigestNow();
  Write("/p/.git/refs/tags/v1", std::string(40, 'a'));
  EXPECT_NE(DigestNow(), first);
}

TEST_F(SourceTreeTest, ADirectoryIsCopiedWithoutLeftovers) {
  Write("/p/a.py", "1");
  Write("/p/.venv/bin/python", "x");
  EXPECT_THAT(Place({.origin = SourceOrigin::kDirectory, .path = "/p"}), IsOkAndHolds("/out"));
  EXPECT_THAT(files_.ReadFile("/out/a.py"), IsOkAndHolds("1"));
  EXPECT_THAT(files_.Stat("/out/.venv"), HasCode(ErrorCode::kNotFound));
}

TEST_F(SourceTreeTest, AnArchiveIsUnpackedAndItsOneDirectoryIsTheProject) {
  std::string tar;
  archive::TarWriter writer(archive::AppendTo(tar));
  ASSERT_THAT(writer.AddFile("p-1.0/setup.py", "pass"), IsOk());
  ASSERT_THAT(writer.AddFile("p-1.0/python/pyproject.toml", ""), IsOk());
  ASSERT_THAT(writer.Finish(), IsOk());
  Write("/archives/p-1.0.tar.gz", archive::GzipCompress(tar));
  const Source source{.origin = SourceOrigin::kArchive,
                      .path = "/archives/p-1.0.tar.gz",
                      .file_name = "p-1.0.tar.gz",
                      .subdirectory = "python"};
  EXPECT_THAT(Place(source), IsOkAndHolds("/out/p-1.0/python"));
  EXPECT_THAT(files_.ReadFile("/out/p-1.0/setup.py"), IsOkAndHolds("pass"));
}

TEST_F(SourceTreeTest, AMissingSubdirectoryIsNamed) {
  Write("/p/a.py", "1");
  EXPECT_THAT(Place({.origin = SourceOrigin::kDirectory, .path = "/p", .subdirectory = "nowhere"}),
              HasCode(ErrorCode::kNotFound));
}

TEST_F(SourceTreeTest, ABombIsRefused) {
  Write("/archives/b.tar.gz", archive::GzipCompress(std::string(std::size_t{1} << 20U, '\0')));
  ASSERT_THAT(os::MakeDirectories(files_, "/out"), IsOk());
  EXPECT_THAT(UnpackSource(files_, "/archives/b.tar.gz", "b.tar.gz", "/out",
                           {.max_total_bytes = 4096, .ratio_free_bytes = 1024}),
              HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(UnpackSource(files_, "/archives/b.tar.gz", "b.tar.Z", "/out"),
              HasCode(ErrorCode::kInvalid));
}

TEST_F(SourceTreeTest, TheIdentityIsOfContentAndSubdirectory) {
  const Source one{.origin = SourceOrigin::kRepository, .commit = "c", .content = "c"};
  Source other = one;
  other.reference.url = "https://elsewhere.example/p.git";
  EXPECT_EQ(one.Identity(), other.Identity());
  other.subdirectory = "python";
  EXPECT_NE(one.Identity(), other.Identity());
}

TEST_F(SourceTreeTest, CredentialsReachGitByItsEnvironment) {
  const auto reference = DirectReference::Parse("git+https://me:s3cret@host.example/p.git@v1");
  ASSERT_THAT(reference, IsOk());
  EXPECT_FALSE(repositories_.Resolve(*reference).has_value());
  const std::vector<os::ProcessSpec> calls = git_.calls();
  ASSERT_FALSE(calls.empty());
  // base64 of "me:s3cret", for the one server that it is for.
  EXPECT_EQ(calls.back().environment.at("GIT_CONFIG_KEY_0"),
            "http.https://host.example:443/.extraHeader");
  EXPECT_EQ(calls.back().environment.at("GIT_CONFIG_VALUE_0"), "Authorization: Basic bWU6czNjcmV0");
  for (const os::ProcessSpec& call : calls) {
    for (const std::string& argument : call.arguments) {
      EXPECT_EQ(argument.find("s3cret"), std::string::npos) << argument;
    }
  }
}

}  // namespace
}  // namespace flowstone::build
