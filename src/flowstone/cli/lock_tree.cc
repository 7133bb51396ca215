#include "flowstone/cli/lock_tree.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::cli {

using lock::LockedDependency;
using lock::LockedPackage;
using lock::LockedWish;

std::string TitleOf(const LockedPackage& package) {
  std::string title = package.name.ToString();
  if (package.version) {
    title += " " + package.version->ToString();
  }
  return package.marker.is_always() ? title : title + "  ; " + package.marker.ToString();
}

std::string WishText(const LockedWish& wish) {
  return wish.origins.empty() ? wish.text : wish.text + " (" + JoinText(wish.origins, ", ") + ")";
}

LockTree::LockTree(const lock::Lock& lock) : lock_(lock) {
  for (const LockedPackage& package : lock.packages) {
    std::vector<Package>& needs = needs_[&package];
    for (const LockedDependency& dependency : package.dependencies) {
      for (const Package needed : Meant(dependency)) {
        needs.push_back(needed);
        needed_by_[needed].push_back(&package);
      }
    }
  }
}

std::vector<LockTree::Package> LockTree::Meant(const LockedDependency& dependency) const {
  std::vector<Package> meant;
  for (const LockedPackage& package : lock_.packages) {
    const bool is_version = !dependency.version || package.version == dependency.version;
    if (package.name == dependency.name && is_version) {
      meant.push_back(&package);
    }
  }
  return meant;
}

// The packages asked for by name, or else those that nothing in the lock needs.
std::vector<LockTree::Package> LockTree::Roots() const {
  const bool is_recorded = lock_.tool && !lock_.tool->requested.empty();
  std::vector<Package> roots;
  for (const LockedPackage& package : lock_.packages) {
    const bool is_root = is_recorded ? std::ranges::find(lock_.tool->requested, package.name) !=
                                           lock_.tool->requested.end()
                                     : !needed_by_.contains(&package);
    if (is_root) {
      roots.push_back(&package);
    }
  }
  return roots;
}

namespace {

std::vector<LockedWish> WishesAbout(const pypi::Name& name, const std::vector<LockedWish>& wishes) {
  std::vector<LockedWish> about;
  for (const LockedWish& wish : wishes) {
    const Result<pypi::Requirement> requirement = pypi::Requirement::Parse(wish.text);
    if (requirement && requirement->name == name) {
      about.push_back(wish);
    }
  }
  return about;
}

}  // namespace

std::vector<LockedWish> LockTree::WishesFor(const pypi::Name& name) const {
  return lock_.tool ? WishesAbout(name, lock_.tool->requirements) : std::vector<LockedWish>();
}

std::vector<LockedWish> LockTree::RestrictionsOf(const pypi::Name& name) const {
  if (!lock_.tool) {
    return {};
  }
  std::vector<LockedWish> restrictions = WishesAbout(name, lock_.tool->constraints);
  std::ranges::move(WishesAbout(name, lock_.tool->overrides), std::back_inserter(restrictions));
  return restrictions;
}

void LockTree::PrintBranch(Package package, std::size_t level, const TreeOptions& options,
                           std::set<Package>& opened, std::string& text) const {
  const auto& edges = options.direction == TreeDirection::kNeeds ? needs_ : needed_by_;
  const auto found = edges.find(package);
  const bool is_leaf = found == edges.end() || found->second.empty();
  const bool is_cut = options.depth && level >= *options.depth;
  const bool is_known = !is_cut && !opened.insert(package).second;
  text += std::string(4 * level, ' ') + TitleOf(*package) +
          (is_known && !is_leaf ? " (above)" : "") + "\n";
  if (is_known || is_leaf || is_cut) {
    return;
  }
  for (const Package next : found->second) {
    PrintBranch(next, level + 1, options, opened, text);
  }
}

std::string LockTree::Text(const TreeOptions& options) const {
  std::string text;
  std::set<Package> opened;
  if (options.direction == TreeDirection::kNeeds) {
    for (const Package root : Roots()) {
      PrintBranch(root, 0, options, opened, text);
    }
    return text;
  }
  for (const LockedPackage& package : lock_.packages) {
    if (needs_.at(&package).empty()) {
      PrintBranch(&package, 0, options, opened, text);
    }
  }
  return text;
}

std::string LockTree::Json() const {
  nlohmann::json json = nlohmann::json::array();
  for (const LockedPackage& package : lock_.packages) {
    std::vector<std::string> needs;
    needs.reserve(package.dependencies.size());
    for (const LockedDependency& dependency : package.dependencies) {
      needs.push_back(dependency.name.ToString());
    }
    json.push_back({{"name", package.name.ToString()},
                    {"version", package.version ? package.version->ToString() : ""},
                    {"marker", package.marker.is_always() ? "" : package.marker.ToString()},
                    {"dependencies", needs}});
  }
  return json.dump(2);
}

std::vector<Chain> LockTree::ChainsTo(const pypi::Name& name) const {
  std::vector<Chain> chains;
  for (const Package root : Roots()) {
    // Breadth first; from whom each package was reached.
    std::map<Package, Package> reached = {{root, nullptr}};
    std::deque<Package> queue = {root};
    while (!queue.empty()) {
      const Package package = queue.front();
      queue.pop_front();
      if (package->name == name) {
        Chain chain{.packages = {}, .wishes = WishesFor(root->name)};
        for (Package link = package; link != nullptr; link = reached.at(link)) {
          chain.packages.insert(chain.packages.begin(), link);
        }
        chains.push_back(std::move(chain));
      }
      for (const Package next : needs_.at(package)) {
        if (reached.emplace(next, package).second) {
          queue.push_back(next);
        }
      }
    }
  }
  return chains;
}

}  // namespace flowstone::cli
