#include "flowstone/archive/zip_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/archive/zstd.h"
#include "flowstone/base/digest.h"
#include "flowstone/base/text.h"
#include "flowstone/testing/python_oracle.h"
#include "flowstone/testing/result_matchers.h"
#include "flowstone/testing/zip_builder.h"

namespace flowstone::archive {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOk;
using ::flowstone::testing::IsOkAndHolds;
using ::flowstone::testing::PythonOutput;
using ::flowstone::testing::ZipBuilder;
using ::flowstone::testing::ZipDescriptor;
using ::flowstone::testing::ZipEnd;
using ::flowstone::testing::ZipEntry;
using ::flowstone::testing::ZipWidth;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Bytes that are not in memory, as far as the reader knows; counts what was read.
class RemoteSource final : public ByteSource {
 public:
  explicit RemoteSource(std::string_view bytes) : memory_(bytes) {}
  Result<std::uint64_t> Size() override { return memory_.Size(); }
  Result<std::string> ReadAt(std::uint64_t offset, std::size_t length) override {
    ++reads;
    FLOWSTONE_LET(std::string bytes, memory_.ReadAt(offset, length));
    bytes_read += bytes.size();
    return bytes;
  }

  int reads = 0;
  std::size_t bytes_read = 0;

 private:
  MemoryByteSource memory_;
};

// Opens an archive and reads every member, in all three ways.
Status ReadEverything(const std::string& bytes, const ZipLimits& limits = {}) {
  MemoryByteSource source(bytes);
  FLOWSTONE_LET(const ZipReader reader, ZipReader::Open(source, limits));
  for (const ZipMember& member : reader.members()) {
    FLOWSTONE_LET(const std::string whole, reader.Read(member));
    std::string pieces;
    FLOWSTONE_TRY(reader.ReadPieces(member, AppendTo(pieces)));
    EXPECT_EQ(whole, pieces);
  }
  return Ok();
}

Status ReadEverything(const ZipBuilder& zip, const ZipLimits& limits = {}) {
  return ReadEverything(zip.Build(), limits);
}

// An archive with one honest member before the one in question.
ZipBuilder With(ZipEntry entry) {
  ZipBuilder zip;
  zip.Add("honest.txt", "an honest member");
  zip.Add(std::move(entry));
  return zip;
}

ZipBuilder WithEnd(ZipEnd end) {
  ZipBuilder zip;
  zip.Add("a.txt", "a").Add("b.txt", "b").SetEnd(std::move(end));
  return zip;
}

TEST(ZipReader, ReadsMembersOfEveryMethod) {
  const std::string text(100'000, 't');
  ZipBuilder zip;
  for (const auto& [name, method] : std::vector<std::pair<std::string, std::uint16_t>>{
           {"stored", 0}, {"deflate", 8}, {"zstd", 93}}) {
    zip.Add({.name = name, .content = text, .method = method});
    zip.Add({.name = name + "-empty", .content = "", .method = method});
  }
  const std::string bytes = zip.Build();
  MemoryByteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source);
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT(reader->members(), SizeIs(6));
  for (const char* name : {"stored", "deflate", "zstd"}) {
    EXPECT_THAT(reader->Read(*reader->Find(name)), IsOkAndHolds(text)) << name;
  }
  EXPECT_THAT(ReadEverything(bytes), IsOk());
}

TEST(ZipReader, TellsTypeSizeAndMode) {
  ZipBuilder zip;
  zip.AddDirectory("pkg");
  zip.Add({.name = "pkg/tool", .content = "#!", .mode = 0100755});
  zip.Add({.name = "pkg/dos", .content = "x", .mode = 0, .made_by = 0});
  const std::string bytes = zip.Build();
  MemoryByteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source);
  ASSERT_THAT(reader, IsOk());
  EXPECT_EQ(reader->Find("pkg")->type, ZipMemberType::kDirectory);
  const ZipMember* tool = reader->Find("pkg/tool");
  EXPECT_TRUE(tool->executable());
  EXPECT_EQ(tool->size, 2U);
  EXPECT_EQ(reader->Find("pkg/dos")->mode, 0644U);
  EXPECT_EQ(reader->Find("absent"), nullptr);
}

