#include "flowstone/store/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "flowstone/os/memory_filesystem.h"
#include "flowstone/store/code_record.h"
#include "flowstone/store/memory_object_store.h"
#include "flowstone/store/object_key.h"
#include "flowstone/store/run_store.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

auto IsFinding(FindingKind kind, const std::string& key) {
  return AllOf(Field(&Finding::kind, kind), Field(&Finding::key, key),
               Field(&Finding::remedy, ::testing::Not(IsEmpty())));
}

// A datastore with one run whose only task made one artifact.
class VerifyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    artifact_ = datastore_->PutBlob("an artifact")->sha256;
    lock_ = *datastore_->PutContent(ContentFamily::kLock, "a lock");
    tree_ = *datastore_->PutContent(ContentFamily::kTree, "a tree");
    pack_ = *datastore_->PutContent(ContentFamily::kPack, "a pack");
    ASSERT_THAT(objects_.PutIfAbsent(CodeRecordKey(tree_), CodeRecord{.packs = {pack_}}.ToJson()),
                IsOk());
    ASSERT_THAT(datastore_->PutRequest(Digest::Of("request"), {.lock = lock_}), IsOk());
    const EnvironmentReference environment{.id = Digest::Of("environment"), .lock = lock_};
    ASSERT_THAT(
        runs_.CreateRun(
            {.flow = "F", .run = "1", .code = tree_, .environments = {{"start", environment}}}),
        IsOk());
    ASSERT_THAT(runs_.CreateTask({"F", "1"}, {.step = "start", .task = "1"}), IsOk());
    ASSERT_THAT(runs_.WriteAttempt(
                    {"F", "1", "start", "1"},
                    {.artifacts = {{"x", {.sha256 = artifact_}}}, .environment = environment},
                    {.standard_output = "log"}),
                IsOk());
    ASSERT_THAT(runs_.ChangeTags({"F", "1"}, {.add = {"tag"}}), IsOk());
    ASSERT_THAT(runs_.EndRun({"F", "1"}, {}), IsOk());
  }

  VerifyReport Verify() {
    NoProgress progress;
    const Result<VerifyReport> report = VerifyDatastore(*datastore_, progress);
    EXPECT_THAT(report, IsOk());
    return *report;
  }
  void FlipLastByte(const std::string& key) {
    std::string bytes = *objects_.Get(key);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    ASSERT_THAT(objects_.Replace(key, bytes), IsOk());
  }

  os::MemoryFileSystem files_;
  MemoryObjectStore objects_{files_};
  std::unique_ptr<Datastore> datastore_ = *Datastore::Open(objects_, MissingDatastore::kCreate);
  RunStore runs_{*datastore_};
  Digest artifact_, lock_, tree_, pack_;
};

TEST_F(VerifyTest, FindsNothingInAWholeDatastore) {
  const VerifyReport report = Verify();
  EXPECT_THAT(report.findings, IsEmpty());
  EXPECT_EQ(report.objects, 6U);
  EXPECT_GT(report.bytes, 0U);
}

TEST_F(VerifyTest, FindsAFlippedByteInEveryFamily) {
  for (const std::string& key : {ContentKey("blob", artifact_), ContentKey("lock", lock_),
                                 ContentKey("tree", tree_), ContentKey("pack", pack_)}) {
    FlipLastByte(key);
    EXPECT_THAT(Verify().findings, ElementsAre(IsFinding(FindingKind::kCorruptObject, key)));
    FlipLastByte(key);
  }
}

TEST_F(VerifyTest, FindsWhatARunNamesAndTheDatastoreLacks) {
  const std::string run = "runs/F/1/run.json";
  const std::string attempt = "runs/F/1/start/1/0.json";
  const std::string request = ContentKey("req", Digest::Of("request"));
  const std::string code = CodeRecordKey(tree_);
  const auto missing = [](const std::string& key) {
    return IsFinding(FindingKind::kMissingReference, key);
  };
  const auto findings_without = [this](const std::string& key) {
    const std::string bytes = *objects_.Get(key);
    EXPECT_THAT(objects_.Remove(key), IsOk());
    VerifyReport report = Verify();
    EXPECT_THAT(objects_.PutIfAbsent(key, bytes), IsOk());
    return report.findings;
  };
  EXPECT_THAT(findings_without(ContentKey("blob", artifact_)), ElementsAre(missing(attempt)));
  EXPECT_THAT(findings_without(code), ElementsAre(missing(run)));
  EXPECT_THAT(findings_without(ContentKey("pack", pack_)), ElementsAre(missing(code)));
  EXPECT_THAT(findings_without(ContentKey("tree", tree_)), ElementsAre(missing(code)));
  EXPECT_THAT(findings_without(ContentKey("lock", lock_)),
              ElementsAre(missing(request), missing(run), missing(attempt)));
}

TEST_F(VerifyTest, NamesTheArtifactThatIsMissing) {
  ASSERT_THAT(objects_.Remove(ContentKey("blob", artifact_)), IsOk());
  EXPECT_THAT(Verify().findings, ElementsAre(Field(&Finding::message, HasSubstr("'x'"))));
}

TEST_F(VerifyTest, FindsRecordsThatCannotBeRead) {
  for (const std::string key : {"runs/F/1/run.json", "runs/F/1/end.json", "runs/F/1/tags.json",
                                "runs/F/1/start/1/task.json", "runs/F/1/start/1/0.json"}) {
    const std::string whole = *objects_.Get(key);
    ASSERT_THAT(objects_.Replace(key, whole.substr(0, whole.size() / 2)), IsOk());
    EXPECT_THAT(Verify().findings, ElementsAre(IsFinding(FindingKind::kMalformedRecord, key)));
    ASSERT_THAT(objects_.Replace(key, whole), IsOk());
  }
}

TEST_F(VerifyTest, FindsWhatDoesNotBelongThere) {
  for (const std::string& key :
       {std::string("notes.txt"), std::string("runs/F/1/notes.txt"), std::string("runs/F/newest"),
        "blob/00/" + Digest::Of("x").ToString(), ContentKey("oops", Digest::Of("x"))}) {
    ASSERT_THAT(objects_.PutIfAbsent(key, "?"), IsOk());
    EXPECT_THAT(Verify().findings, ElementsAre(IsFinding(FindingKind::kUnknownObject, key)));
    ASSERT_THAT(objects_.Remove(key), IsOk());
  }
}

}  // namespace
}  // namespace flowstone::store
