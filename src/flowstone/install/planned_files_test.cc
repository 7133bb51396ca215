#include "flowstone/install/planned_files.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using testing::HasCode;

PlannedFile FileCalled(const std::string& name) {
  return {.name = name, .size = name.size(), .digest = Digest::Of(name), .mode = 0444};
}

std::vector<std::string> NamesOf(const PlannedFiles& files) {
  std::vector<std::string> names;
  for (const PlannedFile& file : files) {
    names.push_back(file.name);
  }
  return names;
}

TEST(PlannedFiles, AreThoseThatWereGivenSortedByName) {
  PlannedFile program = FileCalled("tool");
  program.mode = 0555;
  program.origin = FileOrigin::kGenerated;
  const PlannedFiles files = {program, FileCalled("a.py")};
  EXPECT_THAT(files.ToVector(), ::testing::ElementsAre(FileCalled("a.py"), program));
  EXPECT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1], program);
  EXPECT_TRUE(files.Has("tool"));
  EXPECT_FALSE(files.Has("too"));
  EXPECT_TRUE(PlannedFiles().empty());
  EXPECT_THAT(NamesOf(PlannedFiles()), ::testing::IsEmpty());
}

TEST(PlannedFiles, TakeAndLoseSingleOnes) {
  PlannedFiles files = {FileCalled("a"), FileCalled("c")};
  const PlannedFiles copy = files;
  files.Add(FileCalled("b"));
  EXPECT_THAT(NamesOf(files), ::testing::ElementsAre("a", "b", "c"));
  files.Remove("a");
  files.Remove("nothing");
  EXPECT_THAT(NamesOf(files), ::testing::ElementsAre("b", "c"));
  EXPECT_THAT(NamesOf(copy), ::testing::ElementsAre("a", "c"));
}

TEST(PlannedFiles, OutliveWhatTheyWereReadFrom) {
  PlanWriter writer;
  PlannedFiles({FileCalled("a"), FileCalled("b")}).Write(writer);
  writer.Text("behind");
  auto text = std::make_shared<const std::string>(writer.Finish());
  PlanReader reader(*text);
  Result<PlannedFiles> files = PlannedFiles::Read(reader, text);
  EXPECT_EQ(reader.TakeText(), "behind");
  text.reset();
  ASSERT_TRUE(files);
  EXPECT_EQ(*files, PlannedFiles({FileCalled("b"), FileCalled("a")}));
}

TEST(PlannedFiles, EveryTruncationIsNoticed) {
  PlanWriter writer;
  PlannedFiles({FileCalled("a"), FileCalled("b")}).Write(writer);
  const std::string whole = writer.Finish();
  for (std::size_t length = 4; length < whole.size(); ++length) {
    const auto text = std::make_shared<const std::string>(whole.substr(0, length));
    PlanReader reader(*text);
    const Result<PlannedFiles> files = PlannedFiles::Read(reader, text);
    EXPECT_TRUE(!files || reader.is_cut_off()) << length;
  }
}

}  // namespace
}  // namespace flowstone::install
