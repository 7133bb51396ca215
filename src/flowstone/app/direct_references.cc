#include "flowstone/app/direct_references.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/net/redact.h"
#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/request_record.h"
#include "flowstone/resolve/stated_source.h"

namespace flowstone::app {
namespace {

bool NamesReference(const resolve::ResolveRequest& request) {
  return std::ranges::any_of(
      std::array{&request.requirements, &request.constraints, &request.overrides},
      [](const auto* wishes) {
        return std::ranges::any_of(*wishes,
                                   [](const auto& wish) { return !wish.requirement.url.empty(); });
      });
}

// What resolving takes a source for: a wheel for everything, because one will be built.
std::string UniversalWheelName(const pypi::CoreMetadata& fields) {
  return fields.name.Escaped() + "-" + fields.version.ToString() + "-py3-none-any.whl";
}

struct ReferenceMetadata {
  LocatedReference located;
  std::string text;
  pypi::CoreMetadata fields;
};

// What somebody stated about the release that a reference leads to, as METADATA.
std::optional<std::string> StatedText(const LocatedReference& located, const pypi::Name& project,
                                      const std::vector<pypi::StatedMetadata>& all) {
  if (!located.wheel) {
    const pypi::StatedMetadata* const stated = pypi::FindStated(all, project);
    return stated == nullptr ? std::nullopt
                             : std::optional(resolve::ParsedOf(*stated, *stated->version).ToText());
  }
  const Result<pypi::WheelName> name = pypi::WheelName::Parse(located.wheel->file_name);
  const pypi::StatedMetadata* const stated =
      name ? pypi::FindStated(all, name->name, name->version) : nullptr;
  return stated == nullptr ? std::nullopt
                           : std::optional(resolve::ParsedOf(*stated, name->version).ToText());
}

Result<ReferenceMetadata> ReadReference(const build::DirectReference& reference,
                                        const pypi::Name& project,
                                        const std::vector<pypi::StatedMetadata>& stated,
                                        SourceBuilds& builds) {
  ReferenceMetadata read;
  FLOWSTONE_LET(read.located, builds.Locate(reference, project));
  if (auto text = StatedText(read.located, project, stated)) {
    read.text = *std::move(text);
  } else if (read.located.wheel) {
    FLOWSTONE_LET(read.text, builds.MetadataOfWheel(*read.located.wheel));
  } else {
    FLOWSTONE_LET(read.text, builds.Metadata(*read.located.task));
  }
  FLOWSTONE_LET(read.fields, Annotate(pypi::CoreMetadata::Parse(read.text),
                                      "while reading the metadata of " + reference.ToString()));
  return read;
}

Error TwoPlaces(const pypi::Name& name, const std::string& first, const std::string& first_asker,
                const std::string& second, const std::string& second_asker) {
  return Error{.code = ErrorCode::kConflict,
               .message = first_asker + " wants " + name.ToString() + " from " + first + ", and " +
                          second_asker + " wants it from " + second,
               .hints = {"there can be one " + name.ToString() +
                         ": name one place, or say with an override which one is meant"}};
}

// `wanted` may be empty: whatever is there.
Status CheckName(const pypi::Name& found, const build::DirectReference& reference,
                 const pypi::Name& wanted, const std::string& asker) {
  if (!wanted.empty() && found != wanted) {
    return Error{ErrorCode::kInvalid, reference.ToString() + " is the project " + found.ToString() +
                                          ", and " + asker + " wants " + wanted.ToString() +
                                          " from it"};
  }
  return Ok();
}

}  // namespace

Result<DirectReferences> DirectReferences::Collect(const resolve::ResolveRequest& request,
                                                   SourceBuilds& builds) {
  DirectReferences references(request, builds);
  FLOWSTONE_TRY(references.NoteTargets());
  references.NoteRequest();
  while (!references.mentions_.empty()) {
    const Mention mention = std::move(references.mentions_.front());
    references.mentions_.erase(references.mentions_.begin());
    FLOWSTONE_TRY(references.Follow(mention));
  }
  references.MakePlain();
  return references;
}

Status DirectReferences::NoteTargets() {
  if (!request_.universal) {
    return Ok();
  }
  const resolve::UniversalWish& universal = *request_.universal;
  environments_ =
      universal.environments.empty() ? pypi::MarkerAlgebra::Always() : pypi::MarkerAlgebra::Never();
  for (const pypi::Marker& environment : universal.environments) {
    environments_ = algebra_.Or(environments_, algebra_.Of(environment));
  }
  environments_ =
      algebra_.And(environments_, algebra_.OfPython(universal.requires_python.ToVersionSet()));
  environments_ =
      algebra_.And(environments_, lock::CompatibleChoices(universal.conflicts, algebra_));
  return Ok();
}

void DirectReferences::NoteRequest() {
  const auto is_overridden = [&](const pypi::Name& name) {
    return std::ranges::any_of(request_.overrides,
                               [&](const auto& wish) { return wish.requirement.name == name; });
  };
  for (const auto* wishes : {&request_.overrides, &request_.requirements, &request_.constraints}) {
    for (const resolve::RequestedRequirement& wish : *wishes) {
      const bool counts = wishes == &request_.overrides || !is_overridden(wish.requirement.name);
      const pypi::MarkerDiagram where =
          algebra_.WithExtra(algebra_.Of(wish.requirement.marker), {});
      if (!wish.requirement.url.empty() && counts && IsActive(where)) {
        mentions_.push_back(
            {wish.requirement, wish.origin.empty() ? "the request" : wish.origin, where});
      }
    }
  }
}

bool DirectReferences::IsActive(pypi::MarkerDiagram where) {
  if (request_.universal) {
    return !algebra_.AreDisjoint(where, environments_);
  }
  if (request_.targets.empty()) {
    return algebra_.Evaluate(where, request_.target.markers);
  }
  return std::ranges::any_of(request_.targets, [&](const pypi::Target& target) {
    return algebra_.Evaluate(where, target.markers);
  });
}

DirectReferences::Packages::iterator DirectReferences::FindSource(
    const build::DirectReference& reference) {
  return std::ranges::find_if(packages_, [&](const auto& entry) {
    return entry.second.reference.IsSameSourceAs(reference);
  });
}

// In one environment a package has one place.
Status DirectReferences::CheckOnePlace(const pypi::Name& name,
                                       const build::DirectReference& reference,
                                       const Mention& mention) {
  const auto [first, last] = packages_.equal_range(name);
  for (auto other = first; other != last; ++other) {
    const Package& package = other->second;
    if (!package.reference.IsSameSourceAs(reference) &&
        IsActive(algebra_.And(package.where, mention.where))) {
      return TwoPlaces(name, package.reference.ToString(), package.asker, reference.ToString(),
                       mention.asker);
    }
  }
  return Ok();
}

void DirectReferences::Widen(Package& package, const Mention& mention) {
  const std::size_t extras_before = package.extras.size();
  const pypi::MarkerDiagram where_before = package.where;
  package.extras.insert(mention.requirement.extras.begin(), mention.requirement.extras.end());
  package.where = algebra_.Or(package.where, mention.where);
  if (package.extras.size() != extras_before || package.where != where_before) {
    NoteDependencies(package);
  }
}

Status DirectReferences::Follow(const Mention& mention) {
  const pypi::Requirement& requirement = mention.requirement;
  FLOWSTONE_LET(const build::DirectReference reference,
                Annotate(build::DirectReference::Parse(requirement.url),
                         "in the requirements of " + mention.asker));
  if (!requirement.name.empty()) {
    FLOWSTONE_TRY(CheckOnePlace(requirement.name, reference, mention));
  }
  auto known = FindSource(reference);
  if (known != packages_.end()) {
    FLOWSTONE_TRY(CheckName(known->first, reference, requirement.name, mention.asker));
    names_.emplace(requirement.url, known->first);
    FLOWSTONE_TRY(CheckOnePlace(known->first, reference, mention));
    Widen(known->second, mention);
    return Ok();
  }
  FLOWSTONE_LET(Package package, LookInto(reference, mention));
  const pypi::Name name = package.fields.name;
  FLOWSTONE_TRY(CheckName(name, reference, requirement.name, mention.asker));
  FLOWSTONE_TRY(CheckOnePlace(name, reference, mention));
  package.where = mention.where;
  package.extras = {requirement.extras.begin(), requirement.extras.end()};
  names_.emplace(requirement.url, name);
  NoteDependencies(packages_.emplace(name, std::move(package))->second);
  return Ok();
}

Status DirectReferences::CheckBuildAllowed(const pypi::Name& name,
                                           const build::DirectReference& reference) const {
  const auto& policies = request_.policies.binaries.by_project;
  const auto policy = policies.find(name);
  if (policy != policies.end() && policy->second == resolve::BinaryPolicy::kOnlyWheels) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = reference.ToString() + " must be built, and only wheels of " +
                            name.ToString() + " are allowed (--only-binary)"};
  }
  return Ok();
}

