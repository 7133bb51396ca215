#include "flowstone/lock/lock_diff.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::lock {
namespace {

using Entries = std::vector<const LockedPackage*>;

std::map<pypi::Name, Entries> ByName(const Lock& lock) {
  std::map<pypi::Name, Entries> packages;
  for (const LockedPackage& package : lock.packages) {
    packages[package.name].push_back(&package);
  }
  return packages;
}

std::string Joined(const std::set<std::string>& texts) {
  return JoinText(std::vector<std::string>(texts.begin(), texts.end()), ", ");
}

std::string VersionsOf(const Entries& entries) {
  std::set<pypi::Version> versions;
  for (const LockedPackage* entry : entries) {
    if (entry->version) {
      versions.insert(*entry->version);
    }
  }
  std::vector<std::string> texts;
  texts.reserve(versions.size());
  for (const pypi::Version& version : versions) {
    texts.push_back(version.ToString());
  }
  return JoinText(texts, ", ");
}

// Version → marker.
std::map<std::string, std::string> MarkersOf(const Entries& entries) {
  std::map<std::string, std::string> markers;
  for (const LockedPackage* entry : entries) {
    markers.emplace(entry->version ? entry->version->ToString() : "",
                    entry->marker.is_always() ? "always" : entry->marker.ToString());
  }
  return markers;
}

std::string IndexesOf(const Entries& entries) {
  std::set<std::string> indexes;
  for (const LockedPackage* entry : entries) {
    if (!entry->index.empty()) {
      indexes.insert(entry->index);
    }
  }
  return Joined(indexes);
}

std::string PlaceOf(const DirectSource& direct) {
  std::string text = direct.file.url.value_or(direct.file.path.value_or(""));
  if (!direct.commit_id.empty()) {
    text += "@" + direct.commit_id;
  }
  return direct.subdirectory.empty() ? text : text + "#subdirectory=" + direct.subdirectory;
}

std::string DirectsOf(const Entries& entries) {
  std::set<std::string> places;
  for (const LockedPackage* entry : entries) {
    if (entry->direct) {
      places.insert(PlaceOf(*entry->direct));
    }
  }
  return places.empty() ? "an index" : Joined(places);
}

// Name → hash of every file.
std::map<std::string, std::string> FilesOf(const Entries& entries) {
  std::map<std::string, std::string> files;
  const auto add = [&](const LockedFile& file) {
    files.emplace(file.name, file.hashes.empty() ? "" : file.hashes.rbegin()->second);
  };
  for (const LockedPackage* entry : entries) {
    std::ranges::for_each(entry->wheels, add);
    if (entry->sdist) {
      add(*entry->sdist);
    }
    if (entry->direct && entry->direct->kind == DirectKind::kArchive) {
      add(entry->direct->file);
    }
  }
  return files;
}

// The first moment at which a file of the entries was published.
std::optional<std::int64_t> PublishedAt(const Entries& entries) {
  std::optional<std::int64_t> first;
  for (const LockedPackage* entry : entries) {
    for (const LockedFile& file : entry->wheels) {
      if (file.upload_time_us && (!first || *file.upload_time_us < *first)) {
        first = file.upload_time_us;
      }
    }
  }
  return first;
}

std::string Day(std::int64_t microseconds) {
  return FormatTimestamp(microseconds).substr(0, 10);
}

void AddFact(std::vector<std::string>& facts, const std::string& what, const std::string& before,
             const std::string& after) {
  if (before != after) {
    facts.push_back(what + ": " + before + " -> " + after);
  }
}

// Where there are several versions, of each of them.
void AddMarkers(std::vector<std::string>& facts, const Entries& before, const Entries& after) {
  const auto old_markers = MarkersOf(before);
  const auto new_markers = MarkersOf(after);
  if (old_markers.size() == 1 && new_markers.size() == 1) {
    AddFact(facts, "marker", old_markers.begin()->second, new_markers.begin()->second);
    return;
  }
  for (const auto& [version, marker] : new_markers) {
    const auto old = old_markers.find(version);
    if (old != old_markers.end()) {
      AddFact(facts, std::string("marker of ").append(version), old->second, marker);
    } else {
      facts.push_back(std::string("marker of ").append(version).append(": ").append(marker));
    }
  }
}

// Besides the version.
std::vector<std::string> FactsOf(const Entries& before, const Entries& after) {
  std::vector<std::string> facts;
  AddMarkers(facts, before, after);
  AddFact(facts, "index", IndexesOf(before), IndexesOf(after));
  AddFact(facts, "from", DirectsOf(before), DirectsOf(after));
  if (VersionsOf(before) != VersionsOf(after)) {
    return facts;  // then all files are others
  }
  const auto old_files = FilesOf(before);
  const auto new_files = FilesOf(after);
  for (const auto& [name, hash] : new_files) {
    const auto known = old_files.find(name);
    if (known == old_files.end()) {
      facts.push_back("file added: " + name);
    } else if (known->second != hash) {
      facts.push_back("other content: " + name);
    }
  }
  for (const auto& [name, hash] : old_files) {
    if (!new_files.contains(name)) {
      facts.push_back("file removed: " + name);
    }
  }
  return facts;
}

// The texts of one kind of wish, by the package that they are about.
using WishesByName = std::map<pypi::Name, std::map<std::string, const LockedWish*>>;

WishesByName WishesOf(const std::vector<LockedWish>& wishes) {
  WishesByName by_name;
  for (const LockedWish& wish : wishes) {
    const std::string text = wish.text.substr(0, wish.text.find(" --hash="));
    if (const auto requirement = pypi::Requirement::Parse(text)) {
      by_name[requirement->name].emplace(wish.text, &wish);
    }
  }
  return by_name;
}

std::string TextsOf(const std::map<std::string, const LockedWish*>& wishes) {
  std::vector<std::string> texts;
  texts.reserve(wishes.size());
  for (const auto& [text, wish] : wishes) {
    texts.push_back(text);
  }
  return JoinText(texts, " and ");
}

std::string OriginsOf(const std::map<std::string, const LockedWish*>& wishes) {
  std::set<std::string> origins;
  for (const auto& [text, wish] : wishes) {
    origins.insert(wish->origins.begin(), wish->origins.end());
  }
  return origins.empty() ? "" : " (" + Joined(origins) + ")";
}

bool IsSameWish(const std::map<std::string, const LockedWish*>& a,
                const std::map<std::string, const LockedWish*>& b) {
  return std::ranges::equal(
      a, b, {}, [](const auto& pair) { return pair.first; },
      [](const auto& pair) { return pair.first; });
}

// "requirement alpha<2 -> alpha<3 (step train)"
std::string WishChange(const std::string& kind,
                       const std::map<std::string, const LockedWish*>& before,
                       const std::map<std::string, const LockedWish*>& after) {
  if (before.empty()) {
    return "new " + kind + " " + TextsOf(after) + OriginsOf(after);
  }
  if (after.empty()) {
    return kind + " " + TextsOf(before) + OriginsOf(before) + " is gone";
  }
  return kind + " " + TextsOf(before) + " -> " + TextsOf(after) + OriginsOf(after);
}

// What was asked for, and how that differs.
class Inputs {
 public:
  Inputs(const Lock& before, const Lock& after)
      : before_(before.tool.value_or(ToolTable())), after_(after.tool.value_or(ToolTable())) {
    const bool both_say =
        before.tool && after.tool && !before_.requirements.empty() && !after_.requirements.empty();
    if (both_say) {
      Compare("requirement", &ToolTable::requirements);
      Compare("constraint", &ToolTable::constraints);
      Compare("override", &ToolTable::overrides);
      Compare("exclude", &ToolTable::excludes);
      CompareOptions();
    }
    if (!before_.exclude_newer.empty() || !after_.exclude_newer.empty()) {
      Note("cut-off", before_.exclude_newer, after_.exclude_newer);
    }
    if (!before_.targets.empty() && !after_.targets.empty()) {
      Note("targets", JoinText(before_.targets, " and "), JoinText(after_.targets, " and "));
    }
    environments_differ_ = before_.targets.empty() &&
                           (before.environments != after.environments ||
                            before.requires_python.ToString() != after.requires_python.ToString());
  }

