#include "flowstone/install/doctor.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "flowstone/install/environment_record.h"
#include "flowstone/install/testing/cache_fixture.h"
#include "flowstone/os/private_layer.h"
#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;

class DoctorTest : public CacheFixture {
 protected:
  // What is said about the first subject that starts so.
  Diagnosis Find(const std::string& subject, Depth depth = Depth::kQuick) {
    for (Diagnosis& diagnosis : Diagnose(filesystem_, layout_, depth)) {
      if (diagnosis.subject.starts_with(subject)) {
        return std::move(diagnosis);
      }
    }
    ADD_FAILURE() << "nothing about " << subject;
    return {};
  }
  WheelArtifact AddWheel() {
    WheelBuilder builder("demo", "1.0");
    builder.Add("demo.py", "x = 1\n");
    WheelArtifact wheel = LocalWheel(builder);
    EXPECT_THAT(
        ArchiveCache(filesystem_, layout_).Add(wheel.location, wheel.file_name, wheel.digest),
        IsOk());
    return wheel;
  }
};

TEST_F(DoctorTest, AHealthyCacheIsGood) {
  AddWheel();
  for (const Diagnosis& diagnosis : Diagnose(filesystem_, layout_, Depth::kThorough)) {
    if (diagnosis.subject == "link mode overlay") {
      continue;  // a matter of the machine
    }
    EXPECT_EQ(diagnosis.health, Health::kGood) << diagnosis.subject << ": " << diagnosis.finding;
    EXPECT_THAT(diagnosis.fix, IsEmpty());
  }
  EXPECT_THAT(Unfinished(), IsEmpty());
}

TEST_F(DoctorTest, WhetherThereArePrivateLayersIsSaid) {
  const Diagnosis diagnosis = Find("link mode overlay");
  const Status possible = os::ProbePrivateLayer(layout_.environments());
  EXPECT_EQ(diagnosis.health, possible ? Health::kGood : Health::kWarning);
  EXPECT_THAT(diagnosis.finding,
              HasSubstr(possible ? "can have a private layer" : possible.error().message));
  EXPECT_EQ(diagnosis.fix.empty(), possible.has_value());
}

TEST_F(DoctorTest, ACacheThatCannotBeWrittenIsBad) {
  WriteFile("home", "a file is in the way");
  const Diagnosis diagnosis = Find("cache directory");
  EXPECT_EQ(diagnosis.health, Health::kBad);
  EXPECT_THAT(diagnosis.fix, HasSubstr("FLOWSTONE_HOME"));
}

TEST_F(DoctorTest, AnIncompleteArchiveIsNamedWithItsFix) {
  const std::string directory = layout_.ArchiveDirectory(AddWheel().digest);
  ASSERT_THAT(filesystem_.RemoveFile(directory + "/site/demo.py"), IsOk());
  const Diagnosis diagnosis = Find("archive ");
  EXPECT_EQ(diagnosis.health, Health::kBad);
  EXPECT_THAT(diagnosis.finding, HasSubstr("demo.py is missing"));
  EXPECT_THAT(diagnosis.fix, HasSubstr(directory));
}

TEST_F(DoctorTest, ChangedBytesAreFoundWhenLookedForThoroughly) {
  const std::string directory = layout_.ArchiveDirectory(AddWheel().digest);
  ASSERT_THAT(os::ReplaceFile(filesystem_, directory + "/site/demo.py", "x = 2\n", 0444), IsOk());
  for (const char* path : {"/site/demo.py", "/site"}) {  // as if it had happened before
    ASSERT_THAT(filesystem_.SetModifiedTime(directory + path, 0), IsOk());
  }
  EXPECT_EQ(Find("archive").health, Health::kGood);
  EXPECT_EQ(Find("archive ", Depth::kThorough).health, Health::kBad);
}

TEST_F(DoctorTest, AnEnvironmentWithoutItsInterpreterIsNamed) {
  const Digest id = Digest::Of("environment");
  EnvironmentRecord record;
  record.id = id;
  record.interpreter = "/nowhere/python3";
  const std::string directory = layout_.EnvironmentDirectory(id);
  ASSERT_THAT(os::MakeDirectories(filesystem_, directory), IsOk());
  ASSERT_THAT(
      os::ReplaceFile(filesystem_, directory + "/" + kEnvironmentRecordName, record.Serialize()),
      IsOk());
  const Diagnosis diagnosis = Find("environment ");
  EXPECT_EQ(diagnosis.health, Health::kWarning);
  EXPECT_THAT(diagnosis.finding, HasSubstr("/nowhere/python3 is gone"));
  EXPECT_THAT(diagnosis.fix, Not(IsEmpty()));
}

}  // namespace
}  // namespace flowstone::install
