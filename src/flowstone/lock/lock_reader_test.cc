#include "flowstone/lock/lock_reader.h"

#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/base/error.h"
#include "flowstone/lock/lock.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::lock {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kHeader = "lock-version = \"1.0\"\ncreated-by = \"other\"\n";
const std::string kHash(64, 'a');

std::string WithPackage(const std::string& body) {
  return std::string(kHeader) + "[[packages]]\n" + body;
}

std::string OneWheel(const std::string& wheel) {
  return WithPackage("name = \"a\"\nversion = \"1.0\"\nwheels = [" + wheel + "]\n");
}

TEST(LockReader, ReadsALockOfAnotherTool) {
  const Result<Lock> lock = ParseLock(R"(
lock-version = "1.0"
created-by = "other"
requires-python = ">=3.9"
extras = ["Fast_Math"]
default-groups = ["main"]
unknown-key = { a = 1 }

[[packages]]
name = "numpy"
version = "2.1.0"
marker = "python_version >= '3.9' and 'fast-math' in extras"
index = "https://index.example/simple"
sdist = { url = "https://f.example/numpy-2.1.0.tar.gz", hashes = { sha512 = "ABCD" } }
wheels = [
  { url = "https://f.example/numpy-2.1.0-cp312-cp312-linux_x86_64.whl", upload-time = 2024-02-29T14:34:56+02:00, size = 5, hashes = { sha256 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } },
]
[packages.tool.other]
x = 1
)");
  ASSERT_THAT(lock, IsOk());
  EXPECT_EQ(lock->created_by, "other");
  EXPECT_EQ(lock->extras.front().ToString(), "fast-math");
  EXPECT_EQ(lock->tool, std::nullopt);
  const LockedPackage* numpy = lock->Find(*pypi::Name::Parse("NumPy"));
  ASSERT_NE(numpy, nullptr);
  EXPECT_EQ(numpy->sdist->hashes.at("sha512"), "abcd");
  EXPECT_EQ(numpy->wheels.front().name, "numpy-2.1.0-cp312-cp312-linux_x86_64.whl");
  EXPECT_EQ(numpy->wheels.front().upload_time_us, 1'709'210'096'000'000);
  EXPECT_EQ(numpy->wheels.front().Sha256()->ToString(), kHash);
}

TEST(LockReader, FileNameComesFromTheUrlWhenNotGiven) {
  const Result<Lock> lock = ParseLock(OneWheel(
      "{ url = \"https://f.example/x/a-1.0%2Bcpu-py3-none-any.whl?token=1#frag\", hashes = "
      "{ sha256 = \"" +
      kHash + "\" } }"));
  EXPECT_THAT(lock, HasMessage(HasSubstr("a-1.0+cpu-py3-none-any.whl is not of version 1.0")));
}

TEST(LockReader, NewerMinorVersionIsRead) {
  EXPECT_THAT(ParseLock("lock-version = \"1.7\"\ncreated-by = \"x\"\npackages = []"), IsOk());
}

struct Fault {
  const char* what;
  std::string text;
  std::string message;
};

class FaultyLock : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultyLock, IsRefusedWithThePlaceAndTheReason) {
  const Result<Lock> lock = ParseLock(GetParam().text);
  EXPECT_THAT(lock, AllOf(HasCode(ErrorCode::kInvalid), HasMessage(HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    All, FaultyLock,
    ::testing::Values(
        Fault{"Toml", "lock-version = ", "line 1: not valid TOML"},
        Fault{"TomlThatItsParserDidNotForesee", "[.a]\nb = 1", "not valid TOML"},
        Fault{"DirectoryWithoutPath",
              std::string(kHeader) + "[[packages]]\nname = \"a\"\n"
                                     "directory = { url = \"https://host.example/a\" }",
              "packages[0].directory"},
        Fault{"NoVersion", "created-by = \"x\"", "the key lock-version is missing"},
        Fault{"NewMajor", "lock-version = \"2.0\"\ncreated-by = \"x\"\npackages = []",
              "line 1: lock-version: version 2.0 of the format is not supported"},
        Fault{"NoCreator", "lock-version = \"1.0\"\npackages = []", "created-by is missing"},
        Fault{"NoPackages", kHeader, "the key packages is missing"},
        Fault{"PackagesOfWrongType", std::string(kHeader) + "packages = 3",
              "line 3: packages: must be an array of tables"},
        Fault{"NameMissing", WithPackage("version = \"1\""),
              "packages[0]: the key name is missing"},
        Fault{"NameNotNormalised", WithPackage("name = \"NumPy\""), "it should be 'numpy'"},
        Fault{"VersionOfWrongType", WithPackage("name = \"a\"\nversion = 1.0"),
              "line 5: packages[0].version: must be a string"},
        Fault{"BadVersion", WithPackage("name = \"a\"\nversion = \"x\""), "packages[0].version"},
        Fault{"BadMarker", WithPackage("name = \"a\"\nmarker = \"nonsense\""),
              "packages[0].marker"},
        Fault{"NoSource", WithPackage("name = \"a\""), "the package has no source"},
        Fault{"TwoSources",
              WithPackage("name = \"a\"\narchive = { url = \"u\", hashes = { md5 = \"aa\" } }\n"
                          "directory = { path = \".\" }"),
              "packages[0].archive: the package has another source already"},
        Fault{"NoPlace",
              OneWheel("{ name = \"a-1.0-py3-none-any.whl\", hashes = { md5 = \"aa\" } }"),
              "packages[0].wheels[0]: either url or path must be given"},
        Fault{"NoHash", OneWheel("{ path = \"a-1.0-py3-none-any.whl\" }"),
              "packages[0].wheels[0]: the key hashes is missing"},
        Fault{"EmptyHashes", OneWheel("{ path = \"a-1.0-py3-none-any.whl\", hashes = {} }"),
              "must have at least one hash"},
        Fault{"ShortHash",
              OneWheel("{ path = \"a-1.0-py3-none-any.whl\", hashes = { sha256 = \"aa\" } }"),
              "packages[0].wheels[0].hashes.sha256: must be 64 hexadecimal digits"},
        Fault{
            "NegativeSize",
            OneWheel("{ path = \"a-1.0-py3-none-any.whl\", size = -1, hashes = { md5 = \"aa\" } }"),
            "size: must be an integer of 0 or more"},
        Fault{"FileOfAnotherPackage",
              OneWheel("{ path = \"b-1.0-py3-none-any.whl\", hashes = { md5 = \"aa\" } }"),
              "is not of the package a"},
        Fault{"FileOfAnotherVersion",
              OneWheel("{ path = \"a-1.1-py3-none-any.whl\", hashes = { md5 = \"aa\" } }"),
              "is not of version 1.0"},
        Fault{"NameWithDirectory",
              OneWheel("{ name = \"../a-1.0-py3-none-any.whl\", path = \"x\", hashes = { md5 = "
                       "\"aa\" } }"),
              "must be a file name"}),
    [](const auto& instance) { return instance.param.what; });

TEST(LockFileName, FollowsPep751) {
  EXPECT_TRUE(IsLockFileName("pylock.toml"));
  EXPECT_TRUE(IsLockFileName("pylock.train.toml"));
  EXPECT_FALSE(IsLockFileName("pylock..toml"));
  EXPECT_FALSE(IsLockFileName("pylock.a.b.toml"));
  EXPECT_FALSE(IsLockFileName("lock.toml"));
}

std::optional<std::string> WrittenText(std::string_view text) {
  const std::optional<pypi::SpecifierSet> python = WrittenPython(text);
  return python ? std::optional(python->ToString()) : std::nullopt;
}

TEST(WrittenPython, IsFoundWithoutReadingTheLock) {
  const std::string_view head = "lock-version = \"1.0\"\nenvironments = [\n    \"x\",\n]\n";
  EXPECT_EQ(WrittenText(std::string(head) + "requires-python = \">=3.9\"\n\n[[packages]]\n"),
            ">=3.9");
  EXPECT_EQ(WrittenText("requires-python = \"==3.12.*\""), "==3.12.*");
  EXPECT_EQ(WrittenText("requires-python = \"\"\n"), "");
}

TEST(WrittenPython, IsUnknownWhereItTakesAParser) {
  for (const std::string_view text :
       {"", "\n", "lock-version = \"1.0\"\n", "requires-python = '>=3.9'\n",
        "requires-python = \">=3\\u002E9\"\n", "requires-python = \">=3.9\" # since May\n",
        "requires-python = \">=3.9", "requires-python = \"3.9\"\n",
        "requires-python = \"/usr/bin/python3\"\n",
        "[[packages]]\nrequires-python = \">=3.9\"\n"}) {
    EXPECT_EQ(WrittenPython(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace flowstone::lock
