// Scout: while the solver waits for an answer, asks for what will probably be needed next: the
// metadata of the release that would be tried first when a page has come in, the pages of what it
// depends on when metadata has come in. So a level of the dependency graph costs two round trips,
// and no branch waits for another.
//
// Nothing of it has an influence on what is answered: it begins requests, and reads what came in
// earlier than the solver would have. When everything is cached, nothing is waited for and the
// scout does nothing. Lives on the solver's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "flowstone/index/package_index.h"
#include "flowstone/index/project_page.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/candidate_source.h"
#include "flowstone/resolve/dependency_rules.h"
#include "flowstone/resolve/project_record.h"
#include "flowstone/solve/ids.h"

namespace flowstone::resolve {

class Scout {
 public:
  // The references outlive this.
  Scout(CandidateSource& source, ProjectReader& reader, const DependencyRules& rules)
      : source_(source), reader_(reader), rules_(rules) {}
  Scout(const Scout&) = delete;
  Scout& operator=(const Scout&) = delete;

  // The solver will ask for the project, in `range` if that is known.
  void AnnounceProject(const pypi::Name& name, const pypi::VersionSet* range);
  void AnnounceExtra(const pypi::Name& name, const pypi::ExtraName& extra);
  // The solver will look into this release of a project that it knows.
  void AnnounceRelease(ProjectRecord& record, solve::Ordinal candidate);

  // Wait until the source has the answer.
  void AwaitProject(const pypi::Name& name);
  void AwaitMetadata(const index::IndexFile& file);
  // The record of a project that was opened here, for the solver to go on with; null: none was.
  std::unique_ptr<ProjectRecord> TakeRecord(const pypi::Name& name);

 private:
  // A project that is probably needed.
  struct Prospect {
    pypi::VersionSet range = pypi::VersionSet::Full();  // that all who need it agree about
    std::vector<pypi::ExtraName> extras = {};
    std::unique_ptr<ProjectRecord> own = nullptr;  // until the solver takes it
    ProjectRecord* record = nullptr;               // once its page is there
    std::optional<solve::Ordinal> candidate = {};  // whose metadata was asked for
    const ReleaseMetadata* metadata = nullptr;     // of the candidate, once it is there
    std::uint32_t picks = 0;                       // of candidates, so far
  };

  Prospect& ProspectOf(const pypi::Name& name);
  void Need(const pypi::Requirement& requirement);
  void NeedExtra(Prospect& prospect, const pypi::ExtraName& extra);
  void Take(const Arrival& arrival);
  void TakeProject(const pypi::Name& name);
  void TakeMetadata(const index::IndexFile& file);
  // Asks for the metadata of the release that would be tried first.
  void Pick(Prospect& prospect);
  void AwaitRelease(Prospect& prospect, solve::Ordinal candidate);
  // Asks for what the candidate depends on with this extra; empty: with none.
  void Follow(const Prospect& prospect, const pypi::ExtraName& extra);
  void TakeAllThere();

  CandidateSource& source_;
  ProjectReader& reader_;
  const DependencyRules& rules_;
  std::optional<std::unordered_map<pypi::Name, pypi::VersionSet>> constraints_;
  std::unordered_map<pypi::Name, Prospect> prospects_;
  std::unordered_map<std::string, pypi::Name> awaited_;  // projects, by URLs of files
  std::deque<Arrival> there_;                            // what the source had at once
};

}  // namespace flowstone::resolve
