// UniqueFd and what is built on descriptors: memory files, mappings, terminals, signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/mapped_file.h"
#include "flowstone/os/memory_file.h"
#include "flowstone/os/path.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/signal_watcher.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/os/terminal.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;

bool IsOpen(int fd) {
  return ::fcntl(fd, F_GETFD) != -1;
}

TEST(UniqueFd, ClosesWhatItOwns) {
  int number = -1;
  {
    const UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = fd.get();
    EXPECT_TRUE(IsOpen(number));
  }
  EXPECT_FALSE(IsOpen(number));
}

TEST(UniqueFd, AMoveHandsTheDescriptorOver) {
  UniqueFd one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = one.get();
  UniqueFd two(std::move(one));
  EXPECT_EQ(two.get(), number);
  UniqueFd three;
  three = std::move(two);
  EXPECT_EQ(three.get(), number);
  const UniqueFd released(three.Release());
  EXPECT_FALSE(three);
  EXPECT_TRUE(IsOpen(number));
}

TEST(MemoryFile, HoldsWhatIsAppended) {
  Result<MemoryFile> file = MemoryFile::Create("test");
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->Append("one "), IsOk());
  EXPECT_THAT(file->Append("two"), IsOk());
  EXPECT_THAT(file->Size(), IsOkAndHolds(7U));
  const Result<MappedFile> mapped = file->Map();
  ASSERT_THAT(mapped, IsOk());
  EXPECT_EQ(mapped->bytes(), "one two");
}

TEST(MappedFile, OutlivesItsFile) {
  PosixFileSystem fs;
  const TempDir directory = *TempDir::Create(fs, ::testing::TempDir(), "map-");
  const std::string path = JoinPath(directory.path(), "file");
  ASSERT_THAT(ReplaceFile(fs, path, "bytes"), IsOk());
  Result<MappedFile> mapped = MappedFile::MapPath(path);
  ASSERT_THAT(mapped, IsOk());
  ASSERT_THAT(fs.RemoveFile(path), IsOk());
  MappedFile moved = *std::move(mapped);
  EXPECT_EQ(moved.bytes(), "bytes");
}

TEST(MappedFile, AnEmptyFileMapsToNothing) {
  Result<MemoryFile> file = MemoryFile::Create("empty");
  ASSERT_THAT(file, IsOk());
  const Result<MappedFile> mapped = file->Map();
  ASSERT_THAT(mapped, IsOk());
  EXPECT_EQ(mapped->bytes(), "");
}

TEST(MappedFile, WhatIsNoFileIsRefused) {
  EXPECT_THAT(MappedFile::MapPath("/no/such/file"), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(MappedFile::MapPath("/tmp"), HasCode(ErrorCode::kInvalid));
}

TEST(Terminal, APipeIsNone) {
  const Result<Pipe> pipe = MakePipe();
  ASSERT_THAT(pipe, IsOk());
  EXPECT_FALSE(IsTerminal(pipe->read.get()));
  EXPECT_EQ(TerminalWidth(pipe->read.get()), std::nullopt);
}

TEST(Terminal, APseudoTerminalKnowsItsWidth) {
  const UniqueFd controller(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!controller) {
    GTEST_SKIP() << "no pseudo-terminals here";
  }
  winsize size{};
  size.ws_col = 132;
  ASSERT_EQ(::ioctl(controller.get(), TIOCSWINSZ, &size), 0);
  EXPECT_TRUE(IsTerminal(controller.get()));
  EXPECT_EQ(TerminalWidth(controller.get()), 132);
}

TEST(SignalWatcher, ASignalBecomesReadable) {
  auto watcher = SignalWatcher::Create();
  ASSERT_THAT(watcher, IsOk());
  EXPECT_EQ((*watcher)->Take(), std::nullopt);
  ASSERT_EQ(::raise(SIGTERM), 0);
  ASSERT_EQ(::raise(SIGINT), 0);
  pollfd poll{.fd = (*watcher)->fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&poll, 1, 0), 1);
  EXPECT_EQ((*watcher)->Take(), SIGTERM);
  EXPECT_EQ((*watcher)->Take(), SIGINT);
  EXPECT_EQ((*watcher)->Take(), std::nullopt);
}

TEST(SignalWatcher, RestoresTheFormerHandlers) {
  { const auto watcher = SignalWatcher::Create({SIGHUP}); }
  struct sigaction action {};
  ASSERT_EQ(::sigaction(SIGHUP, nullptr, &action), 0);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

TEST(SignalWatcher, AnIgnoredSignalStaysIgnored) {
  ASSERT_NE(::signal(SIGHUP, SIG_IGN), SIG_ERR);
  {
    const auto watcher = SignalWatcher::Create();
    ASSERT_THAT(watcher, IsOk());
    ASSERT_EQ(::raise(SIGHUP), 0);
    EXPECT_EQ((*watcher)->Take(), std::nullopt);
  }
  ASSERT_NE(::signal(SIGHUP, SIG_DFL), SIG_ERR);
}

TEST(SignalWatcher, ThereIsOneAtATime) {
  {
    const auto watcher = SignalWatcher::Create();
    ASSERT_THAT(watcher, IsOk());
    EXPECT_THAT(SignalWatcher::Create(), HasCode(ErrorCode::kConflict));
  }
  EXPECT_THAT(SignalWatcher::Create(), IsOk());
}

}  // namespace
}  // namespace flowstone::os
