#include "flowstone/store/run_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "flowstone/os/memory_filesystem.h"
#include "flowstone/store/memory_object_store.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::store {
namespace {

using flowstone::testing::HasCode;
using flowstone::testing::HasMessage;
using flowstone::testing::IsOk;
using flowstone::testing::IsOkAndHolds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RunStoreTest : public ::testing::Test {
 protected:
  static RunRecord Run(const std::string& id, std::int64_t created_ms = 0) {
    return {.flow = "F", .run = id, .created_ms = created_ms, .system_tags = {"user:ada"}};
  }
  static AttemptRecord Attempt(std::int64_t number) {
    return {.attempt = number, .status = AttemptStatus::kSucceeded};
  }
  // A run with one task of step `start`.
  void StartTask() {
    ASSERT_THAT(runs_.CreateRun(Run("1")), IsOk());
    ASSERT_THAT(runs_.CreateTask({"F", "1"}, {.step = "start", .task = "1"}), IsOk());
  }
  std::vector<std::string> ManyTags(int count) {
    std::vector<std::string> tags;
    tags.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      tags.push_back("tag-" + std::to_string(i));
    }
    return tags;
  }

  os::MemoryFileSystem files_;
  MemoryObjectStore objects_{files_};
  std::unique_ptr<Datastore> datastore_ = *Datastore::Open(objects_, MissingDatastore::kCreate);
  RunStore runs_{*datastore_};
  const RunPath run_{"F", "1"};
  const TaskPath task_{"F", "1", "start", "1"};
};

