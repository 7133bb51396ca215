#include "flowstone/install/bytecode_compiler.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/os/fake_process_runner.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::SizeIs;

// A Python that answers for each file, and may be killed by one.
class FakeCompiler {
 public:
  void KilledBy(const std::string& source, int signal = SIGSEGV) {
    killer_ = source;
    signal_ = signal;
  }
  void Refuse(os::ProcessResult result) { refusal_ = std::move(result); }
  void Hang() { hangs_ = true; }

  os::FakeProcessRunner& processes() { return processes_; }
  // The sources that were compiled, process by process.
  const std::vector<std::vector<std::string>>& compiled() const { return compiled_; }

 private:
  Result<os::ProcessResult> Run(const std::string& input) {
    if (hangs_) {
      return Error{.code = ErrorCode::kCancelled, .message = "too slow"};
    }
    if (refusal_) {
      return *refusal_;
    }
    const std::vector<std::string_view> fields = SplitText(input, '\0');
    os::ProcessResult result = os::Exited(0);
    std::vector<std::string>& sources = compiled_.emplace_back();
    for (std::size_t i = 0; i + 3 <= fields.size(); i += 3) {
      if (fields[i] == killer_) {
        result.status = {.code = {}, .signal = signal_};
        return result;
      }
      sources.emplace_back(fields[i]);
      result.output += '+';
    }
    return result;
  }

  std::string killer_;
  int signal_ = 0;
  std::optional<os::ProcessResult> refusal_;
  bool hangs_ = false;
  std::vector<std::vector<std::string>> compiled_;
  os::FakeProcessRunner processes_{
      [this](const os::ProcessSpec&, const std::string& input) { return Run(input); }};
};

std::vector<BytecodeJob> JobsFor(std::size_t count, std::uint64_t size = 10) {
  std::vector<BytecodeJob> jobs;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "/s/" + std::to_string(i);
    jobs.push_back({.source = name + ".py", .target = name + ".pyc", .name = name, .size = size});
  }
  return jobs;
}

class BytecodeCompilerTest : public ::testing::Test {
 protected:
  Status Compile(const std::vector<BytecodeJob>& jobs, Interruption interruption = {}) {
    return CompileBytecode(compiler_.processes(), "/usr/bin/python3", jobs,
                           {.interruption = interruption},
                           [this](std::size_t count) { done_ += count; });
  }

  FakeCompiler compiler_;
  std::atomic<std::size_t> done_ = 0;
};

TEST_F(BytecodeCompilerTest, OneProcessCompilesManyFiles) {
  ASSERT_THAT(Compile(JobsFor(3)), IsOk());
  EXPECT_THAT(compiler_.compiled(), ElementsAre(ElementsAre("/s/0.py", "/s/1.py", "/s/2.py")));
  EXPECT_EQ(done_, 3U);
}

TEST_F(BytecodeCompilerTest, ManyFilesAndLargeOnesAreShared) {
  ASSERT_THAT(Compile(JobsFor(1000)), IsOk());
  EXPECT_GT(compiler_.compiled().size(), 1U);
  const std::size_t before = compiler_.compiled().size();
  ASSERT_THAT(Compile(JobsFor(3, 5'000'000)), IsOk());
  EXPECT_EQ(compiler_.compiled().size(), before + 3);
  EXPECT_EQ(done_, 1003U);
}

TEST_F(BytecodeCompilerTest, AFileThatKillsTheCompilerIsLeftOut) {
  compiler_.KilledBy("/s/1.py");
  ASSERT_THAT(Compile(JobsFor(4)), IsOk());
  EXPECT_THAT(compiler_.compiled(),
              ElementsAre(ElementsAre("/s/0.py"), ElementsAre("/s/2.py", "/s/3.py")));
}

TEST_F(BytecodeCompilerTest, ACompilerThatTakesTooLongIsGivenUp) {
  compiler_.Hang();
  EXPECT_THAT(Compile(JobsFor(2)), IsOk());
}

TEST_F(BytecodeCompilerTest, WhoHasTimeTakesAnInterruptionForAFailure) {
  compiler_.Hang();
  EXPECT_THAT(Compile(JobsFor(2), Interruption::kFails), HasCode(ErrorCode::kCancelled));
}

TEST_F(BytecodeCompilerTest, WhoHasTimeLeavesOutOnlyWhatCrashes) {
  compiler_.KilledBy("/s/1.py");
  ASSERT_THAT(Compile(JobsFor(4), Interruption::kFails), IsOk());
  compiler_.KilledBy("/s/1.py", SIGKILL);
  EXPECT_THAT(Compile(JobsFor(4), Interruption::kFails), HasCode(ErrorCode::kCancelled));
  EXPECT_THAT(Compile(JobsFor(4), Interruption::kLeavesOut), IsOk());
}

TEST_F(BytecodeCompilerTest, ADiskWithoutRoomIsNoFaultOfTheSource) {
  compiler_.Refuse({.status = {.code = 1, .signal = {}}, .output = "++!", .errors = "no room\n"});
  EXPECT_THAT(Compile(JobsFor(4)), HasCode(ErrorCode::kIo));
  EXPECT_THAT(Compile(JobsFor(4)), HasMessage(HasSubstr("cannot write bytecode: no room")));
}

TEST_F(BytecodeCompilerTest, AnInterpreterThatCannotCompileIsNamed) {
  compiler_.Refuse(os::Exited(1, "", "no module named py_compile"));
  EXPECT_THAT(Compile(JobsFor(2)), HasCode(ErrorCode::kIo));
  EXPECT_THAT(Compile(JobsFor(2)),
              HasMessage(HasSubstr("/usr/bin/python3 cannot compile bytecode: no module named")));
}

TEST_F(BytecodeCompilerTest, TheCompilerSeesNothingOfTheUser) {
  ASSERT_THAT(Compile(JobsFor(1)), IsOk());
  ASSERT_THAT(compiler_.processes().calls(), SizeIs(1));
  const os::ProcessSpec spec = compiler_.processes().calls().front();
  EXPECT_THAT(spec.environment, SizeIs(1));
  EXPECT_EQ(spec.environment.at("PYTHONHASHSEED"), "0");
  EXPECT_EQ(std::ranges::count(spec.arguments, "-s") + std::ranges::count(spec.arguments, "-S"), 2);
}

}  // namespace
}  // namespace flowstone::install
