// LockTree: who needs whom in a lock: what `tree` and `why` print.
//
// A lock for several environments may have a package in several versions, each with the marker of
// the environments that it is for; all of them are shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "flowstone/lock/lock.h"
#include "flowstone/pypi/name.h"

namespace flowstone::cli {

// Which way the branches go.
enum class TreeDirection : std::uint8_t {
  kNeeds,     // from what was asked for to what that needs
  kNeededBy,  // from what needs nothing to what was asked for
};

struct TreeOptions {
  TreeDirection direction = TreeDirection::kNeeds;
  std::optional<std::size_t> depth = {};  // levels below the roots; none: all
};

// One way from what was asked for to a package.
struct Chain {
  std::vector<const lock::LockedPackage*> packages;  // the one asked for first
  std::vector<lock::LockedWish> wishes;              // who asks for that, as far as it is recorded
};

class LockTree {
 public:
  // `lock` outlives this.
  explicit LockTree(const lock::Lock& lock);

  // The packages and what they need, indented. A package that was opened before is not opened
  // again.
  std::string Text(const TreeOptions& options) const;
  // The same for programs: a JSON array of packages.
  std::string Json() const;
  // A shortest way from each package that was asked for; of every version of the package.
  std::vector<Chain> ChainsTo(const pypi::Name& name) const;
  // Those of the lock's constraints and overrides that are about the package.
  std::vector<lock::LockedWish> RestrictionsOf(const pypi::Name& name) const;

 private:
  using Package = const lock::LockedPackage*;

  std::vector<Package> Meant(const lock::LockedDependency& dependency) const;
  std::vector<Package> Roots() const;
  std::vector<lock::LockedWish> WishesFor(const pypi::Name& name) const;
  void PrintBranch(Package package, std::size_t level, const TreeOptions& options,
                   std::set<Package>& opened, std::string& text) const;

  const lock::Lock& lock_;
  std::map<Package, std::vector<Package>> needs_;
  std::map<Package, std::vector<Package>> needed_by_;
};

// "numpy 2.1.0", and the environments that it is for when the lock is for others too.
std::string TitleOf(const lock::LockedPackage& package);
// "alpha>=1 (step train, requirements.txt:3)".
std::string WishText(const lock::LockedWish& wish);

}  // namespace flowstone::cli
