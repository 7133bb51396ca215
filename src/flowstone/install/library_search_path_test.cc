#include "flowstone/install/library_search_path.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "flowstone/install/testing/library_image.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

bool Climbs(const std::vector<std::string>& path, const std::string& directory) {
  return ClimbsOut(path, directory, [](const std::string& asked) {
    return asked == "site/numpy.libs" || asked == "site/numpy";
  });
}

TEST(LibrarySearchPath, RunpathIsReadInEveryWordSizeAndByteOrder) {
  for (const std::size_t word : {std::size_t{4}, std::size_t{8}}) {
    for (const ByteOrder order : {ByteOrder::kLittle, ByteOrder::kBig}) {
      EXPECT_THAT(LibrarySearchPath(Library("$ORIGIN/../x:/usr/lib", word, order)),
                  ElementsAre("$ORIGIN/../x", "/usr/lib"));
    }
  }
}

TEST(LibrarySearchPath, OtherFilesHaveNone) {
  EXPECT_THAT(LibrarySearchPath(""), IsEmpty());
  EXPECT_THAT(LibrarySearchPath("import numpy\nprint(numpy.__version__)\n"), IsEmpty());
}

TEST(LibrarySearchPath, EveryTruncationReadsAsNothing) {
  const std::string whole = Library("$ORIGIN/../x");
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_THAT(LibrarySearchPath(whole.substr(0, size)), IsEmpty());
  }
}

TEST(ClimbsOut, WhatTheArchiveHasItselfIsReachedThroughALink) {
  EXPECT_FALSE(Climbs({"$ORIGIN/../../numpy.libs"}, "site/numpy/core"));
  EXPECT_FALSE(Climbs({"${ORIGIN}/.."}, "site/numpy/core"));
  EXPECT_FALSE(Climbs({"$ORIGIN", "$ORIGIN/lib", "/usr/lib"}, "site/numpy/core"));
}

TEST(ClimbsOut, WhatAnotherPackageHasIsNot) {
  EXPECT_TRUE(Climbs({"$ORIGIN", "$ORIGIN/../../nvidia/cublas/lib"}, "site/torch/lib"));
  EXPECT_TRUE(Climbs({"${ORIGIN}/../nvidia"}, "site/numpy"));
}

TEST(ClimbsOut, BeyondTheArchiveIsOut) {
  EXPECT_TRUE(Climbs({"$ORIGIN/../../../.."}, "site/torch/lib"));
}

}  // namespace
}  // namespace flowstone::install
