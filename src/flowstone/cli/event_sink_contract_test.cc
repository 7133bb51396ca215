// What every EventSink does, the console and the fake: it takes any event at any time, tells each
// once, and keeps their order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/cli/console.h"
#include "flowstone/cli/run_console.h"
#include "flowstone/flow/testing/recording_sinks.h"
#include "flowstone/os/fake_clock.h"

namespace flowstone::cli {
namespace {

using ::testing::HasSubstr;

// Gives events to a sink and returns everything that it told.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual std::string Tell(const std::vector<flow::RunEvent>& events) = 0;
};

class FakeListener final : public Listener {
 public:
  std::string Tell(const std::vector<flow::RunEvent>& events) override {
    flow::testing::RecordingEventSink sink;
    for (const flow::RunEvent& event : events) {
      sink.OnEvent(event);
    }
    return JoinText(sink.lines(), "\n");
  }
};

class ConsoleListener final : public Listener {
 public:
  std::string Tell(const std::vector<flow::RunEvent>& events) override {
    Console console{os::Environment()};
    os::FakeClock clock;
    RunConsole sink(console, clock, Verbosity::kNormal);
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    for (const flow::RunEvent& event : events) {
      sink.OnEvent(event);
    }
    return ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  }
};

template <class Kind>
class EventSinkContract : public ::testing::Test {
 protected:
  Kind listener_;
};

using Listeners = ::testing::Types<FakeListener, ConsoleListener>;
TYPED_TEST_SUITE(EventSinkContract, Listeners);

flow::TaskOutputEvent Output(const std::string& text) {
  return {.step = "train", .id = {.task = {3}, .attempt = 0}, .pid = 7, .text = text};
}

TYPED_TEST(EventSinkContract, OutputIsToldOnceAndInOrder) {
  const std::string told = this->listener_.Tell({Output("first\n"), Output("second\n")});
  const std::size_t first = told.find("first");
  const std::size_t second = told.find("second");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
  EXPECT_EQ(told.find("first", first + 1), std::string::npos);
}

TYPED_TEST(EventSinkContract, EveryKindOfEventIsTakenInAnyOrder) {
  flow::TaskFailedEvent failed;
  failed.step = "train";
  failed.failure = {.reason = flow::FailureReason::kSignal, .message = "killed by SIGKILL"};
  flow::RunFinishedEvent finished;
  finished.outcome = {.status = flow::RunStatus::kFailed, .message = "it failed"};
  flow::TaskClonedEvent cloned;
  cloned.step = "train";
  flow::ForeachYieldedEvent yielded;
  yielded.step = "train";
  yielded.num_splits = 4;
  const std::string told =
      this->listener_.Tell({finished, failed, cloned, yielded, flow::RunStoppingEvent{},
                            flow::TaskSucceededEvent{.step = "train"},
                            flow::TaskStartedEvent{.step = "train"}, flow::RunStartedEvent{}});
  EXPECT_THAT(told, HasSubstr("train"));
  EXPECT_THAT(told, HasSubstr("killed by SIGKILL"));
}

}  // namespace
}  // namespace flowstone::cli
