#include "flowstone/project/foreign_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/lock/lock_reader.h"
#include "flowstone/project/poetry_constraint.h"
#include "flowstone/testing/golden.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::project {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::ReadGolden;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The format is told by the name of the file.
Result<ForeignLock> ReadText(const std::string& file, const std::string& text) {
  return ReadForeignLock(LockFormatOf(file, text).value(), {.text = text, .file = file});
}

Result<ForeignLock> ReadFixture(const std::string& name) {
  return ReadText(name, ReadGolden("foreign_locks/" + name));
}

// "colorama 0.4.6 if sys_platform == …" for each package.
std::vector<std::string> Packages(const lock::Lock& lock) {
  std::vector<std::string> lines;
  for (const lock::LockedPackage& package : lock.packages) {
    std::string line = package.name.ToString();
    line += package.version ? " " + package.version->ToString() : "";
    line += package.marker.is_always() ? "" : " if " + package.marker.ToString();
    lines.push_back(line);
  }
  return lines;
}

const lock::LockedPackage& Find(const lock::Lock& lock, const std::string& name) {
  const lock::LockedPackage* package = lock.Find(*pypi::Name::Parse(name));
  EXPECT_NE(package, nullptr) << name;
  return *package;
}

pypi::MarkerEnvironment Environment(const std::string& python, const std::string& platform) {
  return {.implementation_name = "cpython",
          .implementation_version = python,
          .os_name = platform == "win32" ? "nt" : "posix",
          .platform_machine = "x86_64",
          .platform_python_implementation = "CPython",
          .platform_release = "",
          .platform_system = platform == "win32" ? "Windows" : "Linux",
          .platform_version = "",
          .python_full_version = python,
          .python_version = python.substr(0, python.rfind('.')),
          .sys_platform = platform};
}

// What is installed with all extras and groups.
std::vector<std::string> Installed(const lock::Lock& lock,
                                   const pypi::MarkerEnvironment& environment,
                                   const pypi::MarkerSelection& selection) {
  std::vector<std::string> names;
  for (const lock::LockedPackage& package : lock.packages) {
    if (package.marker.Evaluate(environment, selection)) {
      names.push_back(package.name.ToString() + " " +
                      (package.version && !package.direct ? package.version->ToString() : ""));
    }
  }
  std::ranges::sort(names);
  return names;
}

// uv exports times with fewer digits than it locks.
std::string Facts(const lock::LockedFile& file) {
  return file.name + " " + file.url.value_or("") + " " + file.hashes.at("sha256") + " " +
         std::to_string(file.size.value_or(0));
}

TEST(UvLockTest, EveryPackageKnowsWhenItIsInstalled) {
  const auto read = ReadFixture("uv.lock");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(
      Packages(read->lock),
      ElementsAre("attrs 26.1.0", "colorama 0.4.6 if sys_platform == \"win32\"", "core-local 1.0",
                  "exceptiongroup 1.3.1 if \"fast\" in extras", "gittool 0.3", "idna 3.20",
                  "iniconfig 2.0.0 if python_version < \"3.10\"",
                  "iniconfig 2.3.1 if python_full_version >= \"3.10\"",
                  "pathspec 1.1.1 if \"dev\" in dependency_groups or \"lint\" in dependency_groups",
                  "pluggy 1.6.0 if python_version < \"3.10\" and \"dev\" in dependency_groups",
                  "pluggy 1.7.0 if python_full_version >= \"3.10\" and \"dev\" in "
                  "dependency_groups",
                  "pysocks 1.7.1 if \"net\" in extras",
                  "typing-extensions 4.16.0 if python_version < \"3.11\" or "
                  "python_version < \"3.13\" and \"fast\" in extras",
                  "urllib3 2.2.3 if \"net\" in extras"));
  EXPECT_EQ(read->lock.requires_python.ToString(), ">=3.9");
  EXPECT_EQ(read->lock.extras.size(), 2U);
  EXPECT_THAT(read->lock.default_groups, ElementsAre(*pypi::GroupName::Parse("dev")));
}

TEST(UvLockTest, ItInstallsWhatItsOwnExportInstalls) {
  const auto read = ReadFixture("uv.lock");
  const auto exported = lock::ParseLock(ReadGolden("foreign_locks/uv-export.pylock.toml"));
  ASSERT_THAT(read, IsOk());
  ASSERT_THAT(exported, IsOk());
  const pypi::MarkerSelection everything{.extras = read->lock.extras,
                                         .groups = read->lock.dependency_groups};
  for (const char* python : {"3.9.1", "3.10.0", "3.11.4", "3.12.0", "3.13.1"}) {
    for (const char* platform : {"linux", "win32"}) {
      const pypi::MarkerEnvironment environment = Environment(python, platform);
      EXPECT_EQ(Installed(read->lock, environment, everything),
                Installed(*exported, environment, {}))
          << python << " " << platform;
    }
  }
}

