// Real layers over real directories, by everybody and by somebody without rights.
#include "flowstone/os/private_layer.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <fcntl.h>
#include <grp.h>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "flowstone/os/file_descriptor.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/posix_filesystem.h"
#include "flowstone/os/posix_process_runner.h"
#include "flowstone/os/replace_process.h"
#include "flowstone/os/temp_dir.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::os {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::testing::HasSubstr;

constexpr uid_t kNobodysId = 65534;
constexpr std::chrono::seconds kLayerPatience{60};

// Who enters the layer: the caller of the tests, or a user without any rights.
enum class Who : std::uint8_t { kCaller, kNobody };

struct Ended {
  int status = -1;
  std::string output;  // of both streams
};

// In the child.
bool Become(Who who) {
  return who == Who::kCaller ||
         (::setgroups(0, nullptr) == 0 && ::setresgid(kNobodysId, kNobodysId, kNobodysId) == 0 &&
          ::setresuid(kNobodysId, kNobodysId, kNobodysId) == 0 &&
          ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
}

class PrivateLayerTest : public ::testing::TestWithParam<Who> {
 protected:
  void SetUp() override {
    if (GetParam() == Who::kNobody && ::geteuid() != 0) {
      GTEST_SKIP() << "only root can become somebody else";
    }
    Result<TempDir> made = TempDir::Create(filesystem_, "/var/tmp", "layer-");
    ASSERT_THAT(made, IsOk());
    directory_.emplace(*std::move(made));
    for (const char* name : {"/packages", "/packages/demo", "/packages/demo/data", "/beside"}) {
      ASSERT_THAT(filesystem_.MakeDirectory(At(name), 0755), IsOk());
    }
    for (const char* name : {"/packages/demo/code", "/packages/demo/data/a", "/packages/demo/b"}) {
      ASSERT_THAT(ReplaceFile(filesystem_, At(name), "shared\n"), IsOk());
      ASSERT_EQ(::chmod(At(name).c_str(), 0444), 0);
    }
    if (GetParam() == Who::kNobody) {
      for (const char* name :
           {"", "/packages", "/packages/demo", "/packages/demo/data", "/beside",
            "/packages/demo/code", "/packages/demo/data/a", "/packages/demo/b"}) {
        ASSERT_EQ(::chown(At(name).c_str(), kNobodysId, kNobodysId), 0);
      }
    }
    const Ended probe = Run("true");
    if (probe.output.find("namespace") != std::string::npos) {
      GTEST_SKIP() << probe.output;
    }
  }

  std::string At(const std::string& name) const { return directory_->path() + name; }

  // A shell in a layer over /packages and what does not exist.
  Ended Run(const std::string& script) const {
    Result<Pipe> pipe = MakePipe();
    EXPECT_THAT(pipe, IsOk());
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(pipe->write.get(), STDOUT_FILENO);
      ::dup2(pipe->write.get(), STDERR_FILENO);
      ::_exit(Become(GetParam()) ? EnterAndRun(script) : 125);
    }
    pipe->write.Reset();
    Ended ended;
    if (Result<std::string> output = ReadToEnd(pipe->read.get(), "a shell")) {
      ended.output = *std::move(output);
    }
    ::waitpid(child, &ended.status, 0);
    return ended;
  }

  int EnterAndRun(const std::string& script) const {
    const Result<PrivateLayer> layer = PrivateLayer::Prepare({At("/packages"), At("/missing")});
    const Status entered = layer ? layer->Enter() : Status(layer.error());
    const Status failed =
        entered ? ReplaceProcess({"/bin/sh", "-c", "cd " + directory_->path() + "\n" + script},
                                 {{"PATH", "/usr/bin:/bin"}})
                : entered;
    (void)!::write(STDERR_FILENO, failed.error().message.data(), failed.error().message.size());
    return 126;
  }

  // Everything below /packages with its content, from outside.
  std::string Shared() {
    const Result<ProcessResult> seen = PosixProcessRunner().Run(
        {.arguments = {"/bin/sh", "-c",
                       "cd packages && find . -printf '%p %y %m %U ' -type f -exec cat {} ';' "
                       "-o -printf '%p %y %m %U\\n' | sort"},
         .environment = {{"PATH", "/usr/bin:/bin"}},
         .directory = directory_->path(),
         .descriptors = {}},
        "", kLayerPatience);
    EXPECT_THAT(seen, IsOk());
    return seen ? seen->output : "";
  }

  PosixFileSystem filesystem_;
  std::optional<TempDir> directory_;
};

TEST_P(PrivateLayerTest, WhatIsWrittenIsSeenInsideOnly) {
  const std::string before = Shared();
  const Ended ended = Run(
      "echo new > packages/demo/new && mkdir packages/demo/cache && echo x > packages/demo/cache/x "
      "&& echo mine > packages/demo/t && mv -f packages/demo/t packages/demo/code && "
      "rm -f packages/demo/b && sh -c 'cat packages/demo/new packages/demo/code; "
      "ls packages/demo'");
  EXPECT_EQ(ended.output, "new\nmine\ncache\ncode\ndata\nnew\n");
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(Shared(), before);
  EXPECT_EQ(Run("ls packages/demo").output, "b\ncode\ndata\n");
}