TEST(ZipReader, AnEmptyArchiveHasNoMembers) {
  EXPECT_THAT(ReadEverything(ZipBuilder()), IsOk());
}

TEST(ZipReader, SymbolicLinksAreRegularFiles) {
  const std::string bytes = With({.name = "link", .content = "/etc", .mode = 0120777}).Build();
  MemoryByteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source);
  ASSERT_THAT(reader, IsOk());
  const ZipMember* link = reader->Find("link");
  EXPECT_EQ(link->type, ZipMemberType::kFile);
  EXPECT_EQ(link->mode, 0644U);
  EXPECT_THAT(reader->Read(*link), IsOkAndHolds("/etc"));
}

TEST(ZipReader, DataDescriptorsOfEveryFormAreUnderstood) {
  for (const ZipDescriptor descriptor : {ZipDescriptor::kSigned, ZipDescriptor::kUnsigned}) {
    for (const ZipWidth width : {ZipWidth::k32, ZipWidth::k64}) {
      EXPECT_THAT(
          ReadEverything(With(
              {.name = "x", .content = "some content", .descriptor = descriptor, .width = width})),
          IsOk());
    }
  }
}

TEST(ZipReader, Zip64SizesAndEndsAreUnderstood) {
  ZipBuilder zip = With({.name = "x", .content = "some content", .width = ZipWidth::k64});
  zip.SetEnd({.width = ZipWidth::k64});
  EXPECT_THAT(ReadEverything(zip), IsOk());
}

TEST(ZipReader, ACommentAndPaddingAreAllowed) {
  EXPECT_THAT(ReadEverything(WithEnd({.comment = "hello"})), IsOk());
  EXPECT_THAT(ReadEverything(WithEnd({.trailing = std::string(100, '\0')})), IsOk());
}

TEST(ZipReader, HostileNamesAreRefused) {
  for (const char* name : {"../evil", "/etc/passwd", "a/../../b", "a\\b", "C:/x", "a//b", "./a"}) {
    EXPECT_THAT(ReadEverything(With({.name = name, .content = "x"})), HasCode(ErrorCode::kCorrupt))
        << name;
  }
}

TEST(ZipReader, NamesOfUnknownEncodingAreRefused) {
  const std::string honest = With({.name = "caf\xC3\xA9", .content = "x"}).Build();
  EXPECT_THAT(ReadEverything(honest), IsOk());
  // Without the UTF-8 bit, readers take the name for code page 437.
  std::string lying = honest;
  for (std::size_t at = lying.find("PK\1\2"); at != std::string::npos;
       at = lying.find("PK\1\2", at + 1)) {
    lying[at + 9] = 0;
  }
  EXPECT_THAT(ReadEverything(lying), HasMessage(HasSubstr("encoding")));
}

TEST(ZipReader, ASecondNameIsRefused) {
  std::string extra("\x75\x70\x0a\x00\x01\0\0\0\0", 9);
  extra += "other";
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "x", .extra = extra})),
              HasMessage(HasSubstr("second name")));
}

TEST(ZipReader, DuplicatesAreOneMemberWhenItDoesNotMatterWhichIsTaken) {
  ZipBuilder zip = With({.name = "x", .content = "same", .method = 0});
  zip.Add({.name = "x", .content = "same"});
  const std::string bytes = zip.Build();
  MemoryByteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source);
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT(reader->members(), SizeIs(2));
  EXPECT_THAT(reader->Read(*reader->Find("x")), IsOkAndHolds("same"));
}

TEST(ZipReader, DuplicatesThatDifferAreRefused) {
  const ZipEntry first{.name = "x", .content = "one"};
  for (const ZipEntry& second :
       {ZipEntry{.name = "x", .content = "two"}, ZipEntry{.name = "x", .content = "longer"},
        ZipEntry{.name = "x", .content = "one", .mode = 0100755},
        ZipEntry{.name = "x", .content = "two", .crc32 = libdeflate_crc32(0, "one", 3)}}) {
    ZipBuilder zip = With(first);
    zip.Add(second);
    EXPECT_THAT(ReadEverything(zip), HasCode(ErrorCode::kCorrupt)) << second.content;
  }
  EXPECT_THAT(ReadEverything(With({.name = "honest.txt/", .method = 0, .mode = 040755})),
              HasMessage(HasSubstr("twice")));
}

