#include "flowstone/resolve/scout.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "flowstone/pypi/requirement.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::resolve {
namespace {

// The ranges get narrower while requirements become known. Each new favourite costs a request, and
// what it depends on some more.
constexpr std::uint32_t kMostPicks = 2;

}  // namespace

void Scout::AnnounceProject(const pypi::Name& name, const pypi::VersionSet* range) {
  if (source_.StartProject(name) == Readiness::kThere) {
    return;  // the solver will not wait for it
  }
  Prospect& prospect = ProspectOf(name);
  if (range != nullptr) {
    prospect.range = prospect.range.Intersection(*range);
  }
}

void Scout::AnnounceExtra(const pypi::Name& name, const pypi::ExtraName& extra) {
  if (const auto prospect = prospects_.find(name); prospect != prospects_.end()) {
    NeedExtra(prospect->second, extra);
    TakeAllThere();
  }
}

void Scout::AnnounceRelease(ProjectRecord& record, solve::Ordinal candidate) {
  Prospect& prospect = ProspectOf(record.versions.files().name);
  if (prospect.candidate) {
    return;
  }
  prospect.record = &record;
  prospect.candidate = candidate;
  awaited_.emplace(record.versions.MetadataFile(candidate).url, record.versions.files().name);
}

void Scout::AwaitProject(const pypi::Name& name) {
  if (prospects_.empty()) {
    return;  // nothing can be done meanwhile: who reads the answer waits for it
  }
  while (const std::optional<Arrival> arrival = source_.AwaitProject(name)) {
    Take(*arrival);
    TakeAllThere();
  }
}

void Scout::AwaitMetadata(const index::IndexFile& file) {
  if (prospects_.empty()) {
    return;  // as above
  }
  while (const std::optional<Arrival> arrival = source_.AwaitMetadata(file)) {
    Take(*arrival);
    TakeAllThere();
  }
}

std::unique_ptr<ProjectRecord> Scout::TakeRecord(const pypi::Name& name) {
  const auto prospect = prospects_.find(name);
  return prospect == prospects_.end() ? nullptr : std::move(prospect->second.own);
}

Scout::Prospect& Scout::ProspectOf(const pypi::Name& name) {
  const auto [entry, is_new] = prospects_.try_emplace(name);
  if (is_new) {
    if (!constraints_) {
      constraints_.emplace();
      for (const RequestedRequirement& wish : rules_.Constraints()) {
        const auto [known, is_first] =
            constraints_->try_emplace(wish.requirement.name, pypi::VersionSet::Full());
        known->second = known->second.Intersection(wish.requirement.specifiers.ToVersionSet());
      }
    }
    if (const auto range = constraints_->find(name); range != constraints_->end()) {
      entry->second.range = range->second;
    }
  }
  return entry->second;
}

void Scout::Need(const pypi::Requirement& requirement) {
  const bool is_known = prospects_.contains(requirement.name);
  Prospect& prospect = ProspectOf(requirement.name);
  const pypi::VersionSet narrower =
      prospect.range.Intersection(requirement.specifiers.ToVersionSet());
  // Who is right when they disagree, the solver finds out.
  if (!narrower.is_empty()) {
    prospect.range = narrower;
  }
  for (const pypi::ExtraName& extra : requirement.extras) {
    NeedExtra(prospect, extra);
  }
  if (!is_known) {
    if (source_.StartProject(requirement.name) == Readiness::kThere) {
      there_.emplace_back(requirement.name);
    }
  } else if (prospect.own != nullptr) {
    Pick(prospect);
  }
}

void Scout::NeedExtra(Prospect& prospect, const pypi::ExtraName& extra) {
  if (std::ranges::find(prospect.extras, extra) != prospect.extras.end()) {
    return;
  }
  prospect.extras.push_back(extra);
  if (prospect.metadata != nullptr) {
    Follow(prospect, extra);
  }
}

void Scout::TakeAllThere() {
  while (!there_.empty()) {
    const Arrival arrival = std::move(there_.front());
    there_.pop_front();
    Take(arrival);
  }
}

void Scout::Take(const Arrival& arrival) {
  if (const auto* project = std::get_if<pypi::Name>(&arrival)) {
    TakeProject(*project);
  } else {
    TakeMetadata(std::get<index::IndexFile>(arrival));
  }
}

void Scout::TakeProject(const pypi::Name& name) {
  const auto known = prospects_.find(name);
  if (known == prospects_.end() || known->second.record != nullptr) {
    return;
  }
  // A failure is for the solver to report, if it asks.
  auto files = source_.Project(name);
  if (!files || !(*files)->found) {
    return;
  }
  Prospect& prospect = known->second;
  prospect.own = reader_.Open(*std::move(files));
  prospect.record = prospect.own.get();
  Pick(prospect);
}

void Scout::Pick(Prospect& prospect) {
  const ProjectVersions& versions = prospect.record->versions;
  // Sources are only looked into when they are chosen: they may have to be built for it.
  if (prospect.picks == kMostPicks) {
    return;
  }
  const auto best = versions.BestWithWheel(versions.Within(prospect.range));
  if (best && prospect.candidate != best) {
    ++prospect.picks;
    AwaitRelease(prospect, *best);
  }
}

void Scout::AwaitRelease(Prospect& prospect, solve::Ordinal candidate) {
  prospect.candidate = candidate;
  prospect.metadata = nullptr;
  prospect.record->prefetched.Insert(candidate);
  const index::IndexFile file = prospect.record->versions.MetadataFile(candidate);
  awaited_.emplace(file.url, prospect.record->versions.files().name);
  if (source_.StartMetadata(file) == Readiness::kThere) {
    there_.emplace_back(file);
  } else {
    prospect.record->waits_for_servers = true;
  }
}

void Scout::TakeMetadata(const index::IndexFile& file) {
  const auto project = awaited_.find(file.url);
  if (project == awaited_.end()) {
    return;
  }
  Prospect& prospect = prospects_.at(project->second);
  ProjectRecord& record = *prospect.record;
  if (prospect.metadata != nullptr || record.versions.MetadataFile(*prospect.candidate) != file) {
    return;
  }
  auto verdict = record.verdicts.find(*prospect.candidate);
  if (verdict == record.verdicts.end()) {
    const auto metadata = source_.Metadata(file);
    if (!metadata) {
      return;
    }
    reader_.Judge(record, *prospect.candidate, metadata);
    verdict = record.verdicts.find(*prospect.candidate);
  }
  prospect.metadata = std::get_if<ReleaseMetadata>(&verdict->second);
  if (prospect.metadata == nullptr) {
    return;
  }
  Follow(prospect, {});
  // Following may add extras, of itself as well: those are followed when they are added.
  const std::vector<pypi::ExtraName> extras = prospect.extras;
  for (const pypi::ExtraName& extra : extras) {
    Follow(prospect, extra);
  }
}

void Scout::Follow(const Prospect& prospect, const pypi::ExtraName& extra) {
  std::vector<const ReleaseDependency*> dependencies;
  prospect.metadata->EachDependency(
      [&](std::string_view condition) { return condition == extra.ToString(); },
      [&](const ReleaseDependency& dependency) { dependencies.push_back(&dependency); });
  for (const ReleaseDependency* dependency : dependencies) {
    Need(dependency->requirement());
  }
}

}  // namespace flowstone::resolve
