#include "flowstone/pypi/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::pypi {
namespace {

using ::flowstone::testing::HasCode;
using ::flowstone::testing::HasMessage;
using ::flowstone::testing::IsOkAndHolds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The sha256 of nothing, as RECORD writes it.
constexpr std::string_view kEmptyDigest = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

TEST(Record, ReadsRows) {
  const std::vector<RecordRow> rows =
      *ParseRecord("a.py,sha256=" + std::string(kEmptyDigest) + ",0\r\n\na-1.dist-info/RECORD,,\n");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0], RecordRow::Of("a.py", Digest::Of(""), 0));
  EXPECT_EQ(rows[1], RecordRow{.path = "a-1.dist-info/RECORD"});
}

TEST(Record, ReadsQuotedPaths) {
  const std::vector<RecordRow> rows = *ParseRecord("\"a,\"\"b\"\"\nc.py\",,\nd\"e,,7");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].path, "a,\"b\"\nc.py");
  EXPECT_EQ(rows[1].path, "d\"e");
  EXPECT_EQ(rows[1].size, 7U);
}

TEST(Record, RowsMayBeShort) {
  EXPECT_THAT(ParseRecord("a.py\nb.py,\n"),
              IsOkAndHolds(ElementsAre(RecordRow{.path = "a.py"}, RecordRow{.path = "b.py"})));
}

TEST(Record, ErrorsNameTheLine) {
  EXPECT_THAT(ParseRecord("a,,\nb,,,\n"), HasMessage(HasSubstr("line 2 of RECORD has more than")));
  EXPECT_THAT(ParseRecord("\"a,,\n"), HasMessage(HasSubstr("line 1 of RECORD has a quotation")));
  EXPECT_THAT(ParseRecord("\"x\ny\",,\n,,\n"),
              HasMessage(HasSubstr("line 3 of RECORD has no path")));
  EXPECT_THAT(ParseRecord("a,sha256,1"), HasMessage(HasSubstr("not ALGORITHM=DIGEST")));
  EXPECT_THAT(ParseRecord("a,=00,1"), HasMessage(HasSubstr("not ALGORITHM=DIGEST")));
  EXPECT_THAT(ParseRecord("a,,1k"), HasMessage(HasSubstr("no number")));
}

TEST(Record, DigestsHaveOneSpelling) {
  const Digest digest = Digest::Of("content");
  EXPECT_THAT(RecordRow::Of("a", digest, 7).Sha256(), IsOkAndHolds(digest));
  EXPECT_EQ(RecordRow::Of("a", Digest::Of(""), 0).digest, kEmptyDigest);
  RecordRow row = RecordRow::Of("a", digest, 7);
  row.digest.pop_back();
  EXPECT_THAT(row.Sha256(), HasMessage(HasSubstr("malformed sha256 of 'a'")));
  row = RecordRow::Of("a", Digest::Of(""), 7);
  row.digest.back() = 'V';  // the same bytes, but with a bit set that belongs to none of them
  EXPECT_THAT(row.Sha256(), HasCode(ErrorCode::kInvalid));
  row.algorithm = "md5";
  EXPECT_THAT(row.Sha256(), HasMessage(HasSubstr("no sha256 of 'a'")));
}

TEST(Record, WritesWhatItReads) {
  const std::string text = "\"a,\"\"b\",sha256=" + std::string(kEmptyDigest) + ",0\nc.py,,\n";
  EXPECT_EQ(WriteRecord(*ParseRecord(text)), text);
}

}  // namespace
}  // namespace flowstone::pypi
