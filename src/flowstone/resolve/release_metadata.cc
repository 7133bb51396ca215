#include "flowstone/resolve/release_metadata.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/result.h"
#include "flowstone/base/text.h"
#include "flowstone/index/parsed_metadata.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/metadata.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/file_verdicts.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {
namespace {

// The extras under which an override holds: its own marker decides, for those who ask for an extra
// that switches on what it stands for.
std::vector<pypi::ExtraName> ConditionsOfOverride(const pypi::Requirement& stated,
                                                  const pypi::Requirement& replacement,
                                                  const Scope& scope) {
  if (!scope.Admits(replacement.marker)) {
    return {};
  }
  std::vector<pypi::ExtraName> conditions;
  for (const std::string& text : stated.marker.Extras()) {
    if (Result<pypi::ExtraName> extra = pypi::ExtraName::Parse(text)) {
      conditions.push_back(*std::move(extra));
    }
  }
  const bool is_optional = !conditions.empty() && !scope.Admits(stated.marker);
  return is_optional ? conditions : std::vector<pypi::ExtraName>{pypi::ExtraName()};
}

// Most are spelt alike.
bool AreOneVersion(std::string_view a, std::string_view b) {
  if (a == b) {
    return true;
  }
  const auto first = pypi::Version::Parse(a);
  const auto second = pypi::Version::Parse(b);
  return first && second && *first == *second;
}

// What was remembered by a version of Flowstone that could read it: nothing will do.
pypi::Requirement Unreadable(pypi::Name name) {
  pypi::Requirement requirement;
  requirement.name = std::move(name);
  requirement.specifiers = *pypi::SpecifierSet::Parse("===unreadable");
  return requirement;
}

}  // namespace

std::optional<std::string_view> LoneExtra(std::string_view marker) {
  constexpr std::string_view start = "extra == \"";
  if (!marker.starts_with(start) || !marker.ends_with('"')) {
    return std::nullopt;
  }
  const std::string_view text = marker.substr(start.size(), marker.size() - start.size() - 1);
  return pypi::IsNormalizedName(text) ? std::optional(text) : std::nullopt;
}

const ReleaseDependency& ReleaseMetadata::Read(const Entry& entry) const {
  return reader->OfLoneExtra(parsed, entry.place);
}

bool ReleaseMetadata::HasExtra(const pypi::ExtraName& extra) const {
  for (std::size_t i = 0; i < parsed.extra_count(); ++i) {
    if (parsed.extra(i) == extra.ToString()) {
      return true;
    }
  }
  return false;
}

std::variant<ReleaseMetadata, std::string> MetadataReader::Read(const index::ParsedMetadata& parsed,
                                                                const pypi::Name& name,
                                                                std::string_view version) {
  if (!parsed.is_readable()) {
    return "its metadata cannot be read: " + std::string(parsed.problem());
  }
  if (parsed.name() != name.ToString() || !AreOneVersion(parsed.version(), version)) {
    const auto own = pypi::Version::Parse(parsed.version());
    return "its metadata is that of " + std::string(parsed.name()) + " " +
           (own ? own->ToString() : std::string(parsed.version()));
  }
  const PythonDemand& python = verdicts_.OnPython(parsed.requires_python());
  if (!python.specifiers) {
    return "its Requires-Python cannot be read: " + std::string(parsed.requires_python());
  }
  if (!python.verdict.is_accepted) {
    return "it needs Python " + std::string(parsed.requires_python()) + ", and " +
           scope_.PythonText();
  }
  ReleaseMetadata metadata;
  metadata.reader = this;
  metadata.requires_python = &*python.specifiers;
  metadata.parsed = parsed;
  metadata.entries.reserve(parsed.dependency_count());
  for (std::size_t i = 0; i < parsed.dependency_count(); ++i) {
    if (const auto extra = DeferrableExtra(parsed.dependency(i))) {
      metadata.entries.push_back({.extra = *extra, .place = i});
      continue;
    }
    const Reading& reading = ReadingOf(parsed, i);
    if (!reading.problem.empty()) {
      return reading.problem;
    }
    for (const ReleaseDependency& dependency : reading.dependencies) {
      metadata.entries.push_back({.dependency = &dependency, .place = i});
    }
  }
  return metadata;
}