  const std::vector<std::string>& changes() const { return changes_; }
  const std::vector<std::string>* ChangesOf(const pypi::Name& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &found->second;
  }
  bool TargetsDiffer() const { return environments_differ_ || before_.targets != after_.targets; }
  const std::vector<std::string>& option_changes() const { return option_changes_; }
  std::optional<std::int64_t> CutOffBefore() const { return ParseTimestamp(before_.exclude_newer); }
  std::optional<std::int64_t> CutOffAfter() const { return ParseTimestamp(after_.exclude_newer); }

 private:
  void Compare(const std::string& kind, std::vector<LockedWish> ToolTable::*wishes) {
    const WishesByName before = WishesOf(before_.*wishes);
    const WishesByName after = WishesOf(after_.*wishes);
    std::set<pypi::Name> names;
    for (const WishesByName* side : {&before, &after}) {
      for (const auto& [name, texts] : *side) {
        names.insert(name);
      }
    }
    static const std::map<std::string, const LockedWish*> none;
    for (const pypi::Name& name : names) {
      const auto old_wishes = before.find(name);
      const auto new_wishes = after.find(name);
      const auto& was = old_wishes == before.end() ? none : old_wishes->second;
      const auto& is = new_wishes == after.end() ? none : new_wishes->second;
      if (!IsSameWish(was, is)) {
        changes_.push_back(WishChange(kind, was, is));
        by_name_[name].push_back(changes_.back());
      }
    }
  }

