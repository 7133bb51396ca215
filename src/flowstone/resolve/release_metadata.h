// ReleaseMetadata: what a release depends on in a scope: its metadata with overrides and excludes
// applied, markers evaluated and extras told apart.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/parsed_metadata.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/file_verdicts.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

// The extra of a marker that is nothing but `extra == "name"`, as pypi::Marker writes it.
std::optional<std::string_view> LoneExtra(std::string_view marker);

// One dependency of a release.
class ReleaseDependency {
 public:
  // `extra`: it holds only with this one; empty: always. `number`: equal numbers of one reader are
  // equal dependencies; dense.
  ReleaseDependency(pypi::Requirement requirement, pypi::ExtraName extra, std::uint32_t number)
      : requirement_(std::move(requirement)), extra_(std::move(extra)), number_(number) {}

  const pypi::Name& name() const { return requirement_.name; }
  const pypi::ExtraName& extra() const { return extra_; }
  std::uint32_t number() const { return number_; }
  const pypi::Requirement& requirement() const { return requirement_; }

 private:
  pypi::Requirement requirement_;
  pypi::ExtraName extra_;
  std::uint32_t number_;
};

// What a release depends on always, and when somebody wants these extras: for EachDependency.
template <class Extras>
auto AlwaysAndWith(const Extras& extras) {
  return [&extras](std::string_view extra) {
    return extra.empty() || std::ranges::any_of(extras, [extra](const pypi::ExtraName& wanted) {
             return wanted.ToString() == extra;
           });
  };
}

class MetadataReader;

struct ReleaseMetadata {
  // Most dependencies are those of one extra that nobody wants: they are read when they are asked
  // for.
  struct Entry {
    const ReleaseDependency* dependency = nullptr;  // nothing when it is not read yet
    std::string_view extra = {};                    // of one that is not read: its only condition
    std::size_t place = 0;                          // in `parsed`
  };

  MetadataReader* reader = nullptr;
  std::vector<Entry> entries = {};                      // in the order of the metadata
  const pypi::SpecifierSet* requires_python = nullptr;  // never null
  index::ParsedMetadata parsed = {};

  bool HasExtra(const pypi::ExtraName& extra) const;
  // Calls visit(ReleaseDependency) for those under extras that `wants` (their normalised names;
  // empty: under none) in the order of the metadata.
  template <class Wants, class Visit>
  void EachDependency(const Wants& wants, const Visit& visit) const {
    for (const Entry& entry : entries) {
      const bool is_read = entry.dependency != nullptr;
      const std::string_view extra =
          is_read ? std::string_view(entry.dependency->extra().ToString()) : entry.extra;
      if (wants(extra)) {
        visit(is_read ? *entry.dependency : Read(entry));
      }
    }
  }

 private:
  const ReleaseDependency& Read(const Entry& entry) const;
};

// Reads the metadata of many releases for one scope. Releases of a project mostly depend on the
// same things as its other releases, so each distinct dependency is read once.
class MetadataReader {
 public:
  // All outlive this, and this outlives what it gives.
  MetadataReader(const Scope& scope, const DependencyRules& rules, FileVerdicts& verdicts)
      : scope_(scope), rules_(rules), verdicts_(verdicts) {}
  MetadataReader(const MetadataReader&) = delete;
  MetadataReader& operator=(const MetadataReader&) = delete;

  // A text instead of metadata says why the release cannot be used: its metadata cannot be read, is
  // of another release, needs another Python, or depends on a URL.
  std::variant<ReleaseMetadata, std::string> Read(const index::ParsedMetadata& parsed,
                                                  const pypi::Name& name, std::string_view version);
  // The i-th dependency, which holds under one extra and nothing else.
  const ReleaseDependency& OfLoneExtra(const index::ParsedMetadata& parsed, std::size_t i);

 private:
  // What one published dependency is in the scope.
  struct Reading {
    index::ParsedMetadata published;  // where it was read first, as the i-th
    std::size_t place = 0;
    std::vector<ReleaseDependency> dependencies = {};
    std::string problem = {};  // why releases that have it cannot be used
  };
  // The extra that is the only condition of a dependency that may be read later: nothing that it
  // says keeps the release from being used.
  std::optional<std::string_view> DeferrableExtra(
      const index::ParsedMetadata::Dependency& published) const;
  const Reading& ReadingOf(const index::ParsedMetadata& parsed, std::size_t i);
  // The dependency as a value.
  Result<pypi::Requirement> RequirementOf(const index::ParsedMetadata::Dependency& published);
  Result<pypi::SpecifierSet> SpecifiersOf(std::string_view text);
  Result<pypi::Marker> MarkerOf(std::string_view text);
  Reading Interpret(const index::ParsedMetadata& parsed, std::size_t i);

  const Scope& scope_;
  const DependencyRules& rules_;
  FileVerdicts& verdicts_;
  std::uint32_t next_number_ = 0;
  // By their text in metadata that readings_ keeps: thousands of dependencies have few ranges and
  // conditions.
  std::unordered_map<std::string_view, pypi::SpecifierSet> specifiers_;
  std::unordered_map<std::string_view, pypi::Marker> markers_;
  // By hash; elements stay where they are.
  std::unordered_multimap<std::uint64_t, Reading> readings_;
};

}  // namespace flowstone::resolve