TEST(ZipReader, AMemberBelowAFileIsRefused) {
  EXPECT_THAT(ReadEverything(With({.name = "honest.txt/below", .content = "x"})),
              HasMessage(HasSubstr("below another member")));
}

TEST(ZipReader, ALyingLocalHeaderIsRefused) {
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .local_name = "y"})),
              HasMessage(HasSubstr("calls it 'y'")));
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .local_crc32 = 1})),
              HasMessage(HasSubstr("disagree")));
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .local_size = 1})),
              HasMessage(HasSubstr("disagree")));
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .local_compressed_size = 1})),
              HasMessage(HasSubstr("disagree")));
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .local_method = 0})),
              HasMessage(HasSubstr("disagree")));
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .local_flags = 8})),
              HasMessage(HasSubstr("disagree")));
}

TEST(ZipReader, AWrongChecksumIsFoundOnReading) {
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .crc32 = 1})),
              HasMessage(AllOf(HasSubstr("'x'"), HasSubstr("checksum"))));
}

TEST(ZipReader, AWrongSizeIsFoundOnReading) {
  for (const std::uint16_t method : {std::uint16_t{8}, std::uint16_t{93}}) {
    for (const std::uint32_t size : {1U, 3U}) {
      EXPECT_THAT(
          ReadEverything(With({.name = "x", .content = "xy", .method = method, .size = size})),
          HasMessage(HasSubstr("damaged")));
    }
  }
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .method = 0, .size = 3})),
              HasMessage(HasSubstr("two sizes differ")));
}

TEST(ZipReader, AZstdMemberIsOneFrame) {
  const std::string skipped("\x50\x2A\x4D\x18\x02\0\0\0??", 10);
  for (const std::string& compressed :
       {ZstdCompress("xy") + ZstdCompress(""), ZstdCompress("x") + ZstdCompress("y"),
        ZstdCompress("xy") + skipped, skipped + ZstdCompress("xy"), skipped}) {
    EXPECT_THAT(ReadEverything(
                    With({.name = "x", .content = "xy", .method = 93, .compressed = compressed})),
                HasMessage(HasSubstr("it is not one zstd frame")));
  }
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "xy", .method = 93})), IsOk());
}

TEST(ZipReader, BytesBehindTheCompressedOnesAreRefused) {
  // An empty deflate block, then rubbish inside the member.
  EXPECT_THAT(ReadEverything(
                  With({.name = "x", .content = "", .compressed = std::string("\3\0rubbish", 9)})),
              HasMessage(HasSubstr("damaged")));
}

TEST(ZipReader, EncryptionAndUnknownMethodsAreRefused) {
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "x", .flags = 1})),
              HasMessage(HasSubstr("encrypted")));
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "x", .method = 12})),
              HasMessage(HasSubstr("method 12")));
}

TEST(ZipReader, ADirectoryWithContentIsRefused) {
  EXPECT_THAT(ReadEverything(With({.name = "d/", .content = "x", .mode = 040755})),
              HasMessage(HasSubstr("directory with content")));
}

TEST(ZipReader, NameAndAttributesMustAgreeOnDirectories) {
  EXPECT_THAT(ReadEverything(With({.name = "d", .content = "", .mode = 040755})),
              HasMessage(HasSubstr("disagree on what it is")));
  EXPECT_THAT(ReadEverything(With({.name = "d/", .content = "", .mode = 0100644})),
              HasMessage(HasSubstr("disagree on what it is")));
}

TEST(ZipReader, GapsAreRefused) {
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "x", .padding_before = "gap"})),
              HasMessage(HasSubstr("bytes behind it")));
  EXPECT_THAT(ReadEverything(WithEnd({.before_directory = "gap"})),
              HasMessage(HasSubstr("bytes behind it")));
  EXPECT_THAT(ReadEverything(WithEnd({.after_directory = "gap"})),
              HasMessage(HasSubstr("directly before its end")));
  ZipBuilder zip;
  zip.Add({.name = "x", .content = "x", .padding_before = "#!/bin/sh\n"});
  EXPECT_THAT(ReadEverything(zip), HasMessage(HasSubstr("before its first member")));
}

