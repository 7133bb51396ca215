#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "flowstone/archive/tar_format.h"
#include "flowstone/archive/tar_reader.h"
#include "flowstone/archive/tar_writer.h"
#include "flowstone/testing/python_oracle.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::archive {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::flowstone::testing::PythonOutput;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Read {
  TarMember member;
  std::string data;
};

Result<std::vector<Read>> ReadAll(const std::string& bytes, const TarLimits& limits = {}) {
  MemoryByteSource source(bytes);
  SourceStream stream(source);
  TarReader reader(stream, limits);
  std::vector<Read> all;
  while (true) {
    FLOWSTONE_LET(std::optional<TarMember> member, reader.Next());
    if (!member) {
      return all;
    }
    FLOWSTONE_LET(std::string data, reader.ReadData());
    all.push_back({.member = std::move(*member), .data = std::move(data)});
  }
}

std::vector<std::string> Paths(const Result<std::vector<Read>>& all) {
  std::vector<std::string> paths;
  EXPECT_THAT(all, IsOk());
  if (all) {
    for (const Read& read : *all) {
      paths.push_back(read.member.path);
    }
  }
  return paths;
}

// Archives that python's tarfile writes: each body adds members with add(name, data, **fields).
// One interpreter writes them all; each is preceded by its length in eight digits.
std::vector<std::string> PythonTars(const std::vector<std::string>& bodies,
                                    const std::string& format = "PAX") {
  std::string script =
      "import io, sys, tarfile\n"
      "def add(name, data=b'', **fields):\n"
      "    i = tarfile.TarInfo(name)\n"
      "    i.size = len(data)\n"
      "    for k, v in fields.items(): setattr(i, k, v)\n"
      "    t.addfile(i, io.BytesIO(data))\n";
  for (const std::string& body : bodies) {
    script += "out = io.BytesIO()\nt = tarfile.open(fileobj=out, mode='w', format=tarfile.";
    script += format;
    script += "_FORMAT)\n";
    script += body;
    script +=
        "\nt.close()\nsize = len(out.getvalue())\n"
        "sys.stdout.buffer.write(b'%08d' % size + out.getvalue())\n";
  }
  const std::string output = PythonOutput(script, "");
  std::vector<std::string> archives;
  for (std::size_t at = 0; archives.size() < bodies.size() && at + 8 < output.size();) {
    const auto size =
        static_cast<std::size_t>(std::strtoull(output.substr(at, 8).c_str(), nullptr, 10));
    archives.push_back(output.substr(at + 8, size));
    at += 8 + size;
  }
  EXPECT_EQ(archives.size(), bodies.size()) << output;
  archives.resize(bodies.size());
  return archives;
}

std::string PythonTar(const std::string& body, const std::string& format = "PAX") {
  return PythonTars({body}, format).front();
}

// What python's tarfile says about an archive.
std::string PythonList(const std::string& bytes) {
  return PythonOutput(
      "import io, sys, tarfile\n"
      "t = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))\n"
      "for m in t:\n"
      "    data = t.extractfile(m).read() if m.isreg() else b''\n"
      "    print(m.name, m.type.decode(), oct(m.mode), m.uid, m.gid, m.mtime, m.linkname, data)\n",
      bytes);
}

std::string Written(const std::function<void(TarWriter&)>& add, std::int64_t mtime = 0) {
  std::string bytes;
  TarWriter writer(AppendTo(bytes), mtime);
  add(writer);
  EXPECT_THAT(writer.Finish(), IsOk());
  return bytes;
}