std::optional<std::string_view> MetadataReader::DeferrableExtra(
    const index::ParsedMetadata::Dependency& published) const {
  const std::optional<std::string_view> extra = LoneExtra(published.marker);
  if (!extra || !published.url.empty()) {
    return std::nullopt;
  }
  if (rules_.is_empty()) {
    return pypi::IsNormalizedName(published.name) ? extra : std::nullopt;
  }
  const Result<pypi::Name> name = pypi::Name::Parse(published.name);
  return name && rules_.LeavesAlone(*name) ? extra : std::nullopt;
}

const ReleaseDependency& MetadataReader::OfLoneExtra(const index::ParsedMetadata& parsed,
                                                     std::size_t i) {
  const Reading& reading = ReadingOf(parsed, i);
  FLOWSTONE_CHECK(reading.dependencies.size() == 1);
  return reading.dependencies.front();
}

const MetadataReader::Reading& MetadataReader::ReadingOf(const index::ParsedMetadata& parsed,
                                                         std::size_t i) {
  const index::ParsedMetadata::Dependency published = parsed.dependency(i);
  const auto [first, last] = readings_.equal_range(published.hash);
  for (auto known = first; known != last; ++known) {
    const Reading& reading = known->second;
    if (reading.published.dependency(reading.place).text == published.text) {
      return reading;
    }
  }
  return readings_.emplace(published.hash, Interpret(parsed, i))->second;
}

Result<pypi::SpecifierSet> MetadataReader::SpecifiersOf(std::string_view text) {
  if (const auto known = specifiers_.find(text); known != specifiers_.end()) {
    return known->second;
  }
  FLOWSTONE_LET(const pypi::SpecifierSet specifiers, pypi::SpecifierSet::Parse(text));
  return specifiers_.emplace(text, specifiers).first->second;
}

Result<pypi::Marker> MetadataReader::MarkerOf(std::string_view text) {
  if (const auto known = markers_.find(text); known != markers_.end()) {
    return known->second;
  }
  FLOWSTONE_LET(const pypi::Marker marker, pypi::Marker::Parse(text));
  return markers_.emplace(text, marker).first->second;
}

// Its parts were written by the types that read them here.
Result<pypi::Requirement> MetadataReader::RequirementOf(
    const index::ParsedMetadata::Dependency& published) {
  pypi::Requirement requirement;
  FLOWSTONE_LET(requirement.name, pypi::Name::Parse(published.name));
  if (!published.extras.empty()) {
    for (const std::string_view text : SplitText(published.extras, ',')) {
      FLOWSTONE_LET(pypi::ExtraName extra, pypi::ExtraName::Parse(text));
      requirement.extras.push_back(std::move(extra));
    }
  }
  FLOWSTONE_LET(requirement.specifiers, SpecifiersOf(published.specifiers));
  requirement.url = published.url;
  if (!published.marker.empty()) {
    FLOWSTONE_LET(requirement.marker, MarkerOf(published.marker));
  }
  return requirement;
}

MetadataReader::Reading MetadataReader::Interpret(const index::ParsedMetadata& parsed,
                                                  std::size_t i) {
  const index::ParsedMetadata::Dependency published = parsed.dependency(i);
  Reading reading{.published = parsed, .place = i};
  if (const auto extra = DeferrableExtra(published)) {
    Result<pypi::Requirement> requirement = RequirementOf(published);
    reading.dependencies.emplace_back(
        requirement ? *std::move(requirement) : Unreadable(*pypi::Name::Parse(published.name)),
        *pypi::ExtraName::Parse(*extra), next_number_++);
    return reading;
  }
  const Result<pypi::Requirement> stated = RequirementOf(published);
  if (!stated) {
    reading.problem = "its metadata cannot be read: " + stated.error().message;
    return reading;
  }
  for (const pypi::Requirement* requirement : rules_.Apply(*stated)) {
    const bool is_override = requirement != &*stated;
    for (pypi::ExtraName& extra : is_override ? ConditionsOfOverride(*stated, *requirement, scope_)
                                              : ConditionsOf(stated->marker, scope_)) {
      if (!requirement->url.empty() && extra.empty()) {
        reading.problem = "it depends on " + requirement->name.ToString() +
                          " at a URL, and only files of indexes are used";
        return reading;
      }
      if (requirement->url.empty()) {
        reading.dependencies.emplace_back(*requirement, std::move(extra), next_number_++);
      }
    }
  }
  return reading;
}

}  // namespace flowstone::resolve