TEST(ZipReader, OverlapsAreRefused) {
  // Both entries lead to the same local header.
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "x", .header_offset = 0})),
              HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "x", .header_offset = 5})),
              HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "x", .header_offset = 1'000'000})),
              HasCode(ErrorCode::kCorrupt));
}

TEST(ZipReader, TheEndRecordMustTellTheTruth) {
  EXPECT_THAT(ReadEverything(WithEnd({.entry_count = 1})), HasMessage(HasSubstr("holds more")));
  EXPECT_THAT(ReadEverything(WithEnd({.entry_count = 3})), HasMessage(HasSubstr("fewer")));
  EXPECT_THAT(ReadEverything(WithEnd({.directory_offset = 0})),
              HasMessage(HasSubstr("directly before its end")));
}

TEST(ZipReader, BytesBehindTheEndAreRefused) {
  EXPECT_THAT(ReadEverything(WithEnd({.trailing = "more"})),
              HasMessage(HasSubstr("behind its end")));
}

TEST(ZipReader, TwoEndRecordsAreRefused) {
  const std::string inner = ZipBuilder().Build();  // a mere end record
  EXPECT_THAT(ReadEverything(WithEnd({.comment = inner})),
              HasMessage(HasSubstr("two end records")));
}

TEST(ZipReader, AnArchiveStoredInAnArchiveIsFine) {
  EXPECT_THAT(
      ReadEverything(With({.name = "inner.zip", .content = WithEnd({}).Build(), .method = 0})),
      IsOk());
}

TEST(ZipReader, ACommentOfControlBytesIsRefused) {
  EXPECT_THAT(ReadEverything(WithEnd({.comment = "PK\1\2"})),
              HasMessage(HasSubstr("looks like another archive")));
}

TEST(ZipReader, ContradictingZip64EndsAreRefused) {
  EXPECT_THAT(
      ReadEverything(WithEnd({.width = ZipWidth::k64, .zip64_extensible_data = "extension"})),
      HasMessage(HasSubstr("ZIP64 end record")));
  std::string bytes = WithEnd({.width = ZipWidth::k64}).Build();
  bytes[bytes.size() - 22 + 10] = 5;  // the entry count of the small record
  bytes[bytes.size() - 22 + 11] = 0;
  bytes[bytes.size() - 22 + 8] = 5;
  bytes[bytes.size() - 22 + 9] = 0;
  EXPECT_THAT(ReadEverything(bytes), HasMessage(HasSubstr("contradict")));
}

TEST(ZipReader, EveryTruncationIsRefused) {
  const std::string bytes = WithEnd({}).Build();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(ReadEverything(bytes.substr(0, size)), HasCode(ErrorCode::kCorrupt)) << size;
  }
}

TEST(ZipReader, NoFlippedByteGivesOtherContent) {
  const std::string bytes = WithEnd({}).Build();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string flipped = bytes;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      MemoryByteSource source(flipped);
      const Result<ZipReader> reader = ZipReader::Open(source);
      if (!reader) {
        continue;
      }
      for (const ZipMember& member : reader->members()) {
        const Result<std::string> content = reader->Read(member);
        if (content) {
          EXPECT_TRUE(*content == "a" || *content == "b") << at;
        }
      }
    }
  }
}

