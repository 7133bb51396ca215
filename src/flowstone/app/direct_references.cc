#include "flowstone/app/direct_references.h"

#include <algorithm>
#include <span>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/net/redact.h"
#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/request_record.h"

namespace flowstone::app {
namespace {

// What resolving takes a source for: a wheel for everything, because one will be built.
std::string UniversalWheelName(const pypi::CoreMetadata& fields) {
  return fields.name.Escaped() + "-" + fields.version.ToString() + "-py3-none-any.whl";
}

struct ReferenceMetadata {
  LocatedReference located;
  std::string text;
  pypi::CoreMetadata fields;
};

Result<ReferenceMetadata> ReadReference(const build::DirectReference& reference,
                                        SourceBuilds& builds) {
  ReferenceMetadata read;
  FLOWSTONE_LET(read.located, builds.Locate(reference));
  if (read.located.wheel) {
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

}  // namespace

Result<DirectReferences> DirectReferences::Collect(const resolve::ResolveRequest& request,
                                                   SourceBuilds& builds) {
  DirectReferences references(request, builds);
  references.NoteRequest();
  while (!references.mentions_.empty()) {
    const Mention mention = std::move(references.mentions_.front());
    references.mentions_.erase(references.mentions_.begin());
    FLOWSTONE_TRY(references.Follow(mention));
  }
  references.MakePlain();
  return references;
}

void DirectReferences::NoteRequest() {
  const auto is_overridden = [&](const pypi::Name& name) {
    return std::ranges::any_of(request_.overrides,
                               [&](const auto& wish) { return wish.requirement.name == name; });
  };
  for (const auto* wishes : {&request_.overrides, &request_.requirements, &request_.constraints}) {
    for (const resolve::RequestedRequirement& wish : *wishes) {
      const bool counts = wishes == &request_.overrides || !is_overridden(wish.requirement.name);
      if (!wish.requirement.url.empty() && counts && IsActive(wish.requirement.marker, {})) {
        mentions_.push_back({wish.requirement, wish.origin.empty() ? "the request" : wish.origin});
      }
    }
  }
}

bool DirectReferences::IsActive(const pypi::Marker& marker,
                                const std::set<pypi::ExtraName>& extras) const {
  if (request_.universal) {
    return true;  // somewhere
  }
  const std::vector<pypi::ExtraName> asked(extras.begin(), extras.end());
  return marker.Evaluate(request_.target.markers, asked);
}

std::map<pypi::Name, DirectReferences::Package>::iterator DirectReferences::FindSource(
    const build::DirectReference& reference) {
  return std::ranges::find_if(packages_, [&](const auto& entry) {
    return entry.second.reference.IsSameSourceAs(reference);
  });
}

Status DirectReferences::Follow(const Mention& mention) {
  const pypi::Requirement& requirement = mention.requirement;
  FLOWSTONE_LET(const build::DirectReference reference,
                Annotate(build::DirectReference::Parse(requirement.url),
                         "in the requirements of " + mention.asker));
  auto known = requirement.name.empty() ? FindSource(reference) : packages_.find(requirement.name);
  if (known == packages_.end()) {
    FLOWSTONE_LET(Package package, LookInto(reference, mention.asker));
    if (const auto other = packages_.find(package.fields.name); other != packages_.end()) {
      return TwoPlaces(other->first, other->second.reference.ToString(), other->second.asker,
                       reference.ToString(), mention.asker);
    }
    if (!requirement.name.empty() && package.fields.name != requirement.name) {
      return Error{ErrorCode::kInvalid, reference.ToString() + " is the project " +
                                            package.fields.name.ToString() + ", and " +
                                            mention.asker + " wants " +
                                            requirement.name.ToString() + " from it"};
    }
    known = packages_.emplace(package.fields.name, std::move(package)).first;
    known->second.extras = {requirement.extras.begin(), requirement.extras.end()};
    names_.emplace(requirement.url, known->first);
    NoteDependencies(known->second);
    return Ok();
  }
  Package& package = known->second;
  names_.emplace(requirement.url, known->first);
  if (!package.reference.IsSameSourceAs(reference)) {
    return TwoPlaces(known->first, package.reference.ToString(), package.asker,
                     reference.ToString(), mention.asker);
  }
  const std::size_t before = package.extras.size();
  package.extras.insert(requirement.extras.begin(), requirement.extras.end());
  if (package.extras.size() != before) {
    NoteDependencies(package);
  }
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
    const build::DirectReference& reference, const std::string& asker) {
  FLOWSTONE_LET(ReferenceMetadata read,
                Annotate(ReadReference(reference, builds_), "for the requirements of " + asker));
  Package package{.reference = reference,
                  .source = std::move(read.located.source),
                  .asker = asker,
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
    const bool is_active = IsActive(requirement.marker, package.extras);
    const bool is_override = std::ranges::any_of(request_.overrides, [&](const auto& wish) {
      return wish.requirement.name == requirement.name;
    });
    // An extra of its own, as in `pkg[all]`: what that extra needs counts too.
    if (is_active && requirement.name == package.fields.name && !requirement.extras.empty()) {
      pypi::Requirement own = requirement;
      own.url = package.reference.ToString();
      if (package.reference.use == build::EditableUse::kEditable) {
        own.url = build::EditableUrl(own.url);
      }
      mentions_.push_back({own, asker});
    } else if (is_active && !requirement.url.empty() && !is_override) {
      mentions_.push_back({requirement, asker});
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
    // None of these is a matter of taste for what has one candidate.
    plain_.policies.binaries.by_project[name] = resolve::BinaryPolicy::kOnlyWheels;
    plain_.exclude_newer_of_us[name] = std::nullopt;
  }
}

std::shared_ptr<const index::ProjectFiles> DirectReferences::Project(const pypi::Name& name) const {
  const Package& package = packages_.at(name);
  index::ProjectFiles files;
  files.name = name;
  files.found = true;
  index::IndexFile file{
      .filename = package.file_name, .url = package.reference.ToString(), .sha256 = {}};
  const std::optional<Digest> sha256 = package.source.file.Sha256();
  // The resolver wants every file to have a digest; the lock names the source by its own.
  file.sha256 = sha256 ? *sha256 : Digest::Of(package.reference.ToString());
  files.sources.push_back({.kind = index::FileSource::Kind::kIndex});
  files.listings.push_back(index::Listing::Of({.name = {}, .files = {std::move(file)}}, name));
  return std::make_shared<const index::ProjectFiles>(std::move(files));
}

const std::string* DirectReferences::MetadataOf(const index::IndexFile& file) const {
  for (const auto& [name, package] : packages_) {
    if (package.file_name == file.filename && package.reference.ToString() == file.url) {
      return &package.metadata;
    }
  }
  return nullptr;
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
        const auto known = packages_.find(requirement->value.name);
        const auto meant = build::DirectReference::Parse(requirement->value.url);
        if (known != packages_.end() && meant && known->second.reference.IsSameSourceAs(*meant)) {
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
  for (lock::LockedPackage& package : lock.packages) {
    const auto found = packages_.find(package.name);
    if (found == packages_.end()) {
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
