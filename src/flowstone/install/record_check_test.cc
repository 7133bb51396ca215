#include "flowstone/install/record_check.h"

#include <string>

#include "flowstone/base/digest.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using testing::HasMessage;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::IsOkAndHolds;

// Hashes of "hello".
constexpr const char* kSha256 = "sha256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
constexpr const char* kSha512 =
    "sha512=m3HSJL1i83hdltRq0-o9czGb-8KJDKra4t_3JRlnPKcjI8PZm6XBHXx6zG4UuMXaDEZjR1wuXDre9G9zvN7AQw";
constexpr const char* kSha384 =
    "sha384=WeF0h3dEjGnea4ANejO7-5_xtGPkQ1TDVTvNucZm-pASWjx5-QOXvfX2oT3oKGhP";

RecordCheck Record(const std::string& text) {
  Result<RecordCheck> check = RecordCheck::Parse(text);
  EXPECT_THAT(check, IsOk());
  return *std::move(check);
}

Result<RecordVerdict> Compared(const RecordCheck& record, const std::string& member,
                               const std::string& bytes) {
  return record.Compare(member, bytes, Digest::Of(bytes));
}

TEST(RecordCheck, TrueHashesAreVerified) {
  const RecordCheck record =
      Record(std::string("a,") + kSha256 + ",5\nb," + kSha384 + ",\nc," + kSha512 + ",\n");
  EXPECT_THAT(Compared(record, "a", "hello"), IsOkAndHolds(RecordVerdict::kVerified));
  EXPECT_THAT(Compared(record, "b", "hello"), IsOkAndHolds(RecordVerdict::kVerified));
  EXPECT_THAT(Compared(record, "c", "hello"), IsOkAndHolds(RecordVerdict::kVerified));
  EXPECT_THAT(Compared(record, "b", "hellO"), HasMessage(HasSubstr("has the sha384")));
}

TEST(RecordCheck, PaddingIsTolerated) {
  const RecordCheck record = Record(std::string("a,") + kSha256 + "=,5\n");
  EXPECT_THAT(Compared(record, "a", "hello"), IsOkAndHolds(RecordVerdict::kVerified));
}

TEST(RecordCheck, ChangedBytesAreNamed) {
  const RecordCheck record = Record(std::string("pkg/a,") + kSha256 + ",5\n");
  EXPECT_THAT(Compared(record, "pkg/a", "hellO"), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(Compared(record, "pkg/a", "hellO"), HasMessage(HasSubstr("pkg/a has the sha256")));
  EXPECT_THAT(Compared(record, "pkg/a", "hello!"), HasMessage(HasSubstr("has 6 bytes")));
}

TEST(RecordCheck, FilesWithoutHashAreUnlisted) {
  const RecordCheck record = Record("a,,5\n");
  EXPECT_THAT(Compared(record, "a", "hello"), IsOkAndHolds(RecordVerdict::kUnlisted));
  EXPECT_THAT(Compared(record, "b", "hello"), IsOkAndHolds(RecordVerdict::kUnlisted));
}

TEST(RecordCheck, WeakHashesAreRefused) {
  EXPECT_THAT(RecordCheck::Parse("a,md5=XUFAKrxLKna5cZ2REBfFkg,5\n"),
              HasMessage(HasSubstr("does not protect")));
}

TEST(RecordCheck, OldWritersPathsAreUnderstood) {
  const RecordCheck record =
      Record(std::string("./a,") + kSha256 + ",5\r\npkg\\b," + kSha256 + ",5\r\n/usr/bin/x,,\r\n");
  EXPECT_THAT(Compared(record, "a", "hello"), IsOkAndHolds(RecordVerdict::kVerified));
  EXPECT_THAT(Compared(record, "pkg/b", "hello"), IsOkAndHolds(RecordVerdict::kVerified));
  EXPECT_THAT(record.warnings(), ::testing::ElementsAre(HasSubstr("/usr/bin/x")));
}

TEST(RecordCheck, MissingFilesAreNamed) {
  const RecordCheck record = Record("a,,\nb,,\ndirectory/,,\n");
  EXPECT_THAT(record.CheckNothingIsMissing([](const std::string&) { return true; }), IsOk());
  EXPECT_THAT(record.CheckNothingIsMissing([](const std::string& path) { return path == "a"; }),
              HasMessage(HasSubstr("lists b")));
}

TEST(RecordCheck, ContradictionIsRefused) {
  EXPECT_THAT(RecordCheck::Parse("a,,1\na,,2\n"), HasMessage(HasSubstr("twice")));
  EXPECT_THAT(RecordCheck::Parse("a,,1\na,,1\n"), IsOk());
}

}  // namespace
}  // namespace flowstone::install