Result<DirectReferences::Package> DirectReferences::LookInto(
    const build::DirectReference& reference, const Mention& mention) {
  FLOWSTONE_LET(ReferenceMetadata read, Annotate(ReadReference(reference, mention.requirement.name,
                                                               request_.stated_metadata, builds_),
                                                 "for the requirements of " + mention.asker));
  Package package{.reference = reference,
                  .source = std::move(read.located.source),
                  .asker = mention.asker,
                  .fields = std::move(read.fields),
                  .metadata = std::move(read.text)};
  if (read.located.wheel) {
    package.file_name = read.located.wheel->file_name;
  } else {
    FLOWSTONE_TRY(CheckBuildAllowed(package.fields.name, reference));
    package.file_name = UniversalWheelName(package.fields);
  }
  return package;
}

void DirectReferences::NoteDependencies(const Package& package) {
  const std::string asker =
      package.fields.name.ToString() + " " + package.fields.version.ToString();
  for (const pypi::CoreMetadata::Dependency& dependency : package.fields.requires_dist) {
    const pypi::Requirement& requirement = dependency.requirement;
    const pypi::MarkerDiagram marker = algebra_.Of(requirement.marker);
    pypi::MarkerDiagram where = algebra_.WithExtra(marker, {});
    for (const pypi::ExtraName& extra : package.extras) {
      where = algebra_.Or(where, algebra_.WithExtra(marker, extra));
    }
    where = algebra_.And(where, package.where);
    if (!IsActive(where)) {
      continue;
    }
    const bool is_override = std::ranges::any_of(request_.overrides, [&](const auto& wish) {
      return wish.requirement.name == requirement.name;
    });
    // An extra of its own, as in `pkg[all]`: what that extra needs counts too.
    if (requirement.name == package.fields.name && !requirement.extras.empty()) {
      pypi::Requirement own = requirement;
      own.url = package.reference.ToString();
      if (package.reference.use == build::EditableUse::kEditable) {
        own.url = build::EditableUrl(own.url);
      }
      mentions_.push_back({own, asker, where});
    } else if (!requirement.url.empty() && !is_override) {
      mentions_.push_back({requirement, asker, where});
    }
  }
}

