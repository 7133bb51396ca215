#include "flowstone/install/bytecode_backlog.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/install/archive_cache.h"
#include "flowstone/install/archive_claim.h"
#include "flowstone/install/archive_integrity.h"
#include "flowstone/install/bytecode_use.h"
#include "flowstone/install/compilation_lock.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/install/testing/interpreter_answers.h"
#include "flowstone/os/fake_process_runner.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::Contains;
using ::testing::Eq;
using testing::HasCode;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using ::testing::Optional;

constexpr const char* kTagOfWish = "cpython";

class BytecodeBacklogTest : public CacheFixture {
 protected:
  BytecodeBacklogTest() : backlog_(filesystem_, layout_), cache_(filesystem_, layout_) {
    python_ = *filesystem_.RealPath(WriteFile("python3.11", "not read", 0755));
    demo_.Add("demo/__init__.py", "x = 1\n").Add("demo/mod.py", "y = 2\n");
    other_.Add("other/__init__.py", "z = 3\n");
  }

  Digest Unpack(const WheelBuilder& wheel) {
    const WheelArtifact artifact = LocalWheel(wheel);
    EXPECT_THAT(cache_.Add(artifact.location, artifact.file_name, artifact.digest), IsOk());
    return artifact.digest;
  }

  // The interpreter says what it is, or compiles: by default every file.
  Result<os::ProcessResult> Run(const os::ProcessSpec& spec, const std::string& input) {
    if (input.empty()) {
      return os::Exited(0, AnswerOf({.executable = spec.arguments.front()}));
    }
    ++compilations_;
    return compiler_(input);
  }
  Result<os::ProcessResult> CompileAll(const std::string& input) {
    const std::vector<std::string_view> fields = SplitText(input, '\0');
    for (std::size_t i = 0; i + 3 <= fields.size(); i += 3) {
      FLOWSTONE_TRY(os::ReplaceFile(filesystem_, std::string(fields[i + 1]), "bytecode", 0644));
    }
    return os::Exited(0, std::string(fields.size() / 3, '+'));
  }

  Status Wish(const std::vector<Digest>& wheels) {
    return backlog_.Add({.python = python_, .cache_tag = kTagOfWish, .wheels = wheels});
  }
  Status WorkOff() { return WorkOffBacklog(filesystem_, processes_, layout_); }
  bool IsCompiled(const Digest& wheel) {
    return cache_.FindCompiled(wheel, kTagOfWish)->has_value();
  }
  // Nothing is left but what was there before.
  void ExpectNothingHalfMade() {
    EXPECT_THAT(Unfinished(), IsEmpty());
    EXPECT_THAT(ClaimedWheels(filesystem_, layout_, DeadClaims::kKept), IsOkAndHolds(IsEmpty()));
    EXPECT_THAT(backlog_.IsEmpty(), IsOkAndHolds(true));
  }

  BytecodeBacklog backlog_;
  ArchiveCache cache_;
  std::string python_;
  int compilations_ = 0;
  std::function<Result<os::ProcessResult>(const std::string&)> compiler_ =
      [this](const std::string& input) { return CompileAll(input); };
  os::FakeProcessRunner processes_{
      [this](const os::ProcessSpec& spec, const std::string& input) { return Run(spec, input); }};
  WheelBuilder demo_{"demo", "1.0"};
  WheelBuilder other_{"other", "2.0"};
};

TEST_F(BytecodeBacklogTest, AWishIsTakenOnce) {
  const BytecodeWish wish{
      .python = python_, .cache_tag = kTagOfWish, .wheels = {Digest::Of("one"), Digest::Of("two")}};
  EXPECT_THAT(backlog_.IsEmpty(), IsOkAndHolds(true));
  ASSERT_THAT(backlog_.Add(wish), IsOk());
  EXPECT_THAT(backlog_.IsEmpty(), IsOkAndHolds(false));
  EXPECT_THAT(backlog_.Take(), IsOkAndHolds(Optional(Eq(wish))));
  EXPECT_THAT(backlog_.Take(), IsOkAndHolds(Eq(std::nullopt)));
}

TEST_F(BytecodeBacklogTest, WhatMakesNoSenseIsRemoved) {
  ASSERT_THAT(os::MakeDirectories(filesystem_, layout_.bytecode_wishes()), IsOk());
  const std::string digest = Digest::Of("one").ToString();
  int number = 0;
  for (const std::string& text :
       {std::string(), std::string("flowstone-bytecode-wish 2\n/p\ntag\n" + digest + "\n"),
        std::string("flowstone-bytecode-wish 1\np\ntag\n" + digest + "\n"),
        std::string("flowstone-bytecode-wish 1\n/p\ntag\nno digest\n"),
        std::string("flowstone-bytecode-wish 1\n/p\ntag\n")}) {
    ASSERT_THAT(os::ReplaceFile(filesystem_,
                                layout_.bytecode_wishes() + "/" + std::to_string(++number), text),
                IsOk());
  }
  EXPECT_THAT(backlog_.Take(), IsOkAndHolds(Eq(std::nullopt)));
  EXPECT_THAT(backlog_.IsEmpty(), IsOkAndHolds(true));
}