TEST_F(RunStoreTest, AFlowThatNeverRan) {
  EXPECT_THAT(runs_.ListFlows(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(runs_.ListRuns("F"), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(runs_.LatestRun("F"),
              AllOf(HasCode(ErrorCode::kNotFound), HasMessage(HasSubstr("flow 'F'"))));
}

TEST_F(RunStoreTest, ACreatedRunIsTheLatest) {
  ASSERT_THAT(runs_.CreateRun(Run("1")), IsOk());
  ASSERT_THAT(runs_.CreateRun(Run("2")), IsOk());
  EXPECT_THAT(runs_.LatestRun("F"), IsOkAndHolds("2"));
  EXPECT_THAT(runs_.ReadRun(run_), IsOkAndHolds(Run("1")));
  EXPECT_THAT(runs_.ListFlows(), IsOkAndHolds(ElementsAre("F")));
}

TEST_F(RunStoreTest, ARunIsCreatedOnce) {
  ASSERT_THAT(runs_.CreateRun(Run("1", 1)), IsOk());
  EXPECT_THAT(runs_.CreateRun(Run("1", 2)), HasCode(ErrorCode::kConflict));
  EXPECT_EQ(runs_.ReadRun(run_)->created_ms, 1);
}

TEST_F(RunStoreTest, ListsRunsNewestFirst) {
  ASSERT_THAT(runs_.CreateRun(Run("1795336457223000", 0)), IsOk());
  ASSERT_THAT(runs_.CreateRun(Run("1795336457224000", 0)), IsOk());
  ASSERT_THAT(runs_.CreateRun(Run("argo-x", 1795336457223500)), IsOk());
  ASSERT_THAT(runs_.CreateRun(Run("9", 5)), IsOk());
  ASSERT_THAT(runs_.CreateRun(Run("10", 5)), IsOk());
  EXPECT_THAT(runs_.ListRuns("F"), IsOkAndHolds(ElementsAre("argo-x", "1795336457224000",
                                                            "1795336457223000", "10", "9")));
}

TEST_F(RunStoreTest, ARunWithoutItsRecordIsNotListed) {
  ASSERT_THAT(runs_.CreateTask({"F", "1795336457223000"}, {.step = "start", .task = "1"}), IsOk());
  ASSERT_THAT(runs_.CreateTask({"F", "x"}, {.step = "start", .task = "1"}), IsOk());
  EXPECT_THAT(runs_.ListRuns("F"), IsOkAndHolds(IsEmpty()));
}

TEST_F(RunStoreTest, NamesInAnyScriptComeBack) {
  RunRecord run = Run("α/β");
  run.flow = "Flüß";
  ASSERT_THAT(runs_.CreateRun(run), IsOk());
  EXPECT_THAT(runs_.ListFlows(), IsOkAndHolds(ElementsAre("Flüß")));
  EXPECT_THAT(runs_.ListRuns("Flüß"), IsOkAndHolds(ElementsAre("α/β")));
  EXPECT_THAT(runs_.ReadRun({"Flüß", "α/β"}), IsOkAndHolds(run));
}

TEST_F(RunStoreTest, AnEmptyIdIsRefused) {
  EXPECT_THAT(runs_.ReadRun({"F", ""}), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(runs_.CreateRun(Run("")), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(runs_.ListRuns(""), HasCode(ErrorCode::kInvalid));
}

TEST_F(RunStoreTest, ARunHasNoEndUntilItEnds) {
  ASSERT_THAT(runs_.CreateRun(Run("1")), IsOk());
  EXPECT_THAT(runs_.ReadEnd(run_), IsOkAndHolds(Eq(std::nullopt)));
  const RunEnd end{.status = RunStatus::kInterrupted, .finished_ms = 7};
  ASSERT_THAT(runs_.EndRun(run_, end), IsOk());
  EXPECT_THAT(runs_.ReadEnd(run_), IsOkAndHolds(Eq(end)));
  EXPECT_THAT(runs_.EndRun(run_, end), HasCode(ErrorCode::kConflict));
}

TEST_F(RunStoreTest, ListsStepsAndTasks) {
  ASSERT_THAT(runs_.CreateRun(Run("1")), IsOk());
  ASSERT_THAT(runs_.EndRun(run_, {}), IsOk());
  for (const std::string task : {"10", "9", "x"}) {
    ASSERT_THAT(runs_.CreateTask(run_, {.step = "train", .task = task}), IsOk());
  }
  ASSERT_THAT(runs_.CreateTask(run_, {.step = "_parameters", .task = "0"}), IsOk());
  EXPECT_THAT(runs_.ListSteps(run_), IsOkAndHolds(ElementsAre("_parameters", "train")));
  EXPECT_THAT(runs_.ListTasks(run_, "train"), IsOkAndHolds(ElementsAre("9", "10", "x")));
}

TEST_F(RunStoreTest, ATaskIsCreatedOnce) {
  StartTask();
  EXPECT_THAT(runs_.CreateTask(run_, {.step = "start", .task = "1"}),
              AllOf(HasCode(ErrorCode::kConflict), HasMessage(HasSubstr("F/1/start/1"))));
  EXPECT_EQ(runs_.ReadTask(task_)->step, "start");
}

TEST_F(RunStoreTest, KeepsEveryAttemptWithItsLogs) {
  StartTask();
  ASSERT_THAT(runs_.WriteAttempt(task_, Attempt(0), {.standard_output = "out\n"}), IsOk());
  ASSERT_THAT(runs_.WriteAttempt(task_, Attempt(1), {.standard_error = "err\xff\n"}), IsOk());
  EXPECT_THAT(runs_.ListAttempts(task_), IsOkAndHolds(ElementsAre(0, 1)));
  EXPECT_EQ(runs_.ReadAttempt(task_, 0)->logs.stdout_bytes, 4U);
  EXPECT_THAT(runs_.ReadLog(task_, 0, LogStream::kStandardOutput), IsOkAndHolds("out\n"));
  EXPECT_THAT(runs_.ReadLog(task_, 0, LogStream::kStandardError), IsOkAndHolds(""));
  EXPECT_THAT(runs_.ReadLog(task_, 1, LogStream::kStandardError), IsOkAndHolds("err\xff\n"));
}

TEST_F(RunStoreTest, TheLatestAttemptIsTheOneWithTheHighestNumber) {
  StartTask();
  EXPECT_THAT(runs_.ReadLatestAttempt(task_), IsOkAndHolds(Eq(std::nullopt)));
  for (const std::int64_t number : {2, 10, 9}) {
    ASSERT_THAT(runs_.WriteAttempt(task_, Attempt(number), {}), IsOk());
  }
  EXPECT_EQ((*runs_.ReadLatestAttempt(task_))->attempt, 10);
}

TEST_F(RunStoreTest, AnAttemptIsWrittenOnce) {
  StartTask();
  ASSERT_THAT(runs_.WriteAttempt(task_, Attempt(0), {.standard_output = "first"}), IsOk());
  EXPECT_THAT(runs_.WriteAttempt(task_, Attempt(0), {.standard_output = "second"}),
              HasCode(ErrorCode::kConflict));
  EXPECT_THAT(runs_.ReadLog(task_, 0, LogStream::kStandardOutput), IsOkAndHolds("first"));
}

TEST_F(RunStoreTest, ReplacesTheLogsThatAKilledEngineLeft) {
  StartTask();
  ASSERT_THAT(objects_.PutIfAbsent("runs/F/1/start/1/0.stdout", "half"), IsOk());
  ASSERT_THAT(objects_.PutIfAbsent("runs/F/1/start/1/0.stderr", "half"), IsOk());
  ASSERT_THAT(runs_.WriteAttempt(task_, Attempt(0), {.standard_output = "whole"}), IsOk());
  EXPECT_THAT(runs_.ReadLog(task_, 0, LogStream::kStandardOutput), IsOkAndHolds("whole"));
  EXPECT_THAT(runs_.ReadLog(task_, 0, LogStream::kStandardError), IsOkAndHolds(""));
}

TEST_F(RunStoreTest, SaysWhatIsMissing) {
  EXPECT_THAT(runs_.ReadTask(task_),
              AllOf(HasCode(ErrorCode::kNotFound), HasMessage(HasSubstr("task 'F/1/start/1'"))));
  EXPECT_THAT(runs_.ReadAttempt(task_, 3),
              AllOf(HasCode(ErrorCode::kNotFound), HasMessage(HasSubstr("attempt 3"))));
  EXPECT_THAT(runs_.ReadTags(run_), HasCode(ErrorCode::kNotFound));
}

TEST_F(RunStoreTest, ARecordThatCannotBeReadNamesItsRun) {
  ASSERT_THAT(objects_.PutIfAbsent("runs/F/1/run.json", "{"), IsOk());
  EXPECT_THAT(runs_.ReadRun(run_),
              AllOf(HasCode(ErrorCode::kCorrupt), HasMessage(HasSubstr("F/1"))));
}

TEST_F(RunStoreTest, TagsBeginWithThoseOfTheStart) {
  RunRecord run = Run("1");
  run.tags = {"b", "a", "b"};
  ASSERT_THAT(runs_.CreateRun(run), IsOk());
  EXPECT_THAT(runs_.ReadTags(run_), IsOkAndHolds(ElementsAre("a", "b")));
}

TEST_F(RunStoreTest, ChangesTags) {
  RunRecord run = Run("1");
  run.tags = {"a", "b"};
  ASSERT_THAT(runs_.CreateRun(run), IsOk());
  EXPECT_THAT(runs_.ChangeTags(run_, {.remove = {"a", "none"}, .add = {"c"}}),
              IsOkAndHolds(ElementsAre("b", "c")));
  EXPECT_THAT(runs_.ReadTags(run_), IsOkAndHolds(ElementsAre("b", "c")));
}

TEST_F(RunStoreTest, ATagThatIsRemovedAndAddedStays) {
  RunRecord run = Run("1");
  run.tags = {"a"};
  ASSERT_THAT(runs_.CreateRun(run), IsOk());
  EXPECT_THAT(runs_.ChangeTags(run_, {.remove = {"a"}, .add = {"a"}}),
              IsOkAndHolds(ElementsAre("a")));
}

TEST_F(RunStoreTest, SystemTagsAreNotTouched) {
  ASSERT_THAT(runs_.CreateRun(Run("1")), IsOk());
  EXPECT_THAT(runs_.ChangeTags(run_, {.remove = {"user:ada"}}),
              AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr("system tag"))));
  EXPECT_THAT(runs_.ChangeTags(run_, {.add = {"user:ada"}}), IsOkAndHolds(IsEmpty()));
}

TEST_F(RunStoreTest, ARunHasAtMostFiftyTags) {
  RunRecord run = Run("1");
  run.tags = ManyTags(50);
  ASSERT_THAT(runs_.CreateRun(run), IsOk());
  EXPECT_THAT(runs_.ChangeTags(run_, {.add = {"one more"}}), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(runs_.ChangeTags(run_, {.remove = {"tag-0"}, .add = {"instead"}}), IsOk());
  run.run = "2";
  run.tags = ManyTags(51);
  EXPECT_THAT(runs_.CreateRun(run), HasCode(ErrorCode::kInvalid));
}

TEST_F(RunStoreTest, ATagHasAtMostFiveHundredCharacters) {
  ASSERT_THAT(runs_.CreateRun(Run("1")), IsOk());
  std::string longest;
  for (int i = 0; i < 500; ++i) {
    longest += "ß";
  }
  EXPECT_THAT(runs_.ChangeTags(run_, {.add = {longest}}), IsOk());
  EXPECT_THAT(runs_.ChangeTags(run_, {.add = {longest + "x"}}), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(runs_.ChangeTags(run_, {.add = {""}}), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(runs_.ChangeTags(run_, {.add = {"\xff"}}), HasCode(ErrorCode::kInvalid));
}

}  // namespace
}  // namespace flowstone::store
