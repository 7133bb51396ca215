#include "flowstone/exec/event_loop.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "flowstone/base/check.h"
#include "flowstone/exec/storage_pool.h"

namespace flowstone::exec {
namespace {

constexpr std::chrono::milliseconds kAtOnce{0};
constexpr std::chrono::milliseconds kPatience{20000};

class EventLoopTest : public ::testing::Test {
 protected:
  EventLoop loop_ = *EventLoop::Create();
  os::Pipe first_ = *os::MakePipe();
  os::Pipe second_ = *os::MakePipe();
};

TEST_F(EventLoopTest, CallsBackForWhatIsReadable) {
  int calls = 0;
  ASSERT_TRUE(loop_.Watch(first_.read.get(), Interest::kRead, [&] { ++calls; }));
  EXPECT_EQ(loop_.Wait(kAtOnce), WaitOutcome::kTimedOut);
  ASSERT_TRUE(os::WriteAll(first_.write.get(), "x", "pipe"));
  EXPECT_EQ(loop_.Wait(kPatience), WaitOutcome::kCalledBack);
  EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopTest, CallbackMayForgetItselfAndOthers) {
  int calls = 0;
  EventLoop::WatchId first;
  EventLoop::WatchId second;
  const auto forget_both = [&] {
    ++calls;
    loop_.Forget(first);
    loop_.Forget(second);
  };
  first = *loop_.Watch(first_.read.get(), Interest::kRead, forget_both);
  second = *loop_.Watch(second_.read.get(), Interest::kRead, forget_both);
  ASSERT_TRUE(os::WriteAll(first_.write.get(), "x", "pipe"));
  ASSERT_TRUE(os::WriteAll(second_.write.get(), "x", "pipe"));
  EXPECT_EQ(loop_.Wait(kPatience), WaitOutcome::kCalledBack);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(loop_.Wait(kAtOnce), WaitOutcome::kTimedOut);
}

TEST_F(EventLoopTest, CompletionsOfJobsRunOnTheLoop) {
  const auto pool = *StoragePool::Create(2);
  const std::thread::id here = std::this_thread::get_id();
  int done = 0;
  ASSERT_TRUE(loop_.Watch(pool->fd(), Interest::kRead, [&] {
    for (const StoragePool::Completion& complete : pool->Take()) {
      complete();
    }
  }));
  for (int i = 0; i < 100; ++i) {
    pool->Submit([&, here]() -> StoragePool::Completion {
      EXPECT_NE(std::this_thread::get_id(), here);
      return [&done] { ++done; };
    });
  }
  while (done < 100 && loop_.Wait(kPatience) == WaitOutcome::kCalledBack) {
  }
  EXPECT_EQ(done, 100);
}

TEST_F(EventLoopTest, BugInAJobIsThrownOnTheLoop) {
  const auto pool = *StoragePool::Create(1);
  ASSERT_TRUE(loop_.Watch(pool->fd(), Interest::kRead, [&] {
    for (const StoragePool::Completion& complete : pool->Take()) {
      complete();
    }
  }));
  pool->Submit([]() -> StoragePool::Completion { throw InternalError("a bug"); });
  EXPECT_THROW(loop_.Wait(kPatience), InternalError);
}

}  // namespace
}  // namespace flowstone::exec