  void CompareOptions() {
    std::set<std::string> keys;
    for (const ToolTable* side : {&before_, &after_}) {
      for (const auto& [key, value] : side->options) {
        keys.insert(key);
      }
    }
    const auto value_of = [](const ToolTable& tool, const std::string& key) {
      const auto found = tool.options.find(key);
      return found == tool.options.end() ? std::string() : found->second;
    };
    for (const std::string& key : keys) {
      const std::string was = value_of(before_, key);
      const std::string is = value_of(after_, key);
      if (was != is) {
        Note(key, was, is);
        option_changes_.push_back(changes_.back());
      }
    }
  }

  void Note(const std::string& what, const std::string& before, const std::string& after) {
    if (before != after) {
      changes_.push_back(what + " " + (before.empty() ? "(none)" : before) + " -> " +
                         (after.empty() ? "(none)" : after));
    }
  }

  const ToolTable before_;
  const ToolTable after_;
  bool environments_differ_ = false;
  std::vector<std::string> changes_;
  std::vector<std::string> option_changes_;
  std::map<pypi::Name, std::vector<std::string>> by_name_;
};

class Comparison {
 public:
  Comparison(const Lock& before, const Lock& after)
      : before_(ByName(before)), after_(ByName(after)), inputs_(before, after) {}

  LockDifference Run() {
    LockDifference difference{.inputs = inputs_.changes()};
    std::set<pypi::Name> names;
    for (const auto* side : {&before_, &after_}) {
      for (const auto& [name, entries] : *side) {
        names.insert(name);
      }
    }
    for (const pypi::Name& name : names) {
      if (std::optional<PackageDifference> package = Compare(name)) {
        difference.packages.push_back(*std::move(package));
      }
    }
    for (PackageDifference& package : difference.packages) {
      package.causes = CausesOf(package);
    }
    return difference;
  }

 private:
  static const Entries& At(const std::map<pypi::Name, Entries>& packages, const pypi::Name& name) {
    static const Entries none;
    const auto found = packages.find(name);
    return found == packages.end() ? none : found->second;
  }

  std::optional<PackageDifference> Compare(const pypi::Name& name) {
    const Entries& before = At(before_, name);
    const Entries& after = At(after_, name);
    PackageDifference difference{
        .name = name, .before = VersionsOf(before), .after = VersionsOf(after)};
    if (before.empty() || after.empty()) {
      difference.change = before.empty() ? PackageChange::kAdded : PackageChange::kRemoved;
      moved_.insert(name);
      return difference;
    }
    difference.facts = FactsOf(before, after);
    if (difference.before != difference.after) {
      moved_.insert(name);
    } else if (difference.facts.empty()) {
      return std::nullopt;
    }
    return difference;
  }

  std::vector<std::string> CausesOf(const PackageDifference& difference) const {
    std::vector<std::string> causes;
    if (const auto* changes = inputs_.ChangesOf(difference.name)) {
      causes = *changes;
    }
    // Another target brings other files of the same version by itself.
    if (moved_.contains(difference.name) || !inputs_.TargetsDiffer()) {
      AddNeighbours(difference, causes);
    }
    AddMoments(difference, causes);
    if (!causes.empty()) {
      return causes;
    }
    causes = inputs_.option_changes();
    if (inputs_.TargetsDiffer()) {
      causes.emplace_back("the locks are for other targets");
    }
    if (causes.empty()) {
      causes.push_back(WithoutInput(difference));
    }
    return causes;
  }

