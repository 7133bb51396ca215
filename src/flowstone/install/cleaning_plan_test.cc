#include "flowstone/install/cleaning_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "flowstone/testing/result_matchers.h"

namespace flowstone::install {
namespace {

using ::testing::ElementsAre;
using testing::HasCode;
using ::testing::IsEmpty;
using testing::IsOkAndHolds;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// A cache that is told: things with a name, an age and a size.
class CleaningPlanTest : public ::testing::Test {
 protected:
  std::size_t Add(CacheKind kind, const std::string& path, std::int64_t last_used,
                  std::uint64_t bytes, std::vector<std::string> needs = {}) {
    inventory_.items.push_back({.kind = kind,
                                .path = path,
                                .last_used_ns = last_used,
                                .own_bytes = bytes,
                                .linked = {},
                                .needs = std::move(needs)});
    KindUsage& usage = inventory_.kinds.at(static_cast<std::size_t>(kind));
    usage.bytes += bytes;
    ++usage.items;
    return inventory_.items.size() - 1;
  }
  // A file of `links` names, of which these items have one each.
  void Share(std::uint64_t bytes, std::uint64_t links, const std::vector<std::size_t>& items) {
    for (const std::size_t item : items) {
      inventory_.items[item].linked.push_back(inventory_.linked_files.size());
    }
    inventory_.linked_files.push_back({.bytes = bytes, .links = links, .links_here = items.size()});
  }
  std::vector<std::string> Going(const CleaningWish& wish = {}) {
    std::vector<std::string> paths;
    for (const std::size_t i : PlanCleaning(inventory_, wish).going) {
      paths.push_back(inventory_.items[i].path);
    }
    return paths;
  }