TEST(UvLockTest, FilesAreThoseOfItsOwnExport) {
  const auto read = ReadFixture("uv.lock");
  const auto exported = lock::ParseLock(ReadGolden("foreign_locks/uv-export.pylock.toml"));
  ASSERT_THAT(read, IsOk());
  ASSERT_THAT(exported, IsOk());
  for (const char* name : {"attrs", "colorama", "urllib3", "idna"}) {
    const lock::LockedPackage& ours = Find(read->lock, name);
    const lock::LockedPackage& theirs = Find(*exported, name);
    ASSERT_EQ(ours.wheels.size(), theirs.wheels.size());
    for (std::size_t i = 0; i < ours.wheels.size(); ++i) {
      EXPECT_EQ(Facts(ours.wheels[i]), Facts(theirs.wheels[i]));
    }
    EXPECT_EQ(Facts(*ours.sdist), Facts(*theirs.sdist));
    EXPECT_EQ(ours.index, theirs.index);
  }
  for (const char* name : {"gittool", "core-local"}) {
    lock::DirectSource ours = *Find(read->lock, name).direct;
    ours.file.name = Find(*exported, name).direct->file.name;  // the reader's, from the address
    EXPECT_EQ(ours, *Find(*exported, name).direct);
  }
}

TEST(UvLockTest, PackagesMayBeFiles) {
  const auto read = ReadText("uv.lock", R"(version = 1
[[package]]
name = "demo"
version = "1"
source = { editable = "." }
dependencies = [{ name = "a" }, { name = "b" }, { name = "c" }]
[[package]]
name = "a"
version = "1"
source = { url = "https://me:secret@files.example/a-1-py3-none-any.whl" }
wheels = [{ url = "https://files.example/a-1-py3-none-any.whl", hash = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }]
[[package]]
name = "b"
version = "1"
source = { path = "wheels/b-1-py3-none-any.whl" }
wheels = [{ filename = "b-1-py3-none-any.whl", hash = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }]
[[package]]
name = "c"
version = "1"
source = { registry = "../links" }
wheels = [{ path = "c-1-py3-none-any.whl", hash = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }]
)");
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(Find(read->lock, "a").direct->file.url, "https://files.example/a-1-py3-none-any.whl");
  EXPECT_EQ(Find(read->lock, "b").direct->file.path, "wheels/b-1-py3-none-any.whl");
  EXPECT_EQ(Find(read->lock, "c").wheels.at(0).path, "../links/c-1-py3-none-any.whl");
  EXPECT_EQ(Find(read->lock, "demo").direct->editable, true);
}

TEST(UvLockTest, DeclaredConflictsAskForExtrasAndGroups) {
  const auto read = ReadText("uv.lock", R"(version = 1
[[package]]
name = "demo"
source = { virtual = "." }
dependencies = [{ name = "a", marker = "extra == 'extra-4-demo-cpu' or extra != 'group-4-demo-gpu'" }]
[[package]]
name = "a"
version = "1"
source = { registry = "https://index.example/simple" }
sdist = { url = "https://files.example/a-1.tar.gz", hash = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" }
)");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(Packages(read->lock),
              ElementsAre("a 1 if \"cpu\" in extras or \"gpu\" not in dependency_groups"));
}

TEST(UvLockTest, CyclesEnd) {
  const auto read = ReadText("uv.lock", R"(version = 1
[[package]]
name = "demo"
source = { virtual = "." }
dependencies = [{ name = "a", marker = "os_name == 'nt'" }]
[[package]]
name = "a"
version = "1"
source = { git = "https://git.example/a#00" }
dependencies = [{ name = "b" }]
[[package]]
name = "b"
version = "1"
source = { git = "https://git.example/b?rev=main&subdirectory=x#11" }
dependencies = [{ name = "a" }]
)");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(Packages(read->lock),
              ElementsAre("a 1 if os_name == \"nt\"", "b 1 if os_name == \"nt\""));
  EXPECT_EQ(Find(read->lock, "b").direct->subdirectory, "x");
  EXPECT_EQ(Find(read->lock, "b").direct->commit_id, "11");
}

