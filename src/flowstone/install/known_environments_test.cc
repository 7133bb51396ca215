#include "flowstone/install/known_environments.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/os/memory_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::flowstone::testing::IsOk;
using ::testing::Eq;
using ::testing::Optional;

class KnownEnvironmentsTest : public ::testing::Test {
 protected:
  KnownEnvironmentsTest() {
    interpreter_.identity = Digest::Of("python");
    selection_.extras = {*pypi::ExtraName::Parse("b"), *pypi::ExtraName::Parse("a")};
  }

  LockUsage Usage() const {
    return {.text = "lock",
            .directory = "/project",
            .selection = selection_,
            .interpreter = interpreter_,
            .bytecode = BytecodeUse::kWhereThere};
  }

  os::MemoryFileSystem files_;
  CacheLayout layout_{"/home"};
  KnownEnvironments known_{files_, layout_};
  Interpreter interpreter_;
  lock::SelectOptions selection_;
  const KnownEnvironment answer_{.id = Digest::Of("environment"), .package_count = 97};
};

TEST_F(KnownEnvironmentsTest, AnswersWhatWasRemembered) {
  EXPECT_THAT(known_.Find(Usage()), Eq(std::nullopt));
  known_.Remember(Usage(), answer_);
  EXPECT_THAT(known_.Find(Usage()), Optional(answer_));
}

TEST_F(KnownEnvironmentsTest, EverythingThatDecidesIsPartOfTheQuestion) {
  known_.Remember(Usage(), answer_);
  LockUsage text = Usage();
  text.text = "other lock";
  EXPECT_THAT(known_.Find(text), Eq(std::nullopt));
  LockUsage directory = Usage();
  directory.directory = "/elsewhere";
  EXPECT_THAT(known_.Find(directory), Eq(std::nullopt));
  LockUsage bytecode = Usage();
  bytecode.bytecode = BytecodeUse::kCompile;
  EXPECT_THAT(known_.Find(bytecode), Eq(std::nullopt));
  interpreter_.identity = Digest::Of("upgraded");
  EXPECT_THAT(known_.Find(Usage()), Eq(std::nullopt));
  interpreter_.identity = Digest::Of("python");
  selection_.groups.emplace();
  EXPECT_THAT(known_.Find(Usage()), Eq(std::nullopt)) << "no groups are not the default ones";
  selection_.groups.reset();
  selection_.extras.pop_back();
  EXPECT_THAT(known_.Find(Usage()), Eq(std::nullopt));
}

TEST_F(KnownEnvironmentsTest, OrderOfExtrasDoesNotMatter) {
  known_.Remember(Usage(), answer_);
  std::swap(selection_.extras[0], selection_.extras[1]);
  EXPECT_THAT(known_.Find(Usage()), Optional(answer_));
}

TEST_F(KnownEnvironmentsTest, WhatIsDamagedIsNotKnown) {
  known_.Remember(Usage(), answer_);
  const auto entries = files_.ListDirectory(layout_.known());
  ASSERT_THAT(entries, IsOk());
  ASSERT_EQ(entries->size(), 1U);
  const std::string path = layout_.known() + "/" + entries->front().name;
  const std::string whole = *files_.ReadFile(path);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto file = files_.OpenOutput(path, os::Existing::kReplace, 0644);
    ASSERT_THAT(file, IsOk());
    ASSERT_THAT((*file)->Write(whole.substr(0, size)), IsOk());
    ASSERT_THAT((*file)->Close(), IsOk());
    EXPECT_THAT(known_.Find(Usage()), Eq(std::nullopt)) << size;
  }
  known_.Remember(Usage(), answer_);
  EXPECT_THAT(known_.Find(Usage()), Optional(answer_));
}

}  // namespace
}  // namespace flowstone::install