  CacheInventory inventory_;
};

TEST_F(CleaningPlanTest, WithoutLimitsEverythingGoesThatNobodyUses) {
  Add(CacheKind::kPackages, "numpy", 5, 10);
  Add(CacheKind::kEnvironments, "env", 5, 1, {"numpy"});
  Add(CacheKind::kIndex, "pages", 5, 1);
  EXPECT_THAT(Going(), ElementsAre("env", "numpy", "pages"));
}

TEST_F(CleaningPlanTest, PythonsAndWhatIsNotOursStay) {
  Add(CacheKind::kPythons, "cpython", 0, 10);
  Add(CacheKind::kOther, "notes", 0, 10);
  EXPECT_THAT(Going(), IsEmpty());
  EXPECT_THAT(PlanCleaning(inventory_, {}).kept, IsEmpty());
}

TEST_F(CleaningPlanTest, WhatIsInUseStaysWithAllThatItNeeds) {
  Add(CacheKind::kPackages, "numpy", 5, 10);
  Add(CacheKind::kPackages, "pandas", 5, 10);
  const std::size_t used = Add(CacheKind::kEnvironments, "used", 5, 1, {"numpy"});
  Add(CacheKind::kEnvironments, "idle", 5, 1, {"numpy", "pandas"});
  inventory_.items[used].obstacle = "in use by process 42 (python)";
  EXPECT_THAT(Going(), ElementsAre("idle", "pandas"));
  EXPECT_THAT(PlanCleaning(inventory_, {}).kept,
              UnorderedElementsAre(Pair(used, "in use by process 42 (python)"),
                                   Pair(0, "part of an environment that stays")));
}

TEST_F(CleaningPlanTest, ByAgeAnArchiveIsAsOldAsTheLastUseOfItsEnvironments) {
  Add(CacheKind::kPackages, "old", 1, 10);
  Add(CacheKind::kPackages, "young", 1, 10);
  Add(CacheKind::kEnvironments, "idle", 5, 1, {"old"});
  Add(CacheKind::kEnvironments, "used", 50, 1, {"young"});
  EXPECT_THAT(Going({.unused_since_ns = 10}), ElementsAre("idle", "old"));
  EXPECT_THAT(Going({.unused_since_ns = 3}), IsEmpty());
}

TEST_F(CleaningPlanTest, LeftoversGoWhateverTheirAge) {
  Add(CacheKind::kDamaged, "damaged", 99, 10);
  Add(CacheKind::kTemporary, "half made", 99, 10);
  Add(CacheKind::kDownloads, "half fetched", 99, 10);
  EXPECT_THAT(Going({.unused_since_ns = 10}), ElementsAre("damaged", "half made"));
}

TEST_F(CleaningPlanTest, OnlyTheKindsThatWereAskedFor) {
  Add(CacheKind::kPackages, "numpy", 1, 10);
  Add(CacheKind::kDamaged, "damaged", 1, 10);
  Add(CacheKind::kIndex, "pages", 1, 10);
  EXPECT_THAT(Going({.kinds = {CacheKind::kIndex}}), ElementsAre("pages"));
}

TEST_F(CleaningPlanTest, BySizeWhatWasNotUsedForLongestGoesFirst) {
  Add(CacheKind::kPackages, "of the old one", 1, 100);
  Add(CacheKind::kPackages, "of the new one", 1, 100);
  Add(CacheKind::kEnvironments, "new", 9, 10, {"of the new one"});
  Add(CacheKind::kEnvironments, "old", 5, 10, {"of the old one"});
  Add(CacheKind::kDownloads, "half fetched", 7, 10);
  EXPECT_THAT(Going({.max_bytes = 230}), IsEmpty());
  EXPECT_THAT(Going({.max_bytes = 229}), ElementsAre("old"));
  EXPECT_THAT(Going({.max_bytes = 200}), ElementsAre("old", "of the old one"));
  EXPECT_THAT(Going({.max_bytes = 0}),
              ElementsAre("old", "of the old one", "half fetched", "new", "of the new one"));
}

TEST_F(CleaningPlanTest, ByBothLimitsTheOldGoesAndThenAsMuchAsIsTooMuch) {
  Add(CacheKind::kBuilds, "a", 1, 10);
  Add(CacheKind::kBuilds, "b", 2, 10);
  Add(CacheKind::kBuilds, "c", 3, 10);
  EXPECT_THAT(Going({.unused_since_ns = 2, .max_bytes = 25}), ElementsAre("a"));
  EXPECT_THAT(Going({.unused_since_ns = 2, .max_bytes = 10}), ElementsAre("a", "b"));
}

TEST_F(CleaningPlanTest, WhatIsKeptIsToldWhenALimitWouldHaveItGo) {
  const std::size_t used = Add(CacheKind::kBuilds, "used", 5, 10);
  inventory_.items[used].obstacle = "in use by process 42 (python)";
  EXPECT_THAT(PlanCleaning(inventory_, {.max_bytes = 10}).kept, IsEmpty());
  EXPECT_THAT(PlanCleaning(inventory_, {.unused_since_ns = 5}).kept, IsEmpty());
  EXPECT_THAT(PlanCleaning(inventory_, {.max_bytes = 9}).kept.size(), 1);
  EXPECT_THAT(PlanCleaning(inventory_, {.unused_since_ns = 6}).kept.size(), 1);
}

TEST_F(CleaningPlanTest, AFileIsFreedWithItsLastName) {
  const std::size_t archive = Add(CacheKind::kPackages, "numpy", 1, 4);
  const std::size_t compiled = Add(CacheKind::kBytecode, "numpy with bytecode", 9, 4);
  Share(100, 2, {archive, compiled});
  const CleaningPlan one = PlanCleaning(inventory_, {.unused_since_ns = 5});
  EXPECT_THAT(one.going, ElementsAre(archive));
  EXPECT_EQ(one.freed, 4);
  const CleaningPlan both = PlanCleaning(inventory_, {});
  EXPECT_EQ(both.freed, 108);
  EXPECT_EQ(both.gone, 108);
}

TEST_F(CleaningPlanTest, AFileWithANameOutsideIsGoneAndNotFreed) {
  Share(100, 2, {Add(CacheKind::kPackages, "numpy", 1, 4)});
  const CleaningPlan plan = PlanCleaning(inventory_, {});
  EXPECT_EQ(plan.gone, 104);
  EXPECT_EQ(plan.freed, 4);
}

TEST(ByteSizeTest, UnitsAreThoseThatPeopleWrite) {
  EXPECT_THAT(ParseByteSize("4096"), IsOkAndHolds(4096));
  EXPECT_THAT(ParseByteSize("20GiB"), IsOkAndHolds(std::uint64_t{20} << 30U));
  EXPECT_THAT(ParseByteSize("1.5 g"), IsOkAndHolds(std::uint64_t{3} << 29U));
  EXPECT_THAT(ParseByteSize("500 MB"), IsOkAndHolds(500'000'000));
  EXPECT_THAT(ParseByteSize("0"), IsOkAndHolds(0));
}

TEST(ByteSizeTest, AnythingElseIsRefused) {
  for (const char* text : {"", "GiB", "-1", "1 parsec", "1e3", "9999999TB", "0x10", "nan", "inf"}) {
    EXPECT_THAT(ParseByteSize(text), HasCode(ErrorCode::kInvalid)) << text;
  }
}

}  // namespace
}  // namespace flowstone::install