TEST(ZipReader, LimitsStopBombsBeforeAnythingIsInflated) {
  const std::string zeros(1'000'000, '\0');
  const ZipBuilder zip = With({.name = "x", .content = zeros});
  EXPECT_THAT(ReadEverything(zip, {.max_members = 1}), HasMessage(HasSubstr("2 members")));
  EXPECT_THAT(ReadEverything(zip, {.max_total_bytes = 999'999}),
              HasMessage(HasSubstr("999999 bytes")));
  EXPECT_THAT(ReadEverything(zip, {.ratio_free_bytes = 1000}),
              HasMessage(HasSubstr("200 times its size")));
  EXPECT_THAT(ReadEverything(zip), IsOk());
}

TEST(ZipReader, AClaimThatDeflateCannotKeepIsRefused) {
  EXPECT_THAT(ReadEverything(With({.name = "x", .content = "x", .size = 4'000'000'000U})),
              HasMessage(HasSubstr("larger than its compressed bytes can hold")));
}

TEST(ZipReader, OneMemberOfARemoteArchiveCostsTwoReads) {
  ZipBuilder zip;
  for (int i = 0; i < 50; ++i) {
    zip.Add(
        {.name = "data/" + std::to_string(i), .content = std::string(10'000, 'x'), .method = 0});
  }
  zip.Add("demo.dist-info/METADATA", "Name: demo\n");
  const std::string bytes = zip.Build();
  RemoteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source, {}, ZipChecks::kNamedMembers);
  ASSERT_THAT(reader, IsOk());
  EXPECT_EQ(source.reads, 1);
  EXPECT_THAT(reader->Read(*reader->Find("demo.dist-info/METADATA")), IsOkAndHolds("Name: demo\n"));
  EXPECT_EQ(source.reads, 2);
  EXPECT_LT(source.bytes_read, 70'000U);
}

TEST(ZipReader, ANamedMembersLieIsFoundWhenItIsRead) {
  const std::string bytes = With({.name = "x", .content = "xy", .local_name = "y"}).Build();
  RemoteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source, {}, ZipChecks::kNamedMembers);
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT(reader->Read(*reader->Find("honest.txt")), IsOk());
  EXPECT_THAT(reader->Read(*reader->Find("x")), HasMessage(HasSubstr("calls it 'y'")));
}

TEST(ZipReader, LongExtraFieldsTakeAnotherRead) {
  std::string extra("\x99\x99\x00\x10", 4);
  extra += std::string(4096, 'e');
  const std::string bytes =
      With({.name = "x", .content = std::string(5000, 'c'), .method = 0, .extra = extra}).Build();
  RemoteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source, {}, ZipChecks::kNamedMembers);
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT(reader->Read(*reader->Find("x")), IsOkAndHolds(std::string(5000, 'c')));
}

TEST(ZipReader, ADirectoryLongerThanTheTailIsFetched) {
  ZipBuilder zip;
  for (int i = 0; i < 1000; ++i) {
    zip.Add({.name = std::to_string(i) + std::string(100, 'n'), .content = "x", .method = 0});
  }
  const std::string bytes = zip.Build();
  RemoteSource source(bytes);
  EXPECT_THAT(ZipReader::Open(source, {}, ZipChecks::kNamedMembers), IsOk());
  EXPECT_EQ(source.reads, 2);
  EXPECT_THAT(ReadEverything(bytes), IsOk());
}

TEST(ZipReader, ArchivesThatPythonWritesAreAccepted) {
  // To a pipe, so with data descriptors; with a member that is forced into ZIP64; both methods.
  const std::string bytes = PythonOutput(R"(
import io, sys, zipfile
class Pipe(io.RawIOBase):
    def writable(self): return True
    def write(self, b): return sys.stdout.buffer.write(b)
with zipfile.ZipFile(Pipe(), "w") as z:
    z.writestr("plain.txt", "stored")
    z.writestr("deflated.txt", "d" * 1000, compress_type=zipfile.ZIP_DEFLATED)
    with z.open("wide.txt", "w", force_zip64=True) as f:
        f.write(b"wide")
    z.writestr(zipfile.ZipInfo("dir/"), "")
    z.writestr("caf\u00e9.txt", "name")
    z.comment = b"made by python"
)",
                                         "");
  EXPECT_THAT(ReadEverything(bytes), IsOk());
  MemoryByteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source);
  ASSERT_THAT(reader, IsOk());
  EXPECT_THAT(reader->Read(*reader->Find("wide.txt")), IsOkAndHolds("wide"));
  EXPECT_THAT(reader->Read(*reader->Find("deflated.txt")), IsOkAndHolds(std::string(1000, 'd')));
}

// An archive, changed at random in a way that readers might not agree on.
std::string Mutated(std::string bytes, std::mt19937& random) {
  const auto below = [&](std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
  };
  for (std::size_t change = below(3) + 1; change > 0; --change) {
    const std::size_t at = below(bytes.size() - 8);
    switch (below(5)) {
      case 0:  // another byte
        bytes[at] = static_cast<char>(below(256));
        break;
      case 1:  // a field with a telling value
        bytes.replace(at, 2, std::string(2, below(2) == 0 ? '\0' : '\xFF'));
        break;
      case 2:  // a byte more
        bytes.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 3:  // a part twice
        bytes.insert(at, bytes.substr(below(bytes.size()), below(60)));
        break;
      default:  // a part less
        bytes.erase(at, below(6));
        break;
    }
  }
  return bytes;
}

// "name size\n" and the content of every member, by name; nothing when the archive is refused.
std::optional<std::string> ContentText(const std::string& bytes) {
  MemoryByteSource source(bytes);
  const Result<ZipReader> reader = ZipReader::Open(source);
  std::map<std::string, std::string> contents;
  for (const ZipMember& member : reader ? reader->members() : std::vector<ZipMember>()) {
    Result<std::string> content = reader->Read(member);
    if (!content) {
      return std::nullopt;
    }
    const bool is_directory = member.type == ZipMemberType::kDirectory;
    contents[member.name + (is_directory ? "/" : "")] = *std::move(content);
  }
  std::string text;
  for (const auto& [name, content] : contents) {
    text.append(name).append(" ").append(std::to_string(content.size())).append("\n");
    text += content;
  }
  return reader ? std::optional(text) : std::nullopt;
}

TEST(ZipReader, WhatIsAcceptedPythonReadsAlike) {
  std::mt19937 random(20261);  // NOLINT(cert-msc51-cpp,cert-msc32-c): the same archives each time
  const std::vector<std::string> archives = {
      With({.name = "dir/x.py", .content = "content"}).AddDirectory("dir").Build(),
      With({.name = "x", .content = "xyz", .descriptor = ZipDescriptor::kSigned}).Build(),
      With({.name = "x", .content = "xyz", .width = ZipWidth::k64}).Build(),
      With({.name = "x", .content = "twin", .method = 0}).Add("x", "twin").Build(),
      WithEnd({.comment = "a comment", .width = ZipWidth::k64}).Build()};
  std::string accepted;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 20'000; ++i) {
    const std::string bytes = Mutated(archives[i % archives.size()], random);
    if (const std::optional<std::string> text = ContentText(bytes)) {
      accepted.append(std::to_string(bytes.size())).append("\n").append(bytes);
      expected.push_back(Digest::Of(*text).ToString());
    }
  }
  const std::string answer = PythonOutput(R"(
import hashlib, io, sys, zipfile
while size := sys.stdin.buffer.readline():
    data = sys.stdin.buffer.read(int(size))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except NotImplementedError:  # wants a later version of the format
        print("refused")
        continue
    members = {name: archive.read(name) for name in archive.namelist()}
    text = b"".join(b"%s %d\n%s" % (n.encode(), len(members[n]), members[n]) for n in sorted(members))
    print(hashlib.sha256(text).hexdigest())
)",
                                          accepted);
  const std::vector<std::string_view> lines = SplitLines(answer);
  ASSERT_EQ(lines.size(), expected.size()) << answer.substr(0, 500);
  std::size_t same = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // A reader that refuses an archive is not deceived by it.
    EXPECT_TRUE(lines[i] == expected[i] || lines[i] == "refused") << "archive " << i;
    same += lines[i] == expected[i] ? 1 : 0;
  }
  EXPECT_GT(same, 500U);
}

TEST(ZipBuilder, PythonReadsWhatItMakes) {
  ZipBuilder zip;
  zip.Add("a.txt", "one")
      .AddDirectory("d")
      .Add({.name = "d/b",
            .content = "two",
            .descriptor = ZipDescriptor::kSigned,
            .width = ZipWidth::k64});
  EXPECT_EQ(PythonOutput("import io,sys,zipfile\n"
                         "z=zipfile.ZipFile(io.BytesIO(sys.stdin.buffer.read()))\n"
                         "assert z.testzip() is None\n"
                         "print(z.namelist(), z.read('d/b'))",
                         zip.Build()),
            "['a.txt', 'd/', 'd/b'] b'two'\n");
}

}  // namespace
}  // namespace flowstone::archive
