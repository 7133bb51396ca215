// ReleaseMetadata: what a release depends on in a scope: its metadata with overrides and excludes
// applied, markers evaluated and extras told apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "flowstone/index/parsed_metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/policies.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

struct ReleaseDependency {
  pypi::Requirement requirement;
  pypi::ExtraName extra = {};  // it holds only with this extra; empty: always
  // Of the reader that it is from: equal numbers are equal dependencies. Dense.
  std::uint32_t number = 0;
};

struct ReleaseMetadata {
  std::vector<const ReleaseDependency*> dependencies = {};  // in the order of the metadata
  const pypi::SpecifierSet* requires_python = nullptr;      // never null
  index::ParsedMetadata parsed = {};

  bool HasExtra(const pypi::ExtraName& extra) const;
};

// Reads the metadata of many releases for one scope. Releases of a project mostly depend on the
// same things as its other releases, so each distinct dependency is read once.
class MetadataReader {
 public:
  // Both outlive this, and this outlives what it gives.
  MetadataReader(const Scope& scope, const DependencyRules& rules, UpperPythonBound upper_bound)
      : scope_(scope), rules_(rules), upper_bound_(upper_bound) {}
  MetadataReader(const MetadataReader&) = delete;
  MetadataReader& operator=(const MetadataReader&) = delete;

  // A text instead of metadata says why the release cannot be used: its metadata cannot be read, is
  // of another release, needs another Python, or depends on a URL.
  std::variant<ReleaseMetadata, std::string> Read(const index::ParsedMetadata& parsed,
                                                  const pypi::Name& name,
                                                  const pypi::Version& version);

 private:
  // What one published dependency is in the scope.
  struct Reading {
    std::string text;  // index::ParsedMetadata::Dependency::text
    std::vector<ReleaseDependency> dependencies = {};
    std::string problem = {};  // why releases that have it cannot be used
  };
  struct Python {
    pypi::SpecifierSet specifiers = {};
    bool is_accepted = false;
  };

  const Reading& ReadingOf(const index::ParsedMetadata::Dependency& published);
  Reading Interpret(const index::ParsedMetadata::Dependency& published);
  // Nothing when it cannot be read.
  const Python* PythonOf(std::string_view requires_python);

  const Scope& scope_;
  const DependencyRules& rules_;
  const UpperPythonBound upper_bound_;
  std::uint32_t next_number_ = 0;
  // By hash; elements stay where they are.
  std::unordered_multimap<std::uint64_t, Reading> readings_;
  std::unordered_map<std::string, std::optional<Python>> pythons_;
};

}  // namespace flowstone::resolve
