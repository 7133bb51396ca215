#include "flowstone/install/python_request.h"

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOk;

Interpreter Python(const std::string& version, const std::string& abi_flags = "") {
  Interpreter interpreter;
  interpreter.version = *pypi::Version::Parse(version);
  interpreter.abi_flags = abi_flags;
  return interpreter;
}

bool Matches(const std::string& request, const Interpreter& interpreter) {
  const Result<PythonRequest> parsed = PythonRequest::Parse(request);
  EXPECT_THAT(parsed, IsOk()) << request;
  return parsed && parsed->Matches(interpreter);
}

TEST(PythonRequest, SeriesMatchesItsReleases) {
  EXPECT_TRUE(Matches("3", Python("3.11.7")));
  EXPECT_TRUE(Matches("3.11", Python("3.11.7")));
  EXPECT_TRUE(Matches(" 3.11.* ", Python("3.11.7")));
  EXPECT_FALSE(Matches("3.1", Python("3.11.7")));
  EXPECT_FALSE(Matches("3.12", Python("3.11.7")));
}

TEST(PythonRequest, FullVersionMatchesThatReleaseOnly) {
  EXPECT_TRUE(Matches("3.11.7", Python("3.11.7")));
  EXPECT_FALSE(Matches("3.11.7", Python("3.11.8")));
  EXPECT_TRUE(Matches("3.14.0rc1", Python("3.14.0rc1")));
  EXPECT_FALSE(Matches("3.14.0", Python("3.14.0rc1")));
}

TEST(PythonRequest, RangesAreSpecifiers) {
  EXPECT_TRUE(Matches(">=3.9,<3.12", Python("3.11.7")));
  EXPECT_FALSE(Matches(">=3.9,<3.12", Python("3.12.0")));
  EXPECT_TRUE(Matches("~=3.10", Python("3.13.1")));
  EXPECT_TRUE(Matches("==3.11.7", Python("3.11.7")));
}

TEST(PythonRequest, ImplementationMayBeNamed) {
  for (const char* request : {"cpython3.11", "cpython@3.11", "CPython-3.11", "python3.11", "python",
                              "cpython", "any", ""}) {
    EXPECT_TRUE(Matches(request, Python("3.11.7"))) << request;
  }
  EXPECT_FALSE(Matches("python3.12", Python("3.11.7")));
}

TEST(PythonRequest, FreeThreadedBuildsAreAskedForByName) {
  EXPECT_TRUE(Matches("3.13t", Python("3.13.1", "t")));
  EXPECT_FALSE(Matches("3.13t", Python("3.13.1")));
  EXPECT_FALSE(Matches("3.13", Python("3.13.1", "t")));
  EXPECT_TRUE(Matches("any", Python("3.13.1", "t")));
}

TEST(PythonRequest, DebugBuildsMayBeAskedForByName) {
  EXPECT_TRUE(Matches("3.13d", Python("3.13.1", "d")));
  EXPECT_FALSE(Matches("3.13d", Python("3.13.1")));
  EXPECT_TRUE(Matches("3.13td", Python("3.13.1", "td")));
  EXPECT_FALSE(Matches("3.13td", Python("3.13.1", "t")));
  EXPECT_TRUE(Matches("3.13", Python("3.13.1", "d")));
}

TEST(PythonRequest, KindsOfBuildsHaveLongNamesToo) {
  EXPECT_TRUE(Matches("3.13+freethreaded", Python("3.13.1", "t")));
  EXPECT_TRUE(Matches("3.13+freethreaded+debug", Python("3.13.1", "td")));
  EXPECT_FALSE(Matches("3.13+debug", Python("3.13.1")));
  EXPECT_FALSE(Matches("3.13+gil", Python("3.13.1", "t")));
}

TEST(PythonRequest, PathIsKeptAsItIs) {
  const Result<PythonRequest> request = PythonRequest::Parse("/opt/Python/bin/python3");
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(request->path(), "/opt/Python/bin/python3");
}

TEST(PythonRequest, OtherImplementationsAreRefusedWithTheReason) {
  EXPECT_THAT(PythonRequest::Parse("pypy3.10"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(PythonRequest::Parse("PyPy"), HasMessage(HasSubstr("CPython only")));
}

TEST(PythonRequest, NonsenseIsRefused) {
  for (const char* request :
       {"three", "3.x", ">=three", "t", "python-", "3.11 3.12", "3.13+fast", "+debug"}) {
    EXPECT_THAT(PythonRequest::Parse(request), HasCode(ErrorCode::kInvalid)) << request;
  }
}

}  // namespace
}  // namespace flowstone::install