TEST_P(PrivateLayerTest, ReadOnlyFilesMayBeMadeWritable) {
  const std::string before = Shared();
  const Ended ended = Run(
      "chmod u+w packages/demo/code && echo mine >> packages/demo/code && cat packages/demo/code");
  EXPECT_EQ(ended.output, "shared\nmine\n");
  EXPECT_EQ(Shared(), before);
}

TEST_P(PrivateLayerTest, DirectoriesAreMovedAndReplaced) {
  const std::string before = Shared();
  // mv(1) copies where rename(2) is refused.
  const Ended ended =
      Run("mv packages/demo/data packages/demo/moved && cat packages/demo/moved/a && "
          "mkdir packages/demo/data && ls packages/demo/data && ls packages/demo");
  EXPECT_EQ(ended.output, "shared\nb\ncode\ndata\nmoved\n");
  EXPECT_EQ(Shared(), before);
}

TEST_P(PrivateLayerTest, EverythingElseIsAsItWas) {
  const Ended ended = Run(
      "echo out > beside/file; id -u; id -g; stat -c %u packages packages/demo; echo $$; exit 7");
  const std::string id = std::to_string(GetParam() == Who::kNobody ? kNobodysId : ::geteuid());
  EXPECT_THAT(ended.output, HasSubstr(id + "\n" + id + "\n" + id + "\n" + id + "\n"));
  EXPECT_EQ(WEXITSTATUS(ended.status), 7);
  EXPECT_THAT(filesystem_.ReadFile(At("/beside/file")), IsOk());
}

TEST_P(PrivateLayerTest, NothingOfItIsMountedOutside) {
  EXPECT_THAT(Run("cat /proc/mounts").output, HasSubstr("flowstone-private-layer"));
  const Result<std::string> mounts = filesystem_.ReadFile("/proc/mounts");
  ASSERT_THAT(mounts, IsOk());
  EXPECT_THAT(*mounts, ::testing::Not(HasSubstr("flowstone-private-layer")));
}

TEST_P(PrivateLayerTest, TheProcessRunnerStartsProgramsInOne) {
  if (GetParam() == Who::kNobody) {
    GTEST_SKIP() << "the same for everybody";
  }
  const Result<ProcessResult> ran = PosixProcessRunner().Run(
      {.arguments = {"/bin/sh", "-c", "cat > demo/new; cat demo/new; ls demo; ls /proc/self/fd"},
       .environment = {{"PATH", "/usr/bin:/bin"}},
       .directory = At("/packages"),
       .descriptors = {},
       .private_layer = {At("/packages")}},
      "input\n", kLayerPatience);
  ASSERT_THAT(ran, IsOk());
  EXPECT_EQ(ran->output, "input\nb\ncode\ndata\nnew\n0\n1\n2\n3\n");  // 3 is of ls itself
  EXPECT_THAT(filesystem_.Lstat(At("/packages/demo/new")), HasCode(ErrorCode::kNotFound));
  const Result<ProcessResult> missing =
      PosixProcessRunner().Run({.arguments = {"/nowhere/program"},
                                .environment = {},
                                .directory = "",
                                .descriptors = {},
                                .private_layer = {At("/packages")}},
                               "", kLayerPatience);
  EXPECT_THAT(missing, HasCode(ErrorCode::kNotFound));
}

TEST_P(PrivateLayerTest, TheProbeLeavesThisProcessWhereItWas) {
  EXPECT_THAT(ProbePrivateLayer(At("/packages")), IsOk());
  const Result<std::string> mounts = filesystem_.ReadFile("/proc/self/mounts");
  ASSERT_THAT(mounts, IsOk());
  EXPECT_THAT(*mounts, ::testing::Not(HasSubstr("flowstone-private-layer")));
}

INSTANTIATE_TEST_SUITE_P(Everybody, PrivateLayerTest, ::testing::Values(Who::kCaller, Who::kNobody),
                         [](const auto& instance) {
                           return instance.param == Who::kCaller ? "Caller" : "Nobody";
                         });

TEST(PrivateLayer, WhatWasRefusedIsSaid) {
  const Result<PrivateLayer> layer = PrivateLayer::Prepare({"/var/tmp"});
  ASSERT_THAT(layer, IsOk());
  using Stage = PrivateLayer::Stage;
  for (const auto& [failure, words] :
       {std::pair{PrivateLayer::Failure{.stage = Stage::kNamespaces, .number = EPERM},
                  "cannot get a mount namespace of our own: operation not permitted"},
        std::pair{PrivateLayer::Failure{.stage = Stage::kNamespaces, .number = ENOSPC},
                  "cannot get a mount namespace of our own: no more user namespaces are allowed"},
        std::pair{PrivateLayer::Failure{.stage = Stage::kMounts, .number = EACCES},
                  "cannot mount anything in a namespace of our own: permission denied"},
        std::pair{PrivateLayer::Failure{.stage = Stage::kOverlay, .number = ENODEV},
                  "cannot lay an overlay over '/var/tmp': no such device"}}) {
    const Error error = layer->ErrorOf(failure);
    EXPECT_EQ(error.message, words);
    EXPECT_EQ(error.code, ErrorCode::kDenied);
    EXPECT_FALSE(error.hints.empty());
  }
}

}  // namespace
}  // namespace flowstone::os
