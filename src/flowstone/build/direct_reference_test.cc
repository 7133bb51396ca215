#include "flowstone/build/direct_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::build {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;

DirectReference Parsed(std::string_view url) {
  Result<DirectReference> reference = DirectReference::Parse(url);
  EXPECT_THAT(reference, IsOk()) << url;
  return reference ? *reference : DirectReference();
}

TEST(DirectReferenceTest, ReadsAnArchiveWithItsDigestAndDirectory) {
  const std::string digest(64, 'A');
  const DirectReference reference =
      Parsed("https://index.example/p-1.0.tar.gz#sha256=" + digest + "&subdirectory=a/b");
  EXPECT_EQ(reference.kind, ReferenceKind::kArchive);
  EXPECT_EQ(reference.url, "https://index.example/p-1.0.tar.gz");
  EXPECT_EQ(reference.subdirectory, "a/b");
  EXPECT_EQ(reference.hashes.at("sha256"), std::string(64, 'a'));
}

TEST(DirectReferenceTest, KeepsCredentialsForTheTransferAlone) {
  const DirectReference archive = Parsed("https://me:s3cret@index.example/p-1.0.zip");
  EXPECT_EQ(archive.url, "https://index.example/p-1.0.zip");
  EXPECT_EQ(archive.secret_url, "https://me:s3cret@index.example/p-1.0.zip");
  const DirectReference token = Parsed("git+https://t0ken@host.example/p.git@v1");
  EXPECT_EQ(token.ToString(), "git+https://host.example/p.git@v1");
  const DirectReference ssh = Parsed("git+ssh://git:s3cret@host.example/p.git");
  EXPECT_EQ(ssh.ToString(), "git+ssh://git@host.example/p.git");
}

TEST(DirectReferenceTest, ReadsTheRevisionOfARepository) {
  const DirectReference reference =
      Parsed("git+ssh://git@host.example/group/p.git@feature/x#egg=p&subdirectory=python");
  EXPECT_EQ(reference.kind, ReferenceKind::kRepository);
  EXPECT_EQ(reference.url, "ssh://git@host.example/group/p.git");
  EXPECT_EQ(reference.revision, "feature/x");
  EXPECT_EQ(reference.subdirectory, "python");
  EXPECT_EQ(Parsed("git+https://host.example/p.git").revision, "");
}

TEST(DirectReferenceTest, PathsAreLocal) {
  const DirectReference reference = Parsed("file:///home/me/a%20b/../pkg");
  EXPECT_EQ(reference.kind, ReferenceKind::kLocal);
  EXPECT_EQ(reference.path, "/home/me/pkg");
  EXPECT_EQ(Parsed("/home/me/pkg").path, "/home/me/pkg");
  EXPECT_EQ(Parsed(EditableUrl("file:///home/me/pkg")).use, EditableUse::kEditable);
  EXPECT_EQ(Parsed(EditableUrl("file:///p#subdirectory=x")).subdirectory, "x");
}

TEST(DirectReferenceTest, RefusesWhatLeadsAstray) {
  for (const char* url :
       {"git+https://host.example/p.git@--upload-pack=evil", "git+https://host.example/p.git@a..b",
        "git+https://host.example/p.git@HEAD@{1}", "git+ext::sh -c evil", "git+host.example:p.git",
        "hg+https://host.example/p", "https://index.example/p.zip#subdirectory=../other",
        "https://index.example/p.zip#subdirectory=/etc", "https://index.example/p.zip#sha256=12",
        "relative/path"}) {
    EXPECT_THAT(DirectReference::Parse(url), HasCode(ErrorCode::kInvalid)) << url;
  }
}

TEST(DirectReferenceTest, SourcesAreTheSameWhateverTheCredentials) {
  EXPECT_TRUE(
      Parsed("https://a:b@index.example/p.zip")
          .IsSameSourceAs(Parsed("https://index.example/p.zip#sha256=" + std::string(64, '0'))));
  EXPECT_FALSE(Parsed("git+https://host.example/p.git@v1")
                   .IsSameSourceAs(Parsed("git+https://host.example/p.git@v2")));
  EXPECT_FALSE(Parsed("file:///p").IsSameSourceAs(Parsed(EditableUrl("file:///p"))));
}

}  // namespace
}  // namespace flowstone::build
