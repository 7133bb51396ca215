#include "flowstone/install/environment_record.h"

#include <string>

#include "flowstone/testing/golden.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;
using testing::IsOkAndHolds;

EnvironmentRecord Sample() {
  return {.id = Digest::Of("id"),
          .interpreter = "/usr/bin/python3.11",
          .interpreter_stamp = {.size = 7, .modified_ns = -1, .device = 2, .inode = 3},
          .interpreter_identity = Digest::Of("python"),
          .python_version = "3.11.7",
          .site_packages = "lib/python3.11/site-packages",
          .link_mode = LinkMode::kSymlink,
          .packages = {{.name = "demo", .version = "1.0", .wheel = Digest::Of("wheel")}}};
}

TEST(EnvironmentRecord, ReadsWhatItWrote) {
  EXPECT_THAT(EnvironmentRecord::Parse(Sample().Serialize()), IsOkAndHolds(Sample()));
}

TEST(EnvironmentRecord, FormatIsThatOfTheGoldenFile) {
  testing::ExpectGolden("install/environment_record_v1_1.json", Sample().Serialize());
  EXPECT_THAT(EnvironmentRecord::Parse(testing::ReadGolden("install/environment_record_v1_1.json")),
              IsOkAndHolds(Sample()));
}

TEST(EnvironmentRecord, OlderOnesAreOfHardLinks) {
  EnvironmentRecord older = Sample();
  older.link_mode = LinkMode::kHardlink;
  EXPECT_THAT(EnvironmentRecord::Parse(testing::ReadGolden("install/environment_record_v1.json")),
              IsOkAndHolds(older));
}

TEST(EnvironmentRecord, DamageIsNoticed) {
  const std::string text = Sample().Serialize();
  EXPECT_THAT(EnvironmentRecord::Parse(""), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(EnvironmentRecord::Parse(text.substr(0, text.size() / 2)),
              HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(EnvironmentRecord::Parse("{\"format\": 1}"), HasCode(ErrorCode::kCorrupt));
  EXPECT_THAT(EnvironmentRecord::Parse("{\"format\": 2}"), HasCode(ErrorCode::kCorrupt));
}

}  // namespace
}  // namespace flowstone::install
