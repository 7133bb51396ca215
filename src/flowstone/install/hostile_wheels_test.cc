// A corpus of wheels that were made to deceive, each by a generator of its own: what is refused
// names the wheel and the member and leaves nothing behind, and what is accepted is accepted by a
// rule.
#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/install/archive_cache.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/testing/result_matchers.h"
#include "flowstone/testing/zip_builder.h"

namespace flowstone::install {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::HasMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::IsOkAndHolds;
using testing::ZipBuilder;
using testing::ZipDescriptor;
using testing::ZipEnd;
using testing::ZipEntry;
using testing::ZipWidth;

constexpr const char* kFileName = "demo-1.0-py3-none-any.whl";

// A wheel of three members, to which the hostile ones are added; RECORD lists no file, which is
// allowed and keeps it out of the way.
ZipBuilder PlainWheel() {
  ZipBuilder zip;
  zip.Add("demo-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n");
  zip.Add("demo-1.0.dist-info/WHEEL",
          "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  zip.Add("demo-1.0.dist-info/RECORD", "demo-1.0.dist-info/RECORD,,\n");
  return zip;
}

std::string With(ZipEntry entry) {
  return PlainWheel().Add(std::move(entry)).Build();
}

std::string Named(const std::string& name) {
  return With({.name = name, .content = "boo"});
}

std::string Twice(ZipEntry first, ZipEntry second) {
  return PlainWheel().Add(std::move(first)).Add(std::move(second)).Build();
}

std::string Ended(ZipEnd end) {
  return PlainWheel().Add("demo/a.py", "a").SetEnd(std::move(end)).Build();
}

WheelBuilder Demo() {
  return WheelBuilder("demo", "1.0");
}

std::string EntryPoint(const std::string& line) {
  return Demo().SetEntryPoints("[console_scripts]\n" + line + "\n").Build();
}

// `bytes` with the first `from` replaced.
std::string Altered(std::string bytes, const std::string& from, const std::string& to) {
  bytes.replace(bytes.find(from), from.size(), to);
  return bytes;
}

struct HostileWheel {
  const char* name;
  std::string bytes;
  const char* said;  // part of the message
};
std::ostream& operator<<(std::ostream& out, const HostileWheel& wheel) {
  return out << wheel.name;
}

std::vector<HostileWheel> HostileNames() {
  return {
      {"Climbs", Named("../evil.py"), "'../evil.py' is refused: it has a '.' or '..' component"},
      {"ClimbsFromWithin", Named("demo/../../evil.py"), "'demo/../../evil.py' is refused"},
      {"Absolute", Named("/tmp/evil.py"), "'/tmp/evil.py' is refused: it is absolute"},
      {"Backslash", Named("demo\\..\\evil.py"), "it has a backslash"},
      {"Drive", Named("C:/evil.py"), "'C:/evil.py' is refused: it starts with a drive"},
      {"Nul", Named(std::string("demo/a\0.py", 10)), "'demo/a\\x00.py' is refused"},
      {"ControlCharacter", Named("demo/a\x1b[31m.py"), "it has control characters"},
      {"TurnsTextAround", Named("demo/\xE2\x80\xAEyp.a"), "it has control characters"},
      {"Empty", Named(""), "it is empty"},
      {"EmptyComponent", Named("demo//a.py"), "it has an empty component"},
      {"BadUtf8", Named("demo/\xFF.py"), "it is not UTF-8"},
      {"UnknownEncoding",
       With({.name = "demo/\xC3\xA9.py", .content = "x", .flags = 0, .local_flags = 0}),
       "disagree on how it is written"},
      {"EndsWithSpace", Named("demo/a.py "), "ends with a space or a dot"},
      {"EndsWithDot", Named("demo./a.py"), "'demo./a.py' has a name that ends with"},
      {"TooLong", Named("demo/" + std::string(300, 'a')), "more than 255 bytes"},
      {"TooDeep",
       Named(
           "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/"
           "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/b"),
       "deeper than 64"},
      {"SecondName",
       With({.name = "demo/a.py",
             .content = "x",
             .extra = std::string("\x75\x70\x0a\0\1\0\0\0\0", 9) + "other"}),
       "'demo/a.py' is refused: it has a second name"},
  };
}

std::vector<HostileWheel> ContradictoryZips() {
  const ZipEntry member{.name = "demo/a.py", .content = "abc"};
  const auto lying = [&](auto change) {
    ZipEntry entry = member;
    change(entry);
    return With(std::move(entry));
  };
  return {
      {"LocalName", lying([](ZipEntry& e) { e.local_name = "demo/b.py"; }),
       "'demo/a.py' is refused: its local header calls it 'demo/b.py'"},
      {"LocalSize", lying([](ZipEntry& e) { e.local_size = 2; }), "'demo/a.py' is refused"},
      {"LocalCompressedSize", lying([](ZipEntry& e) { e.local_compressed_size = 1; }),
       "its two headers disagree"},
      {"LocalChecksum", lying([](ZipEntry& e) { e.local_crc32 = 1; }), "its two headers disagree"},
      {"LocalMethod", lying([](ZipEntry& e) { e.local_method = 0; }), "its two headers disagree"},
      {"Overlap", lying([](ZipEntry& e) { e.header_offset = 0; }), "is refused"},
      {"PointsBehindTheEnd", lying([](ZipEntry& e) { e.header_offset = 1U << 30U; }),
       "it lies behind the members"},
      {"WrongChecksum", lying([](ZipEntry& e) { e.crc32 = 1; }),
       "'demo/a.py' is refused: its checksum does not match"},
      {"Encrypted", lying([](ZipEntry& e) { e.flags = 1; }), "it is encrypted"},
      {"StronglyEncrypted", lying([](ZipEntry& e) { e.flags = 1U << 13U; }), "it is encrypted"},
      {"Lzma", lying([](ZipEntry& e) { e.method = 14; }), "its compression method 14"},
      {"Bzip2", lying([](ZipEntry& e) { e.method = 12; }), "its compression method 12"},
      {"Gap", lying([](ZipEntry& e) { e.padding_before = "hidden"; }), "there are bytes behind it"},
      {"DescriptorThatDisagrees",
       Altered(lying([](ZipEntry& e) { e.descriptor = ZipDescriptor::kSigned; }),
               std::string("PK\7\10", 4), std::string("PK\7\11", 4)),
       "what is behind it is no descriptor of it"},
      {"Zip64SizeTwice", lying([](ZipEntry& e) {
         e.extra = std::string("\1\0\x10\0\x09\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0", 20);
       }),
       "its ZIP64 field contradicts its header"},
      {"ExtraFieldOverruns", lying([](ZipEntry& e) { e.extra = std::string("\x99\x99\xff\0", 4); }),
       "an extra field overruns its header"},
      {"Bomb", lying([](ZipEntry& e) { e.size = 4'000'000'000U; }),
       "it is larger than its compressed bytes can hold"},
      {"TwiceDifferently", Twice(member, {.name = "demo/a.py", .content = "abd"}),
       "'demo/a.py' is refused: it is there twice, differently"},
      {"FileAndDirectory", Twice(member, {.name = "demo/a.py/b.py", .content = "x"}),
       "it is below another member that is a file"},
      {"NamedDirectoryWithContent", With({.name = "demo/", .content = "x", .mode = 040755}),
       "it is a directory with content"},
  };
}

std::vector<HostileWheel> ContradictoryEnds() {
  return {
      {"TrailingBytes", Ended({.trailing = "#!/bin/sh"}), "there are bytes behind its end"},
      {"LeadingBytes",
       ZipBuilder().Add({.name = "a", .content = "x", .padding_before = "#!/bin/sh\n"}).Build(),
       "there are bytes before its first member"},
      {"AnotherEndInTheComment", Ended({.comment = ZipBuilder().Build()}), "two end records"},
      {"AnotherArchiveInTheComment", Ended({.comment = "PK\1\2"}), "looks like another archive"},
      {"FewerEntries", Ended({.entry_count = 2}), "holds more than its end record says"},
      {"MoreEntries", Ended({.entry_count = 9}), "fewer entries than its end record says"},
      {"DirectoryElsewhere", Ended({.directory_offset = 1}), "directly before its end"},
      {"HiddenBeforeTheDirectory", Ended({.before_directory = "hidden"}), "bytes behind it"},
      {"HiddenBehindTheDirectory", Ended({.after_directory = "hidden"}), "directly before its end"},
      {"ExtensibleData", Ended({.width = ZipWidth::k64, .zip64_extensible_data = "extension"}),
       "ZIP64 end record"},
      {"MultiDisk", Altered(Ended({}), std::string("PK\5\6\0\0", 6), std::string("PK\5\6\1\0", 6)),
       "it is one part of several"},
      {"Truncated", Ended({}).substr(0, 200), "there is no end record"},
      {"NoZip", "<html>log in</html>", "there is no end record"},
  };
}

std::vector<HostileWheel> ForeignMetadata() {
  return {
      {"NoDistInfo", ZipBuilder().Add("demo/a.py", "x").Build(), "has no .dist-info directory"},
      {"TwoDistInfos", Named("other-1.0.dist-info/METADATA"), "several .dist-info directories"},
      {"DistInfoOfAnother",
       ZipBuilder().Add("other-1.0.dist-info/METADATA", "Name: other\n").Build(),
       "contains other-1.0.dist-info"},
      {"MetadataOfAnother", Demo().SetMetadata("Name: other\nVersion: 1.0\n").Build(),
       "its METADATA says other 1.0"},
      {"MetadataOfAnotherVersion", Demo().SetMetadata("Name: demo\nVersion: 2.0\n").Build(),
       "its METADATA says demo 2.0"},
      {"FutureWheel", Demo().SetWheelFile("Wheel-Version: 2.0\n").Build(), "format version 2.0"},
      {"WheelWithoutVersion", Demo().SetWheelFile("Generator: x\n").Build(),
       "no valid Wheel-Version"},
      {"UnknownScheme", Demo().Add("demo-1.0.data/boot/x", "x").Build(), "unknown scheme \"boot\""},
      {"NoScheme", Demo().Add("demo-1.0.data/x", "x").Build(), "outside any scheme"},
      {"ReplacesTheInterpreter", Demo().Add("demo-1.0.data/scripts/Python3", "x").Build(),
       "script Python3 would stand in for an interpreter"},
      {"ReplacesTheInterpreterByData", Demo().Add("demo-1.0.data/data/bin/python", "x").Build(),
       "would replace a part of the environment"},
      {"ReplacesTheConfiguration", Demo().Add("demo-1.0.data/data/PyVenv.cfg", "x").Build(),
       "PyVenv.cfg would replace a part of the environment"},
      {"WritesIntoTheLibrary",
       Demo().Add("demo-1.0.data/data/lib/python3.11/site-packages/evil.pth", "import os").Build(),
       "would replace a part of the environment"},
      {"TwoFilesForOnePlace",
       Demo().Add("demo/a.py", "x").Add("demo-1.0.data/purelib/demo/a.py", "y").Build(),
       "two files for site/demo/a.py"},
      {"EntryPointClimbs", EntryPoint("../../evil = demo:main"),
       "'../../evil' cannot be the name of a script"},
      {"EntryPointIsDots", EntryPoint(".. = demo:main"), "'..' cannot be the name of a script"},
      {"EntryPointIsAnInterpreter", EntryPoint("python3.11 = demo:main"),
       "entry point python3.11 would stand in for an interpreter"},
      {"EntryPointInjectsCode", EntryPoint("demo = demo:main;__import__('os')"),
       "is not a reference to a Python object"},
      {"EntryPointInjectsAModule", EntryPoint("demo = os;evil:main"),
       "is not a reference to a Python object"},
  };
}

std::vector<HostileWheel> LyingRecords() {
  const std::string other_hash = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
  const auto listing = [](const std::string& line) {
    return Demo().AddUnlisted("demo/a.py", "abc").AddRecordLine(line).Build();
  };
  return {
      {"RecordHash", listing("demo/a.py," + other_hash + ",3"), "demo/a.py has the sha256"},
      {"RecordSize", listing("demo/a.py,,4"), "demo/a.py has 3 bytes, but RECORD says 4"},
      {"RecordWeakHash", listing("demo/a.py,md5=kAFQmDzST7DWlj99KOF_cg,3"),
       "hashes demo/a.py with md5"},
      {"RecordTwice", listing("demo/a.py,,3\ndemo/a.py,,4"), "lists demo/a.py twice, differently"},
      {"RecordMissing", listing("demo/gone.py,,"), "RECORD lists demo/gone.py"},
      {"RecordUnreadable", listing("\"demo/a.py"), "RECORD cannot be read"},
  };
}

class HostileWheelTest : public CacheFixture, public ::testing::WithParamInterface<HostileWheel> {
 protected:
  HostileWheelTest() : cache_(filesystem_, layout_) {}

  Result<ArchivePlan> Unpack(const std::string& bytes) {
    return cache_.Add(WriteFile("wheel", bytes), kFileName, Digest::Of(bytes));
  }
  // What lies beside the cache: a file there has escaped.
  std::vector<std::string> Beside() {
    std::vector<std::string> names;
    const auto entries = filesystem_.ListDirectory(home_.path());
    for (const os::DirectoryEntry& entry : *entries) {
      names.push_back(entry.name);
    }
    return names;
  }

  ArchiveCache cache_;
};

TEST_P(HostileWheelTest, IsRefusedByNameAndLeavesNothing) {
  const Result<ArchivePlan> plan = Unpack(GetParam().bytes);
  ASSERT_FALSE(plan.has_value());
  EXPECT_TRUE(plan.error().code == ErrorCode::kCorrupt || plan.error().code == ErrorCode::kInvalid);
  EXPECT_THAT(plan, HasMessage(AllOf(HasSubstr(GetParam().said),
                                     HasSubstr("while unpacking " + std::string(kFileName)),
                                     HasSubstr("exclude this version or have it built"))));
  EXPECT_THAT(cache_.List(), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(Unfinished(), IsEmpty());
  EXPECT_THAT(Beside(), ElementsAre("home", "wheel"));
}

const auto kNameOfHostileWheel = [](const ::testing::TestParamInfo<HostileWheel>& info) {
  return std::string(info.param.name);
};
INSTANTIATE_TEST_SUITE_P(Names, HostileWheelTest, ::testing::ValuesIn(HostileNames()),
                         kNameOfHostileWheel);
INSTANTIATE_TEST_SUITE_P(Zips, HostileWheelTest, ::testing::ValuesIn(ContradictoryZips()),
                         kNameOfHostileWheel);
INSTANTIATE_TEST_SUITE_P(Ends, HostileWheelTest, ::testing::ValuesIn(ContradictoryEnds()),
                         kNameOfHostileWheel);
INSTANTIATE_TEST_SUITE_P(Metadata, HostileWheelTest, ::testing::ValuesIn(ForeignMetadata()),
                         kNameOfHostileWheel);
INSTANTIATE_TEST_SUITE_P(Records, HostileWheelTest, ::testing::ValuesIn(LyingRecords()),
                         kNameOfHostileWheel);

// What is odd and does no harm.
class OddWheelTest : public HostileWheelTest {};

TEST_F(OddWheelTest, LinksAndDevicesAreRegularFiles) {
  for (const std::uint32_t mode : {0120777U, 0020666U, 0060666U, 0010666U, 0140777U}) {
    const std::string bytes = With({.name = "demo/odd", .content = "/etc/passwd", .mode = mode});
    ASSERT_THAT(Unpack(bytes), IsOk());
    const std::string path = layout_.ArchiveDirectory(Digest::Of(bytes)) + "/site/demo/odd";
    EXPECT_EQ(filesystem_.Lstat(path)->type, os::FileType::kFile);
    EXPECT_EQ(filesystem_.Lstat(path)->mode & 07777U, 0444U);
  }
}

TEST_F(OddWheelTest, SpecialBitsAreDropped) {
  const std::string bytes = With({.name = "demo/run", .content = "x", .mode = 0106755});
  ASSERT_THAT(Unpack(bytes), IsOk());
  const std::string path = layout_.ArchiveDirectory(Digest::Of(bytes)) + "/site/demo/run";
  EXPECT_EQ(filesystem_.Lstat(path)->mode & 07777U, 0555U);
}

TEST_F(OddWheelTest, TheSameFileTwiceIsOneFile) {
  const auto plan = Unpack(Twice({.name = "demo/a.py", .content = "abc"},
                                 {.name = "demo/a.py", .content = "abc", .method = 0}));
  ASSERT_THAT(plan, IsOk());
  // It, the four of the dist-info directory, and five where it is requested.
  EXPECT_EQ(plan->FileCount(), 10U);
}

TEST_F(OddWheelTest, NamesThatDifferInCaseAreTwoFilesWithAWarning) {
  const auto plan = Unpack(
      Twice({.name = "demo/A.py", .content = "abc"}, {.name = "demo/a.py", .content = "abd"}));
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->warnings,
              Contains(HasSubstr("site/demo/A.py and site/demo/a.py differ only in case")));
}

TEST_F(OddWheelTest, ZstandardAndEveryDescriptorAreUnderstood) {
  const auto plan = Unpack(Twice({.name = "demo/a.py", .content = "abc", .method = 93},
                                 {.name = "demo/b.py",
                                  .content = "abd",
                                  .descriptor = ZipDescriptor::kSigned,
                                  .width = ZipWidth::k64}));
  EXPECT_THAT(plan, IsOk());
}

TEST_F(OddWheelTest, AProgramCalledActivateIsWarnedAbout) {
  EXPECT_THAT(Unpack(EntryPoint("activate-this = demo:main"))->warnings,
              Contains(HasSubstr("a program bin/activate-this, as virtual environments do")));
  EXPECT_THAT(Unpack(Demo().Add("demo-1.0.data/scripts/Activate", "x").Build())->warnings,
              Contains(HasSubstr("a program bin/Activate, as virtual environments do")));
}

TEST_F(OddWheelTest, WhatRecordSaysOfItselfIsNotLookedAt) {
  ZipBuilder zip;
  zip.Add("demo-1.0.dist-info/METADATA", "Name: demo\nVersion: 1.0\n");
  zip.Add("demo-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n");
  zip.Add("demo-1.0.dist-info/RECORD", "demo-1.0.dist-info/RECORD,sha256=abc,3\n");
  const auto plan = Unpack(zip.Build());
  EXPECT_THAT(plan, IsOk());
}

TEST_F(OddWheelTest, WhatRecordDoesNotListIsKeptWithAWarning) {
  const auto plan = Unpack(Named("demo/a.py"));
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->warnings, Contains("RECORD has no hash of demo/a.py"));
}

TEST_F(OddWheelTest, RowsOutsideTheWheelAreLeftOutWithAWarning) {
  const auto plan = Unpack(Demo().AddRecordLine("../../../bin/tool,,").Build());
  ASSERT_THAT(plan, IsOk());
  EXPECT_THAT(plan->warnings, Contains(HasSubstr("../../../bin/tool, which is outside the wheel")));
}

}  // namespace
}  // namespace flowstone::install
