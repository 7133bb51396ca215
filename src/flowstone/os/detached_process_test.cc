#include "flowstone/os/detached_process.h"

#include <gmock/gmock.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/file_lock.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::testing::ElementsAre;

constexpr int kPatienceMs = 30'000;

// Scripts that nobody waits for; what they say comes through a named pipe.
class DetachedProcessTest : public ::testing::Test {
 protected:
  DetachedProcessTest()
      : directory_(*TempDir::Create(filesystem_, ::testing::TempDir(), "detached-")),
        pipe_path_(directory_.path() + "/said") {
    EXPECT_EQ(::mkfifo(pipe_path_.c_str(), 0600), 0);
    pipe_ = UniqueFd(::open(pipe_path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }

  Status Start(const std::string& script) const {
    return StartDetached({"/bin/sh", "-c", script},
                         {{"PATH", "/usr/bin:/bin"}, {"TO", pipe_path_}});
  }

  // Everything up to the end of the script, by lines; nothing when it takes too long.
  std::vector<std::string> Said() const {
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
      pollfd watched{.fd = pipe_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&watched, 1, kPatienceMs) <= 0) {
        return {};
      }
      const ssize_t count = ::read(pipe_.get(), buffer.data(), buffer.size());
      if (count <= 0) {
        break;
      }
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    std::vector<std::string> lines;
    for (const std::string_view line : SplitLines(text)) {
      lines.emplace_back(line);
    }
    return lines;
  }

  PosixFileSystem filesystem_;
  TempDir directory_;
  std::string pipe_path_;
  UniqueFd pipe_;
};

// A field of /proc/PID/stat, counted from 1 as proc(5) does; the name of `sh` has no blank.
int FieldOf(const std::string& stat, std::size_t number) {
  const std::vector<std::string_view> fields = SplitText(stat, ' ');
  int value = -1;
  const std::string_view text = fields.at(number - 1);
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

TEST_F(DetachedProcessTest, HasASessionOfItsOwnNoTerminalAndTheLowestPriority) {
  ASSERT_THAT(Start("read line < /proc/$$/stat; echo \"$line\" > \"$TO\""), IsOk());
  const std::vector<std::string> said = Said();
  ASSERT_EQ(said.size(), 1U);
  const int process = FieldOf(said[0], 1);
  const int session = FieldOf(said[0], 6);
  EXPECT_NE(session, ::getsid(0));
  EXPECT_NE(session, process);  // who leads a session can get a terminal
  EXPECT_NE(FieldOf(said[0], 4), ::getpid());
  EXPECT_EQ(FieldOf(said[0], 7), 0);
  EXPECT_EQ(FieldOf(said[0], 19), 19);
  EXPECT_EQ(FieldOf(said[0], 41), SCHED_IDLE);
}

TEST_F(DetachedProcessTest, StreamsLeadNowhereAndTheDirectoryIsTheRoot) {
  ASSERT_THAT(Start("{ pwd; for fd in 0 2; do readlink /proc/$$/fd/$fd; done; env | grep -c =; } "
                    "> \"$TO\""),
              IsOk());
  // Shells add variables of their own.
  EXPECT_THAT(Said(), ElementsAre("/", "/dev/null", "/dev/null", ::testing::_));
}

TEST_F(DetachedProcessTest, NothingOfOursIsOpenInItWhenTheCallReturns) {
  Result<Pipe> pipe = MakePipe();
  ASSERT_THAT(pipe, IsOk());
  ASSERT_EQ(::fcntl(pipe->write.get(), F_SETFD, 0), 0);  // also without close-on-exec
  const std::string lock_path = directory_.path() + "/lock";
  const std::string go_path = pipe_path_ + ".go";  // what the script waits for
  ASSERT_EQ(::mkfifo(go_path.c_str(), 0600), 0);
  const UniqueFd go(::open(go_path.c_str(), O_RDWR | O_CLOEXEC));
  {
    const auto lock = FileLock::Acquire(lock_path, LockMode::kExclusive, LockWait::kTry);
    ASSERT_THAT(lock, IsOk());
    ASSERT_THAT(Start("read word < \"$TO.go\"; echo \"$word\" > \"$TO\""), IsOk());
  }
  EXPECT_THAT(FileLock::Acquire(lock_path, LockMode::kExclusive, LockWait::kTry), IsOk());
  pipe->write.Reset();
  std::array<char, 1> byte{};
  ASSERT_EQ(::fcntl(pipe->read.get(), F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(::read(pipe->read.get(), byte.data(), 1), 0);  // its end, no EAGAIN
  ASSERT_EQ(::write(go.get(), "gone\n", 5), 5);
  EXPECT_THAT(Said(), ElementsAre("gone"));
}

TEST_F(DetachedProcessTest, ThereIsNoChildToWaitFor) {
  ASSERT_THAT(Start("echo done > \"$TO\""), IsOk());
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
  EXPECT_THAT(Said(), ElementsAre("done"));
}

TEST_F(DetachedProcessTest, AMissingProgramIsNotFound) {
  EXPECT_THAT(StartDetached({"/no/such/program"}, {}), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::os