TEST(UvLockTest, AnotherVersionOfTheFormatIsRefused) {
  const auto read = ReadText("uv.lock", "version = 2\n");
  ASSERT_THAT(read, HasCode(ErrorCode::kInvalid));
  EXPECT_EQ(read.error().message,
            "uv.lock:1: version: version 2 of the format is not known, only 1 is");
}

TEST(UvLockTest, ErrorsNameTheLine) {
  const auto read =
      ReadText("uv.lock", "version = 1\n[[package]]\nname = 'a'\nsource = { moon = '.' }\n");
  ASSERT_THAT(read, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(read.error().message, HasSubstr("uv.lock:4: package[0].source: the source is of a"));
}

TEST(PoetryLockTest, GroupsAndMarkersAreKept) {
  const auto read = ReadFixture("poetry-2.lock");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(
      Packages(read->lock),
      ElementsAre("attrs 26.1.0", "colorama 0.4.6 if sys_platform == \"win32\"", "core-local 1.0",
                  "gittool 0.3", "idna 3.20", "pluggy 1.6.0 if \"dev\" in dependency_groups",
                  "pysocks 1.7.1 if \"net\" in extras",
                  "typing-extensions 4.16.0 if python_version < \"3.11\"",
                  "urllib3 2.2.3 if \"net\" in extras"));
  EXPECT_EQ(Find(read->lock, "attrs").index, "https://index.example/simple");
  EXPECT_EQ(Find(read->lock, "gittool").direct->requested_revision, "v0.3");
  EXPECT_EQ(Find(read->lock, "core-local").direct->file.path, "../core");
}

TEST(PoetryLockTest, FilesAreKnownByTheirHashes) {
  const auto read = ReadFixture("poetry-2.lock");
  ASSERT_THAT(read, IsOk());
  ASSERT_EQ(read->by_hash.size(), 7U);
  EXPECT_EQ(read->lock.packages.at(read->by_hash.front().package).name.ToString(), "attrs");
  EXPECT_EQ(read->by_hash.front().hashes.size(), 2U);
}

class OldPoetryLockTest : public ::testing::TestWithParam<const char*> {};

TEST_P(OldPoetryLockTest, WhatWasAskedForIsInThePyproject) {
  const std::string text = ReadGolden(std::string("foreign_locks/") + GetParam());
  const auto read = ReadForeignLock(
      LockFormat::kPoetry, {.text = text,
                            .file = "poetry.lock",
                            .pyproject = ReadGolden("foreign_locks/poetry-1.pyproject.toml")});
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(Packages(read->lock),
              ElementsAre("attrs 26.1.0", "colorama 0.4.6 if sys_platform == \"win32\"",
                          "exceptiongroup 1.3.1", "pluggy 1.6.0 if \"dev\" in dependency_groups",
                          "pysocks 1.7.1 if \"net\" in extras",
                          "typing-extensions 4.16.0 if python_version < \"3.13\"",
                          "urllib3 2.2.3 if \"net\" in extras"));
  EXPECT_EQ(read->by_hash.size(), 7U);
}

INSTANTIATE_TEST_SUITE_P(Versions, OldPoetryLockTest,
                         ::testing::Values("poetry-1.1.lock", "poetry-1.8.lock"),
                         [](const auto& fixture) {
                           return std::string(fixture.param).substr(7, 1) +
                                  std::string(fixture.param).substr(9, 1);
                         });

TEST(PoetryLockTest, AnOldLockNeedsItsPyproject) {
  const auto read = ReadFixture("poetry-1.8.lock");
  ASSERT_THAT(read, HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(read.error().message, HasSubstr("does not say what was asked for"));
}

TEST(PoetryConstraintTest, OperatorsOfPoetryAreRanges) {
  const auto contains = [](const char* constraint, const char* version) {
    return PoetryConstraint::Parse(constraint)->Contains(*pypi::Version::Parse(version));
  };
  EXPECT_TRUE(contains("^1.2.3", "1.9"));
  EXPECT_FALSE(contains("^1.2.3", "2.0"));
  EXPECT_FALSE(contains("^0.2.3", "0.3"));
  EXPECT_TRUE(contains("^0.0.3", "0.0.3"));
  EXPECT_FALSE(contains("^0.0.3", "0.0.4"));
  EXPECT_FALSE(contains("~1.2", "1.3"));
  EXPECT_TRUE(contains("~1", "1.9"));
  EXPECT_TRUE(contains("1.*", "1.9"));
  EXPECT_TRUE(contains("1.9", "1.9.0"));
  EXPECT_TRUE(contains("*", "1"));
  EXPECT_TRUE(contains(">=1.5.6,<1.5.7 || >1.5.7,<2.0", "1.7"));
  EXPECT_FALSE(contains(">=1.5.6 <1.5.7 || > 1.5.7, <2.0", "1.5.7"));
  EXPECT_EQ(PoetryConstraint::Parse("^3.9 || 3.7.*")->AsPythonMarker().ToString(),
            "python_full_version >= \"3.9\" and python_full_version < \"4\" or "
            "python_full_version == \"3.7.*\"");
}

TEST(PoetryConstraintTest, HasNoArbitraryEquality) {
  EXPECT_THAT(PoetryConstraint::Parse(">=3.9,===3'x"),
              flowstone::testing::HasMessage(HasSubstr("has no '==='")));
  EXPECT_THAT(PoetryConstraint::Parse("====a\""),
              flowstone::testing::HasMessage(HasSubstr("has no '==='")));
}

TEST(PipfileLockTest, SectionsAreGroups) {
  const auto read = ReadFixture("Pipfile.lock");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(
      Packages(read->lock),
      ElementsAre("attrs 26.1.0 if python_version >= \"3.9\"", "gittool",
                  HasSubstr("pysocks 1.7.1 if python_version >= \"2.7\""),
                  "urllib3 2.2.3 if python_version >= \"3.8\"",
                  "pluggy 1.7.0 if python_version >= \"3.10\" and \"dev\" in dependency_groups"));
  EXPECT_EQ(Find(read->lock, "attrs").index, "https://index.example/simple");
  EXPECT_EQ(Find(read->lock, "gittool").direct->commit_id.size(), 40U);
  EXPECT_EQ(read->by_hash.size(), 4U);
  EXPECT_TRUE(read->lock.default_groups.empty());
}

TEST(PipfileLockTest, WhatIsNotLockedIsSaid) {
  const auto read = ReadFixture("Pipfile.lock");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(read->warnings, ElementsAre(HasSubstr("colorama is not locked in Pipfile.lock")));
}

TEST(PipfileLockTest, OnePackageOfTwoSectionsIsOne) {
  const std::string hash = "[\"sha256:" + std::string(64, 'a') + "\"]";
  const auto read = ReadText(
      "Pipfile.lock",
      R"({"_meta":{"pipfile-spec":6,"requires":{"python_version":"3.11"}},"default":{"a":{"version":"==1","markers":"os_name == 'nt'","hashes":)" +
          hash + R"(}},"develop":{"a":{"version":"==1","hashes":)" + hash + "}}}");
  ASSERT_THAT(read, IsOk());
  EXPECT_THAT(Packages(read->lock),
              ElementsAre("a 1 if os_name == \"nt\" or \"dev\" in dependency_groups"));
  EXPECT_EQ(read->lock.requires_python.ToString(), "==3.11.*");
}

TEST(PipfileLockTest, AWrongDocumentIsRefused) {
  EXPECT_THAT(ReadText("Pipfile.lock", "{"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(ReadText("Pipfile.lock", "[]"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(ReadText("Pipfile.lock", R"({"_meta":{"pipfile-spec":5}})"),
              HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(
      ReadText("Pipfile.lock", R"({"_meta":{"pipfile-spec":6},"default":{"a":{"version":"==1"}}})"),
      HasCode(ErrorCode::kInvalid));
}

TEST(LockFormatTest, NamesAndContentsTell) {
  EXPECT_EQ(LockFormatOf("pylock.dev.toml", ""), LockFormat::kPylock);
  EXPECT_EQ(LockFormatOf("uv.lock", ""), LockFormat::kUv);
  EXPECT_EQ(LockFormatOf("job.py.lock", ""), LockFormat::kUv);
  for (const auto& [name, format] :
       {std::pair("uv.lock", LockFormat::kUv), std::pair("poetry-1.1.lock", LockFormat::kPoetry),
        std::pair("poetry-2.lock", LockFormat::kPoetry),
        std::pair("Pipfile.lock", LockFormat::kPipfile),
        std::pair("uv-export.pylock.toml", LockFormat::kPylock)}) {
    EXPECT_EQ(LockFormatOf("renamed", ReadGolden(std::string("foreign_locks/") + name)), format)
        << name;
  }
  EXPECT_EQ(LockFormatOf("requirements.txt", "numpy\n"), std::nullopt);
  EXPECT_EQ(LockFormatOf("a.json", "{\"a\": 1}"), std::nullopt);
  EXPECT_EQ(LockFormatOf("a.toml", "[[package]]\nname = 'x'\n"), std::nullopt);
}

}  // namespace
}  // namespace flowstone::project
