#include "flowstone/install/python_installer.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "flowstone/archive/gzip.h"
#include "flowstone/archive/tar_writer.h"
#include "flowstone/install/staging_directory.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/install/testing/interpreter_answers.h"
#include "flowstone/net/fake_transport.h"
#include "flowstone/os/faulty_filesystem.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::AllOf;
using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using Outcome = PythonInstallation::Outcome;

// The archive of a Python whose program is a few bytes; the process runner answers for it.
std::string ArchiveOf(const std::string& program) {
  std::string bytes;
  archive::TarWriter tar(archive::AppendTo(bytes));
  EXPECT_THAT(tar.AddFile("python/bin/python3.12", program, archive::TarFileMode::kExecutable),
              IsOk());
  EXPECT_THAT(tar.AddSymlink("python/bin/python3", "python3.12"), IsOk());
  EXPECT_THAT(tar.AddFile("python/lib/python3.12/os.py", "pass\n"), IsOk());
  EXPECT_THAT(tar.Finish(), IsOk());
  return archive::GzipCompress(bytes);
}

class PythonInstallerTest : public CacheFixture {
 protected:
  PythonInstallation::Outcome InstallWell() {
    const Result<PythonInstallation> installation = Install(filesystem_);
    EXPECT_THAT(installation, IsOk());
    return installation->outcome;
  }
  Result<PythonInstallation> Install(os::FileSystem& filesystem,
                                     ExistingPython existing = ExistingPython::kKept) {
    InterpreterProbe probe(filesystem, processes_, layout_);
    PythonInstaller installer(PartsWith(filesystem, probe));
    const PythonMirror mirror{.url = "https://mirror.example/releases/",
                              .open_transport = [this]() { return Open(); }};
    return installer.Install(Build(), mirror, existing, "");
  }
  PythonInstaller::Parts PartsWith(os::FileSystem& filesystem, InterpreterProbe& probe) {
    return {.filesystem = filesystem,
            .probe = probe,
            .layout = layout_,
            .progress = progress_,
            .on_wait = [](const std::string&) {}};
  }
  PythonBuild Build() const {
    return {.version = *pypi::Version::Parse("3.12.4"),
            .release = "20240726",
            .target = "linux-x86_64",
            .variant = PythonVariant::kDefault,
            .archive = "20240726/cpython-3.12.4%2B20240726-install_only.tar.gz",
            .sha256 = Digest::Of(archive_)};
  }
  Result<net::Transport*> Open() {
    ++opened_;
    return is_offline_ ? Result<net::Transport*>(Error{.code = ErrorCode::kUnavailable,
                                                       .message = "the network is off"})
                       : Result<net::Transport*>(&transport_);
  }
  std::vector<InstalledPython> Installed() {
    InterpreterProbe probe(filesystem_, processes_, layout_);
    return *PythonInstaller(PartsWith(filesystem_, probe)).List();
  }
  // What is below the cache but the installation itself, locks, and what may be gone on with.
  std::vector<os::DirectoryEntry> Downloads() {
    const auto entries = filesystem_.ListDirectory(layout_.downloads());
    return entries ? *entries : std::vector<os::DirectoryEntry>();
  }

  std::string archive_ = ArchiveOf(
      "\x7f"
      "ELF");
  std::string answered_version_ = "3.12.4";
  bool is_offline_ = false;
  int opened_ = 0;
  NoProgress progress_;
  net::FakeTransport transport_{
      [this](const net::Request&) { return net::MakeResponse(200, archive_); }};
  os::FakeProcessRunner processes_{[this](const os::ProcessSpec& spec, const std::string&) {
    return os::Exited(0,
                      AnswerOf({.executable = spec.arguments.at(0), .version = answered_version_}));
  }};
};