TEST_F(BytecodeBacklogTest, WhatWasWishedIsCompiled) {
  const Digest demo = Unpack(demo_);
  const Digest other = Unpack(other_);
  ASSERT_THAT(Wish({demo, other}), IsOk());
  ASSERT_THAT(WorkOff(), IsOk());
  EXPECT_TRUE(IsCompiled(demo));
  EXPECT_TRUE(IsCompiled(other));
  EXPECT_THAT(cache_.Verify(demo, kTagOfWish), IsOk());
  EXPECT_EQ(compilations_, 2);
  ExpectNothingHalfMade();
  EXPECT_THAT(filesystem_.Lstat(layout_.CompilationLock(demo, kTagOfWish)),
              HasCode(ErrorCode::kNotFound));
}

TEST_F(BytecodeBacklogTest, ArchivesAreClaimedWhileTheyAreCompiled) {
  const Digest demo = Unpack(demo_);
  ASSERT_THAT(Wish({demo}), IsOk());
  compiler_ = [&](const std::string& input) {
    EXPECT_THAT(ClaimedWheels(filesystem_, layout_, DeadClaims::kKept),
                IsOkAndHolds(Contains(demo)));
    return CompileAll(input);
  };
  ASSERT_THAT(WorkOff(), IsOk());
  EXPECT_EQ(compilations_, 1);
}

TEST_F(BytecodeBacklogTest, TheSecondLeavesAtOnceAndTheFirstSeesItsWish) {
  const Digest demo = Unpack(demo_);
  const Digest other = Unpack(other_);
  ASSERT_THAT(Wish({demo}), IsOk());
  compiler_ = [&](const std::string& input) {
    if (compilations_ == 1) {
      EXPECT_THAT(Wish({demo, other}), IsOk());
      EXPECT_THAT(WorkOff(), IsOk());
      EXPECT_EQ(compilations_, 1);
    }
    return CompileAll(input);
  };
  ASSERT_THAT(WorkOff(), IsOk());
  EXPECT_TRUE(IsCompiled(demo));
  EXPECT_TRUE(IsCompiled(other));
  EXPECT_EQ(compilations_, 2);
}

TEST_F(BytecodeBacklogTest, WhatAnotherCompilesIsLeftToIt) {
  const Digest demo = Unpack(demo_);
  const Digest other = Unpack(other_);
  ASSERT_THAT(os::MakeDirectories(filesystem_, layout_.locks()), IsOk());
  const auto lock = CompilationLock::Try(filesystem_, layout_, demo, kTagOfWish);
  ASSERT_THAT(lock, IsOkAndHolds(::testing::Ne(std::nullopt)));
  ASSERT_THAT(Wish({demo, other}), IsOk());
  ASSERT_THAT(WorkOff(), IsOk());
  EXPECT_FALSE(IsCompiled(demo));
  EXPECT_TRUE(IsCompiled(other));
}

TEST_F(BytecodeBacklogTest, AnArchiveThatIsGoneHindersNoOther) {
  const Digest demo = Unpack(demo_);
  ASSERT_THAT(Wish({Digest::Of("was cleaned away"), demo}), IsOk());
  ASSERT_THAT(WorkOff(), IsOk());
  EXPECT_TRUE(IsCompiled(demo));
}

TEST_F(BytecodeBacklogTest, AFullDiskAndAKilledCompilerLeaveNothingHalfMade) {
  const Digest demo = Unpack(demo_);
  for (const auto& answer : std::vector<Result<os::ProcessResult>>{
           os::ProcessResult{.status = {.code = 1, .signal = {}},
        .output = "+!",
        .errors = "No space left on device"},
           os::ProcessResult{.status = {.code = {}, .signal = 9}, .output = "+", .errors = ""},
           Error{.code = ErrorCode::kCancelled, .message = "too slow"}}) {
    compiler_ = [&](const std::string&) { return answer; };
    ASSERT_THAT(Wish({demo}), IsOk());
    ASSERT_THAT(WorkOff(), IsOk());
    EXPECT_FALSE(IsCompiled(demo));
    ExpectNothingHalfMade();
  }
  EXPECT_EQ(compilations_, 3);
  compiler_ = [this](const std::string& input) { return CompileAll(input); };
  ASSERT_THAT(Wish({demo}), IsOk());
  ASSERT_THAT(WorkOff(), IsOk());
  EXPECT_TRUE(IsCompiled(demo));
}

TEST_F(BytecodeBacklogTest, AnotherPythonAtThePathCompilesNothing) {
  const Digest demo = Unpack(demo_);
  ASSERT_THAT(backlog_.Add({.python = python_, .cache_tag = "cpython-39", .wheels = {demo}}),
              IsOk());
  ASSERT_THAT(WorkOff(), IsOk());
  EXPECT_EQ(compilations_, 0);
  ExpectNothingHalfMade();
}

TEST_F(BytecodeBacklogTest, WithoutWishesNothingIsTouched) {
  ASSERT_THAT(WorkOff(), IsOk());
  EXPECT_THAT(filesystem_.Lstat(layout_.root()), HasCode(ErrorCode::kNotFound));
}

TEST(BytecodeUse, IsWrittenAsTheOptionHasIt) {
  EXPECT_THAT(ParseBytecodeUse("none"), IsOkAndHolds(BytecodeUse::kWhereThere));
  EXPECT_THAT(ParseBytecodeUse("background"), IsOkAndHolds(BytecodeUse::kInBackground));
  EXPECT_THAT(ParseBytecodeUse("eager"), IsOkAndHolds(BytecodeUse::kCompile));
  EXPECT_THAT(ParseBytecodeUse("later"), HasCode(ErrorCode::kInvalid));
}

}  // namespace
}  // namespace flowstone::install