void DirectReferences::MakePlain() {
  for (auto* wishes : {&plain_.requirements, &plain_.constraints, &plain_.overrides}) {
    for (resolve::RequestedRequirement& wish : *wishes) {
      if (const auto named = names_.find(wish.requirement.url); named != names_.end()) {
        wish.requirement.name = named->second;
      }
      wish.requirement.url.clear();
    }
  }
  for (const auto& [name, package] : packages_) {
    // Not a matter of taste for what has one candidate.
    if (packages_.count(name) == 1 && algebra_.IsCertain(package.where)) {
      plain_.policies.binaries.by_project[name] = resolve::BinaryPolicy::kOnlyWheels;
    }
  }
}

std::vector<ReferencedProject> DirectReferences::Projects() {
  std::vector<ReferencedProject> projects;
  for (const auto& [name, package] : packages_) {
    auto files = std::make_shared<index::ProjectFiles>();
    files->name = name;
    files->found = true;
    // Older than any cut-off: nobody published it.
    index::IndexFile file{.filename = package.file_name,
                          .url = package.reference.ToString(),
                          .sha256 = {},
                          .upload_time_us = 0};
    const std::optional<Digest> sha256 = package.source.file.Sha256();
    // The resolver wants every file to have a digest; the lock names the source by its own.
    file.sha256 = sha256 ? *sha256 : Digest::Of(package.reference.ToString());
    files->sources.push_back(
        {.kind = index::FileSource::Kind::kIndex, .location = package.reference.ToString()});
    files->listings.push_back(index::Listing::Of({.name = {}, .files = {std::move(file)}}, name));
    projects.push_back({.name = name,
                        .where = algebra_.ToMarker(package.where),
                        .files = std::move(files),
                        .metadata = WithoutUrls(package.metadata)});
  }
  return projects;
}

std::string DirectReferences::WithoutUrls(const std::string& metadata) const {
  constexpr std::string_view field = "requires-dist:";
  std::string plain;
  for (const std::string_view line : SplitLines(metadata)) {
    std::string text(line);
    if (AsciiLower(line.substr(0, field.size())) == field &&
        line.find('@') != std::string_view::npos) {
      auto requirement = pypi::ParseRequirementLeniently(TrimText(line.substr(field.size())));
      if (requirement && !requirement->value.url.empty()) {
        const auto [first, last] = packages_.equal_range(requirement->value.name);
        const auto meant = build::DirectReference::Parse(requirement->value.url);
        const bool is_known = meant && std::any_of(first, last, [&](const auto& entry) {
                                return entry.second.reference.IsSameSourceAs(*meant);
                              });
        if (is_known) {
          requirement->value.url.clear();
          text = "Requires-Dist: " + requirement->value.ToString();
        }
      }
    }
    plain += text + "\n";
  }
  return plain;
}

void DirectReferences::Complete(lock::Lock& lock) const {
  if (packages_.empty() && !NamesReference(request_)) {
    return;  // it was resolved as it is
  }
  for (lock::LockedPackage& package : lock.packages) {
    // The resolver takes the reference for an index.
    const auto [first, last] = packages_.equal_range(package.name);
    const auto found = std::find_if(first, last, [&](const auto& entry) {
      return entry.second.reference.ToString() == package.index;
    });
    if (found == last) {
      continue;
    }
    package.direct = found->second.source;
    package.index.clear();
    package.sdist.reset();
    package.wheels.clear();
    if (package.direct->kind == lock::DirectKind::kDirectory) {
      package.version.reset();  // PEP 751: the tree may say something else tomorrow
    }
  }
  if (lock.tool) {
    const lock::ToolTable record = resolve::RecordOf(request_);
    lock.tool->requests = record.requests;
    lock.tool->requirements = record.requirements;
    lock.tool->constraints = record.constraints;
    lock.tool->overrides = record.overrides;
    lock.tool->options = record.options;
    lock.tool->exclude_newer_packages = record.exclude_newer_packages;
  }
}

}  // namespace flowstone::app