TEST_F(PythonInstallerTest, ABuildIsDownloadedAndPublished) {
  const Result<PythonInstallation> installation = Install(filesystem_);
  ASSERT_THAT(installation, IsOk());
  EXPECT_EQ(installation->outcome, Outcome::kInstalled);
  EXPECT_EQ(installation->python.executable,
            layout_.pythons() + "/cpython-3.12.4+20240726-linux-x86_64/bin/python3");
  EXPECT_THAT(filesystem_.Stat(installation->python.executable), IsOk());
  EXPECT_EQ(transport_.requests()[0].url,
            "https://mirror.example/releases/20240726/"
            "cpython-3.12.4%2B20240726-install_only.tar.gz");
  EXPECT_THAT(Downloads(), IsEmpty());
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(PythonInstallerTest, WhatIsThereIsNotFetchedAgainUnlessItShouldBe) {
  ASSERT_EQ(InstallWell(), Outcome::kInstalled);
  EXPECT_EQ(InstallWell(), Outcome::kThereAlready);
  EXPECT_EQ(opened_, 1);
  const Result<PythonInstallation> again = Install(filesystem_, ExistingPython::kReplaced);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->outcome, Outcome::kInstalled);
  EXPECT_EQ(opened_, 2);
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(PythonInstallerTest, AnInstallationWithoutItsProgramIsMadeAgain) {
  ASSERT_EQ(InstallWell(), Outcome::kInstalled);
  ASSERT_THAT(os::RemoveTree(filesystem_, Installed()[0].directory + "/bin"), IsOk());
  EXPECT_EQ(InstallWell(), Outcome::kInstalled);
  EXPECT_THAT(filesystem_.Stat(Installed()[0].executable), IsOk());
}

TEST_F(PythonInstallerTest, AnInterpreterThatIsAnotherOneIsNotPublished) {
  answered_version_ = "3.12.5";
  const Result<PythonInstallation> installation = Install(filesystem_);
  EXPECT_THAT(installation, HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(installation, HasMessage(HasSubstr("turned out to be CPython 3.12.5")));
  EXPECT_THAT(Installed(), IsEmpty());
  EXPECT_THAT(Downloads(), IsEmpty());
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(PythonInstallerTest, ADownloadThatWasKilledIsGoneOnWith) {
  ASSERT_THAT(os::MakeDirectories(filesystem_, layout_.downloads()), IsOk());
  ASSERT_THAT(os::ReplaceFile(filesystem_, layout_.PartialWheel(Digest::Of(archive_)),
                              archive_.substr(0, 100)),
              IsOk());
  ASSERT_EQ(InstallWell(), Outcome::kInstalled);
  ASSERT_EQ(transport_.requests().size(), 1U);
  EXPECT_EQ(transport_.requests()[0].range->first, 100U);
  EXPECT_THAT(Downloads(), IsEmpty());
}

TEST_F(PythonInstallerTest, OtherBytesThanThePublishedOnesAreRefused) {
  const PythonBuild published = Build();
  archive_ = "other bytes";
  InterpreterProbe probe(filesystem_, processes_, layout_);
  const Result<PythonInstallation> installation =
      PythonInstaller(PartsWith(filesystem_, probe))
          .Install(published,
                   {.url = "https://ada:secret@mirror.example",
                    .open_transport = [this]() { return Open(); }},
                   ExistingPython::kKept, "");
  EXPECT_THAT(installation, HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(
      installation,
      HasMessage(AllOf(HasSubstr("CPython 3.12.4 from"),
                       HasSubstr("but the table of builds says " + published.sha256.ToString()),
                       HasSubstr("choose another mirror"))));
  EXPECT_EQ(installation.error().ToString().find("secret"), std::string::npos);
  EXPECT_THAT(Downloads(), IsEmpty());
}

TEST_F(PythonInstallerTest, WithoutANetworkNothingIsMade) {
  is_offline_ = true;
  EXPECT_THAT(Install(filesystem_), HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(Installed(), IsEmpty());
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(PythonInstallerTest, WhereverItFailsItIsThereOrNot) {
  std::uint64_t operation = 1;
  for (bool is_past_the_end = false; !is_past_the_end; ++operation) {
    os::FaultyFileSystem dying(filesystem_);
    dying.FailFrom(operation, Error{.code = ErrorCode::kIo, .message = "the process died"});
    const Result<PythonInstallation> installation = Install(dying);
    is_past_the_end = dying.operation_count() < operation;
    for (const InstalledPython& python : Installed()) {
      EXPECT_THAT(filesystem_.ReadFile(python.directory + "/lib/python3.12/os.py"), IsOk())
          << "after operation " << operation;
      EXPECT_THAT(filesystem_.Stat(python.executable), IsOk()) << "after operation " << operation;
    }
    ASSERT_TRUE(InstallWell() == Outcome::kInstalled || !Installed().empty());
    ASSERT_THAT(os::RemoveTree(filesystem_, layout_.pythons()), IsOk());
    RemoveAbandonedStaging(filesystem_, layout_);
    EXPECT_THAT(Unfinished(), IsEmpty()) << "after operation " << operation;
  }
  EXPECT_GT(operation, 30U);
}

TEST_F(PythonInstallerTest, AFullDiskLeavesNothingBehind) {
  std::uint64_t write = 1;
  for (bool is_past_the_end = false; !is_past_the_end; ++write) {
    os::FaultyFileSystem full(filesystem_);
    full.FillDiskFromWrite(write);
    const Result<PythonInstallation> installation = Install(full);
    is_past_the_end = installation.has_value();
    if (!installation) {
      EXPECT_THAT(installation, HasCode(ErrorCode::kIo)) << "write " << write;
      EXPECT_THAT(Installed(), IsEmpty()) << "write " << write;
    }
    EXPECT_THAT(Downloads(), IsEmpty()) << "write " << write;
    EXPECT_THAT(Unfinished(), IsEmpty()) << "write " << write;
  }
  EXPECT_GT(write, 3U);
}

TEST_F(PythonInstallerTest, InstalledOnesAreListedNewestFirst) {
  for (const char* name : {"cpython-3.9.1+20210103-linux-x86_64", "cpython-3.13.1t+1-linux-x86_64",
                           "cpython-3.13.1+1-linux-x86_64", "cpython-3.10.2+1-linux-x86_64",
                           ".downloads", "something else"}) {
    ASSERT_THAT(os::MakeDirectories(filesystem_, layout_.pythons() + "/" + name), IsOk());
  }
  std::vector<std::string> versions;
  for (const InstalledPython& python : Installed()) {
    versions.push_back(python.version);
  }
  EXPECT_THAT(versions, ::testing::ElementsAre("3.13.1", "3.13.1t", "3.10.2", "3.9.1"));
  EXPECT_TRUE(Installed()[1].Matches(*PythonRequest::Parse("3.13t")));
  EXPECT_FALSE(Installed()[1].Matches(*PythonRequest::Parse("3.13")));
  EXPECT_TRUE(Installed()[3].Matches(*PythonRequest::Parse("<3.10")));
}

TEST_F(PythonInstallerTest, RemovingSaysHowMuchIsFreed) {
  ASSERT_EQ(InstallWell(), Outcome::kInstalled);
  const InstalledPython python = Installed()[0];
  InterpreterProbe probe(filesystem_, processes_, layout_);
  PythonInstaller installer(PartsWith(filesystem_, probe));
  const Result<std::uint64_t> bytes = installer.Remove(python);
  ASSERT_THAT(bytes, IsOk());
  EXPECT_GT(*bytes, 4U);
  EXPECT_THAT(Installed(), IsEmpty());
  EXPECT_THAT(Unfinished(), IsEmpty());
  EXPECT_THAT(installer.Remove(python), HasCode(ErrorCode::kNotFound));
}

}  // namespace
}  // namespace flowstone::install
