#include "flowstone/cli/lock_report.h"

#include <gtest/gtest.h>

#include <string>

#include "flowstone/lock/lock_diff.h"
#include "flowstone/pypi/name.h"

namespace flowstone::cli {
namespace {

lock::PackageDifference ChangedNumpy() {
  return {.name = *pypi::Name::Parse("numpy"),
          .change = lock::PackageChange::kChanged,
          .before = "1.0",
          .after = "2.0"};
}

TEST(LockReport, AChangeHasItsFactsAndItsCauses) {
  lock::LockDifference difference{.inputs = {"cut-off (none) -> 2026-11-01"}};
  difference.packages.push_back(ChangedNumpy());
  difference.packages.back().facts = {"marker: always -> os_name == \"nt\""};
  difference.packages.back().causes = {"a newer release"};
  EXPECT_EQ(DifferenceText(difference),
            "input    cut-off (none) -> 2026-11-01\n"
            "changed  numpy 1.0 -> 2.0\n"
            "             marker: always -> os_name == \"nt\"\n"
            "         because: a newer release\n");
}

TEST(LockReport, ManyFilesAreCounted) {
  lock::LockDifference difference;
  difference.packages.push_back(ChangedNumpy());
  for (const char* file : {"a", "b", "c", "d", "e"}) {
    difference.packages.back().facts.push_back(std::string("file added: ") + file);
  }
  difference.packages.back().facts.emplace_back("file removed: z");
  EXPECT_EQ(DifferenceText(difference),
            "changed  numpy 1.0 -> 2.0\n"
            "             file added: a\n"
            "             file added: b\n"
            "             file added: c\n"
            "             file removed: z\n"
            "             file added: 2 more\n");
}

}  // namespace
}  // namespace flowstone::cli
