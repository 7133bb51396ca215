#include "flowstone/exec/datastore_artifacts.h"

#include <gtest/gtest.h>

#include <string>
#include <unistd.h>

#include "flowstone/exec/testing/memory_artifact_store.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/store/directory_object_store.h"
#include "flowstone/testing/random_bytes.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::exec {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::IsOk;

std::string ContentOf(const OpenedArtifact& artifact) {
  if (!artifact.file) {
    return artifact.bytes;
  }
  std::string bytes(artifact.size, '\0');
  EXPECT_EQ(
      ::pread(artifact.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(artifact.offset)),
      static_cast<ssize_t>(bytes.size()));
  return bytes;
}

class DatastoreSubject {
 public:
  ArtifactStore& store() { return artifacts_; }

 private:
  os::PosixFileSystem files_;
  os::TempDir directory_ = *os::TempDir::Create(files_, "/tmp", "artifacts-");
  store::DirectoryObjectStore objects_{files_, directory_.path()};
  std::unique_ptr<store::Datastore> datastore_ =
      *store::Datastore::Open(objects_, store::MissingDatastore::kCreate);
  DatastoreArtifacts artifacts_{*datastore_};
};

class MemorySubject {
 public:
  ArtifactStore& store() { return artifacts_; }

 private:
  testing::MemoryArtifactStore artifacts_;
};

template <class Subject>
class ArtifactStoreContract : public ::testing::Test {
 protected:
  Subject subject_;
};
using Subjects = ::testing::Types<DatastoreSubject, MemorySubject>;
TYPED_TEST_SUITE(ArtifactStoreContract, Subjects);

TYPED_TEST(ArtifactStoreContract, GivesBackWhatWasPut) {
  ArtifactStore& store = this->subject_.store();
  for (const std::string& content :
       {std::string(), std::string(100000, 'a'), flowstone::testing::RandomBytes(100000, 7)}) {
    const Result<Digest> digest = store.Put(content);
    ASSERT_THAT(digest, IsOk());
    EXPECT_EQ(*digest, Digest::Of(content));
    const Result<OpenedArtifact> artifact = store.Open(*digest);
    ASSERT_TRUE(artifact) << artifact.error().ToString();
    EXPECT_EQ(ContentOf(*artifact), content);
  }
}

TYPED_TEST(ArtifactStoreContract, MissingContentIsNotFound) {
  EXPECT_EQ(this->subject_.store().Open(Digest::Of("nowhere")).error().code, ErrorCode::kNotFound);
}

TYPED_TEST(ArtifactStoreContract, StoringTwiceIsNoError) {
  ArtifactStore& store = this->subject_.store();
  EXPECT_THAT(store.Put("same"), IsOk());
  EXPECT_THAT(store.Put("same"), IsOk());
}

}  // namespace
}  // namespace flowstone::exec