  std::string Title(const pypi::Name& name, const std::map<pypi::Name, Entries>& side) const {
    const std::string versions = VersionsOf(At(side, name));
    return name.ToString() + (versions.empty() ? "" : " " + versions);
  }

  // Those of one side that need the package.
  static std::set<pypi::Name> NeededBy(const pypi::Name& name,
                                       const std::map<pypi::Name, Entries>& side) {
    std::set<pypi::Name> parents;
    for (const auto& [parent, entries] : side) {
      for (const LockedPackage* entry : entries) {
        const bool needs = std::ranges::any_of(
            entry->dependencies,
            [&](const LockedDependency& dependency) { return dependency.name == name; });
        if (needs) {
          parents.insert(parent);
        }
      }
    }
    return parents;
  }

  // Packages that need this one and moved themselves.
  void AddNeighbours(const PackageDifference& difference, std::vector<std::string>& causes) const {
    const bool is_removed = difference.change == PackageChange::kRemoved;
    const auto& side = is_removed ? before_ : after_;
    for (const pypi::Name& parent : NeededBy(difference.name, side)) {
      if (!moved_.contains(parent)) {
        continue;
      }
      const std::string other =
          is_removed ? VersionsOf(At(after_, parent)) : VersionsOf(At(before_, parent));
      if (is_removed) {
        causes.push_back(Title(parent, before_) + " needed it and is " +
                         (other.empty() ? "gone" : other + " now"));
      } else {
        causes.push_back(Title(parent, after_) + " needs it and was " +
                         (other.empty() ? "not there" : other));
      }
    }
  }

  // A version that only one of the two cut-offs admits.
  void AddMoments(const PackageDifference& difference, std::vector<std::string>& causes) const {
    if (difference.before == difference.after) {
      return;
    }
    const auto published = PublishedAt(At(after_, difference.name));
    const auto cut_off_before = inputs_.CutOffBefore();
    if (published && cut_off_before && *published >= *cut_off_before) {
      causes.push_back(difference.after + " was published on " + Day(*published) +
                       ", after the cut-off of the first lock");
    }
    const auto was_published = PublishedAt(At(before_, difference.name));
    const auto cut_off_after = inputs_.CutOffAfter();
    if (was_published && cut_off_after && *was_published >= *cut_off_after) {
      causes.push_back(difference.before + " was published on " + Day(*was_published) +
                       ", after the cut-off of the second lock");
    }
  }

  // No recorded input explains it.
  std::string WithoutInput(const PackageDifference& difference) const {
    const Entries& before = At(before_, difference.name);
    const Entries& after = At(after_, difference.name);
    if (IndexesOf(before) != IndexesOf(after) && !before.empty() && !after.empty()) {
      return "it comes from another index";
    }
    if (difference.before == difference.after) {
      return "the index has other files of it";
    }
    const bool is_newer = !before.empty() && !after.empty() && before.front()->version &&
                          after.front()->version &&
                          *before.front()->version < *after.front()->version;
    if (is_newer) {
      const auto published = PublishedAt(after);
      return "a newer release" + (published ? ", published on " + Day(*published) : std::string());
    }
    if (difference.change != PackageChange::kChanged && !inputs_.changes().empty()) {
      return "a change of the inputs: " + JoinText(inputs_.changes(), "; ");
    }
    return "nothing that the locks record: a release was withdrawn or added, or an earlier choice "
           "was kept";
  }

  const std::map<pypi::Name, Entries> before_;
  const std::map<pypi::Name, Entries> after_;
  const Inputs inputs_;
  std::set<pypi::Name> moved_;  // packages that are there in one lock only or in another version
};

constexpr std::array<std::string_view, 3> kChangeNames = {"added", "removed", "changed"};

}  // namespace

std::string_view PackageChangeName(PackageChange change) {
  return kChangeNames.at(static_cast<std::size_t>(change));
}

LockDifference DiffLocks(const Lock& before, const Lock& after) {
  return Comparison(before, after).Run();
}

}  // namespace flowstone::lock