TEST(TarWriter, PythonReadsWhatItWrites) {
  const std::string bytes = Written(
      [](TarWriter& writer) {
        EXPECT_THAT(writer.AddDirectory("pkg"), IsOk());
        EXPECT_THAT(writer.AddFile("pkg/a.py", "x = 1\n"), IsOk());
        EXPECT_THAT(writer.AddFile("pkg/tool", "#!", TarFileMode::kExecutable), IsOk());
        EXPECT_THAT(writer.AddSymlink("pkg/link", "a.py"), IsOk());
      },
      1'700'000'000);
  EXPECT_EQ(PythonList(bytes),
            "pkg 5 0o755 0 0 1700000000  b''\n"
            "pkg/a.py 0 0o644 0 0 1700000000  b'x = 1\\n'\n"
            "pkg/tool 0 0o755 0 0 1700000000  b'#!'\n"
            "pkg/link 2 0o777 0 0 1700000000 a.py b''\n");
}

TEST(TarWriter, NamesThatDoNotFitGetAPaxHeader) {
  const std::string splits = std::string(90, 'a') + "/" + std::string(90, 'b');
  const std::string too_long = std::string(200, 'c') + "/" + std::string(200, 'd');
  const std::string target = std::string(150, 't');
  const std::string bytes = Written([&](TarWriter& writer) {
    EXPECT_THAT(writer.AddFile(splits, "1"), IsOk());
    EXPECT_THAT(writer.AddFile(too_long, "2"), IsOk());
    EXPECT_THAT(writer.AddFile("caf\xC3\xA9", "3"), IsOk());
    EXPECT_THAT(writer.AddSymlink("link", target), IsOk());
    EXPECT_THAT(writer.AddDirectory(std::string(100, 'e')), IsOk());
  });
  EXPECT_EQ(PythonList(bytes), splits + " 0 0o644 0 0 0  b'1'\n" + too_long +
                                   " 0 0o644 0 0 0  b'2'\ncaf\xC3\xA9 0 0o644 0 0 0  b'3'\n" +
                                   "link 2 0o777 0 0 0 " + target + " b''\n" +
                                   std::string(100, 'e') + " 5 0o755 0 0 0  b''\n");
  EXPECT_THAT(Paths(ReadAll(bytes)),
              ElementsAre(splits, too_long, "caf\xC3\xA9", "link", std::string(100, 'e')));
}

TEST(TarWriter, AnOrdinaryMemberIsOneBlockAndItsData) {
  EXPECT_EQ(
      Written([](TarWriter& writer) { EXPECT_THAT(writer.AddFile("a", "x"), IsOk()); }).size(),
      4 * kTarBlock);
}

TEST(TarWriter, EightGibibytesGetAPaxSize) {
  std::string bytes;
  TarWriter writer(AppendTo(bytes));
  ASSERT_THAT(writer.BeginFile("big", std::uint64_t{8} << 30U, TarFileMode::kRegular), IsOk());
  EXPECT_THAT(bytes, HasSubstr("19 size=8589934592\n"));
}

TEST(TarWriter, PiecesMustAddUpToTheAnnouncedSize) {
  std::string bytes;
  TarWriter writer(AppendTo(bytes));
  ASSERT_THAT(writer.BeginFile("a", 4, TarFileMode::kRegular), IsOk());
  EXPECT_THAT(writer.Append("ab"), IsOk());
  EXPECT_THAT(writer.Finish(), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(writer.Append("cde"), HasCode(ErrorCode::kInvalid));
  EXPECT_THAT(writer.Append("cd"), IsOk());
  EXPECT_THAT(writer.Finish(), IsOk());
  EXPECT_EQ(bytes.size(), 4 * kTarBlock);
}

TEST(TarWriter, HostilePathsAreRefused) {
  std::string bytes;
  TarWriter writer(AppendTo(bytes));
  EXPECT_THAT(writer.AddFile("../a", ""), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(writer.AddSymlink("a", "/etc"), HasCode(ErrorCode::kCorrupt));
}

TEST(TarReader, ReadsBackWhatTheWriterWrote) {
  const Result<std::vector<Read>> all = ReadAll(Written([](TarWriter& writer) {
    EXPECT_THAT(writer.AddDirectory("pkg"), IsOk());
    EXPECT_THAT(writer.AddFile("pkg/tool", std::string(1000, 'x'), TarFileMode::kExecutable),
                IsOk());
    EXPECT_THAT(writer.AddFile("pkg/empty", ""), IsOk());
    EXPECT_THAT(writer.AddSymlink("pkg/link", "../pkg/tool"), IsOk());
  }));
  EXPECT_THAT(Paths(all), ElementsAre("pkg", "pkg/tool", "pkg/empty", "pkg/link"));
  EXPECT_EQ((*all)[0].member.type, TarMemberType::kDirectory);
  EXPECT_EQ((*all)[1].data, std::string(1000, 'x'));
  EXPECT_EQ((*all)[1].member.mode, 0755U);
  EXPECT_EQ((*all)[2].member.mode, 0644U);
  EXPECT_EQ((*all)[3].member.link_target, "../pkg/tool");
}

TEST(TarReader, DataThatIsNotReadIsSkipped) {
  const std::string bytes = Written([](TarWriter& writer) {
    EXPECT_THAT(writer.AddFile("a", std::string(3000, 'x')), IsOk());
    EXPECT_THAT(writer.AddFile("b", "y"), IsOk());
  });
  MemoryByteSource source(bytes);
  SourceStream stream(source);
  TarReader reader(stream);
  ASSERT_THAT(reader.Next(), IsOk());
  const Result<std::optional<TarMember>> second = reader.Next();
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ((*second)->path, "b");
  EXPECT_THAT(reader.ReadData(), IsOkAndHolds("y"));
}

TEST(TarReader, ReadsWhatPythonWritesInEveryFormat) {
  const std::string long_name = std::string(120, 'a') + "/" + std::string(120, 'b');
  const std::string body = "add('" + long_name + "', b'long')\nadd('link', type=b'2', linkname='" +
                           std::string(150, 't') +
                           "')\nadd('caf\\u00e9', b'utf8', mtime=12.5)\n"
                           "add('hard', type=b'1', linkname='caf\\u00e9')";
  for (const char* format : {"PAX", "GNU"}) {
    const Result<std::vector<Read>> all = ReadAll(PythonTar(body, format));
    ASSERT_THAT(Paths(all), ElementsAre(long_name, "link", "caf\xC3\xA9", "hard")) << format;
    EXPECT_EQ((*all)[0].data, "long");
    EXPECT_EQ((*all)[1].member.link_target, std::string(150, 't'));
    EXPECT_EQ((*all)[2].data, "utf8");
    EXPECT_EQ((*all)[2].member.mtime, 12);
    EXPECT_EQ((*all)[3].member.type, TarMemberType::kHardLink);
    EXPECT_EQ((*all)[3].member.link_target, "caf\xC3\xA9");
  }
  EXPECT_THAT(Paths(ReadAll(PythonTar("add('a'*90 + '/' + 'b'*90)", "USTAR"))),
              ElementsAre(std::string(90, 'a') + "/" + std::string(90, 'b')));
}

TEST(TarReader, LeadingDotsAreDropped) {
  EXPECT_THAT(Paths(ReadAll(PythonTar("add('./', type=b'5')\nadd('./a', b'x')\nadd('b//c')"))),
              ElementsAre("a", "b/c"));
}

TEST(TarReader, ModesAndOwnersAreFiltered) {
  const Result<std::vector<Read>> all =
      ReadAll(PythonTar("add('suid', mode=0o4777, uid=7)\nadd('open', mode=0o666)\n"
                        "add('dir', type=b'5', mode=0o1777)"));
  ASSERT_THAT(all, IsOk());
  EXPECT_EQ((*all)[0].member.mode, 0755U);
  EXPECT_EQ((*all)[1].member.mode, 0644U);
  EXPECT_EQ((*all)[2].member.mode, 0755U);
}

TEST(TarReader, HostileMembersAreRefused) {
  const std::vector<std::string> bodies = {
      "add('../evil')", "add('/etc/passwd')", "add('a/../../b')",
      "add('a', type=b'2', linkname='../x')", "add('a', type=b'2', linkname='/etc')",
      "add('a', type=b'1', linkname='/etc/passwd')", "add('a', type=b'1', linkname='nowhere')",
      "add('dev', type=b'3')", "add('dev', type=b'4')", "add('fifo', type=b'6')",
      // through a link, onto a link, onto a file
      "add('d', type=b'2', linkname='.')\nadd('d/x')",
      "add('a', type=b'2', linkname='b')\nadd('a')", "add('a')\nadd('a')", "add('a')\nadd('a/b')",
      // a hard link to a symbolic link
      "add('s', type=b'2', linkname='x')\nadd('h', type=b'1', linkname='s')"};
  const std::vector<std::string> archives = PythonTars(bodies);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    EXPECT_THAT(ReadAll(archives[i]), HasCode(ErrorCode::kCorrupt)) << bodies[i];
    EXPECT_THAT(ReadAll(archives[i]), HasMessage(HasSubstr("is refused"))) << bodies[i];
  }
}

TEST(TarReader, ADirectoryMayComeTwice) {
  EXPECT_THAT(Paths(ReadAll(PythonTar("add('d', type=b'5')\nadd('d/a')\nadd('d', type=b'5')"))),
              ElementsAre("d", "d/a", "d"));
}

TEST(TarReader, LimitsHold) {
  const std::string bytes = PythonTar("add('a', b'1234')\nadd('b', b'1234')");
  EXPECT_THAT(ReadAll(bytes, {.max_members = 1}), HasMessage(HasSubstr("members")));
  EXPECT_THAT(ReadAll(bytes, {.max_total_bytes = 7}), HasMessage(HasSubstr("7 bytes")));
  EXPECT_THAT(ReadAll(bytes, {.max_members = 2, .max_total_bytes = 8}), IsOk());
}

TEST(TarReader, HeadersWithoutMembersAreBoundedToo) {
  const std::string global = PythonTar("add('pax', b'10 path=x\\n', type=b'g')\nadd('a')");
  EXPECT_THAT(Paths(ReadAll(global)), ElementsAre("x"));
  std::string headers;
  for (int i = 0; i < 5; ++i) {
    headers += global.substr(0, 2 * kTarBlock);
  }
  EXPECT_THAT(ReadAll(headers, {.max_members = 1}), HasMessage(HasSubstr("members")));
}

TEST(TarReader, PaxRecordsMustHaveTheirLength) {
  for (const char* record : {"99 path=x\\n", "5 path=x\\n", "path=x\\n", "9 pathx\\n\\n"}) {
    EXPECT_THAT(
        ReadAll(PythonTar("add('pax', b'" + std::string(record) + "', type=b'x')\nadd('a')")),
        HasMessage(HasSubstr("pax record")))
        << record;
  }
}

TEST(TarReader, DamageIsFound) {
  const std::string bytes =
      Written([](TarWriter& writer) { EXPECT_THAT(writer.AddFile("a", "data"), IsOk()); });
  EXPECT_THAT(ReadAll(""), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(ReadAll(bytes.substr(0, 100)), HasMessage(HasSubstr("in a header")));
  EXPECT_THAT(ReadAll(bytes.substr(0, 700)), HasMessage(HasSubstr("in the data")));
  std::string flipped = bytes;
  flipped[0] ^= 1;
  EXPECT_THAT(ReadAll(flipped), HasMessage(HasSubstr("checksum")));
}

TEST(TarReader, AMissingEndMarkIsForgiven) {
  const std::string bytes =
      Written([](TarWriter& writer) { EXPECT_THAT(writer.AddFile("a", "data"), IsOk()); });
  EXPECT_THAT(Paths(ReadAll(bytes.substr(0, 2 * kTarBlock))), ElementsAre("a"));
}

}  // namespace
}  // namespace flowstone::archive
