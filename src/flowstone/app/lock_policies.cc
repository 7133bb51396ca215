#include "flowstone/app/lock_policies.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/base/truth_words.h"
#include "flowstone/project/cutoff.h"

namespace flowstone::app {
namespace {

using project::ChosenNames;
using project::NameChoice;
using project::UvTable;
using resolve::BinaryPolicy;

Error NoSuchPolicy(const std::string& who, const std::string& value,
                   const std::vector<std::string>& known) {
  const std::string but_last = JoinText(std::span(known).first(known.size() - 1), ", ");
  Error error{.code = ErrorCode::kInvalid,
              .message = who + " is '" + value + "', which is none of " + but_last + " and " +
                         known.back()};
  if (const auto nearest = NearestSpelling(value, known)) {
    error.hints.push_back("did you mean '" + *nearest + "'?");
  }
  return error;
}

Result<resolve::PrereleaseMode> PrereleaseModeOf(const std::string& who, const std::string& value) {
  const auto mode = resolve::ParsePrereleaseMode(value);
  if (!mode) {
    return NoSuchPolicy(
        who, value,
        {"disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit", "pep440"});
  }
  return *mode;
}

class PolicyWriter {
 public:
  PolicyWriter(const LockPolicyWish& wish, const LockInputs& inputs, const index::PipChoices& pip,
               std::int64_t now_us, EnvironmentSettings& settings)
      : wish_(wish), inputs_(inputs), pip_(pip), now_us_(now_us), settings_(settings) {}

  Result<std::vector<std::string>> Apply();

 private:
  void ApplyPreset();
  Status ApplyResolution();
  Status ApplyForkStrategy();
  Status ApplyPrereleases();
  Status ApplyPrereleasesOfProjects();
  Status SetPrereleasesOf(const pypi::Name& project, const std::string& who,
                          const std::string& value);
  std::optional<resolve::PrereleaseMode> PrereleasesOfFiles() const;
  Status ApplyCutoffs();
  Status ApplyCutoffsOfUv(const UvTable& table);
  Status SetCutoff(const std::string& who, const std::string& text, project::DateMeaning date);
  Result<std::int64_t> ParseCutoff(const std::string& who, const std::string& text,
                                   project::DateMeaning date) const;
  Status ApplyBinaries();
  Status ApplyHashes();
  void ApplyIndexes();
  // What the first table of uv that has it says, and who that is.
  std::pair<std::string, std::string> UvValue(const std::string& name,
                                              std::optional<std::string> UvTable::*field) const;
  // What the option says, else what uv's tables say under the same name; and who says it. Empty
  // when nobody does.
  std::pair<std::string, std::string> Chosen(const std::string& name,
                                             const std::optional<std::string>& given,
                                             std::optional<std::string> UvTable::*field) const;
  void SetBinaries(const NameChoice& choice);
  // What uv's tables of a kind say together.
  project::FileRefusal RefusalOf(UvTable::Kind kind, project::FileRefusal UvTable::*field) const;
  Result<NameChoice> BinariesOfUv() const;
  void ApplyStatedMetadata();
  void ApplyBuildIsolation();

  const LockPolicyWish& wish_;
  const LockInputs& inputs_;
  const index::PipChoices& pip_;
  const std::int64_t now_us_;
  EnvironmentSettings& settings_;
  std::vector<std::string> notes_;
};

void PolicyWriter::ApplyPreset() {
  if (!wish_.compat) {
    return;
  }
  // Which sources may be built was said apart from the preset.
  resolve::BinaryPolicies binaries = settings_.policies.binaries;
  settings_.policies = resolve::PoliciesFor(*wish_.compat);
  settings_.policies.binaries = std::move(binaries);
  if (*wish_.compat == resolve::Compatibility::kPip && !wish_.names_index_strategy) {
    settings_.packages.request.strategy = "unsafe-best-match";
  }
}

std::pair<std::string, std::string> PolicyWriter::UvValue(
    const std::string& name, std::optional<std::string> UvTable::*field) const {
  for (const HeardUvTable& heard : inputs_.uv_tables) {
    if (heard.table.*field) {
      return {heard.table.Shown(name), *(heard.table.*field)};
    }
  }
  return {};
}

std::pair<std::string, std::string> PolicyWriter::Chosen(
    const std::string& name, const std::optional<std::string>& given,
    std::optional<std::string> UvTable::*field) const {
  if (given && !given->empty()) {
    return {wish_.Shown(name), *given};
  }
  return UvValue(name, field);
}

Status PolicyWriter::ApplyResolution() {
  const auto [who, value] = Chosen("resolution", wish_.resolution, &UvTable::resolution);
  if (value.empty()) {
    return Ok();
  }
  const auto mode = resolve::ParseResolutionMode(value);
  if (!mode) {
    return NoSuchPolicy(who, value, {"highest", "lowest", "lowest-direct"});
  }
  settings_.policies.resolution = *mode;
  return Ok();
}

Status PolicyWriter::ApplyForkStrategy() {
  const auto [who, value] = Chosen("fork-strategy", wish_.fork_strategy, &UvTable::fork_strategy);
  if (value.empty()) {
    return Ok();
  }
  const auto forks = resolve::ParseForkPolicy(value);
  if (!forks) {
    return NoSuchPolicy(who, value, {"requires-python", "fewest"});
  }
  settings_.policies.forks = *forks;
  return Ok();
}

// What requirements files say of all projects.
std::optional<resolve::PrereleaseMode> PolicyWriter::PrereleasesOfFiles() const {
  const NameChoice& releases = inputs_.options.releases;
  if (releases.first().scope == ChosenNames::Scope::kAll) {
    return resolve::PrereleaseMode::kAllow;
  }
  if (releases.second().scope == ChosenNames::Scope::kAll) {
    return resolve::PrereleaseMode::kDisallow;
  }
  return std::nullopt;
}

Status PolicyWriter::SetPrereleasesOf(const pypi::Name& project, const std::string& who,
                                      const std::string& value) {
  FLOWSTONE_LET(const resolve::PrereleaseMode mode, PrereleaseModeOf(who, value));
  settings_.policies.prereleases_of.insert_or_assign(project, mode);
  return Ok();
}

// Whoever counts most speaks last.
Status PolicyWriter::ApplyPrereleasesOfProjects() {
  for (auto heard = inputs_.uv_tables.rbegin(); heard != inputs_.uv_tables.rend(); ++heard) {
    const std::string who = heard->table.Shown("prerelease-package");
    for (const auto& [project, value] : heard->table.prerelease_package) {
      FLOWSTONE_TRY(SetPrereleasesOf(project, who, value));
    }
  }
  for (const pypi::Name& project : inputs_.options.releases.first().names) {
    settings_.policies.prereleases_of[project] = resolve::PrereleaseMode::kAllow;
  }
  for (const pypi::Name& project : inputs_.options.releases.second().names) {
    settings_.policies.prereleases_of[project] = resolve::PrereleaseMode::kDisallow;
  }
  for (const auto& [project, value] : wish_.prerelease_package) {
    FLOWSTONE_TRY(SetPrereleasesOf(project, wish_.Shown("prerelease-package"), value));
  }
  return Ok();
}

Status PolicyWriter::ApplyPrereleases() {
  const auto set = [&](const std::string& who, const std::string& value) -> Status {
    FLOWSTONE_LET(settings_.policies.prereleases, PrereleaseModeOf(who, value));
    return Ok();
  };
  if (wish_.prerelease) {
    return set(wish_.Shown("prerelease"), *wish_.prerelease);
  }
  if (const auto of_files = PrereleasesOfFiles()) {
    settings_.policies.prereleases = *of_files;
    return Ok();
  }
  if (const auto [who, value] = UvValue("prerelease", &UvTable::prerelease); !value.empty()) {
    return set(who, value);
  }
  if (pip_.prereleases && MeansYes(*pip_.prereleases)) {
    settings_.policies.prereleases = resolve::PrereleaseMode::kAllow;
  }
  return Ok();
}

Status PolicyWriter::SetCutoff(const std::string& who, const std::string& text,
                               project::DateMeaning date) {
  if (text == "false") {
    settings_.exclude_newer_us.reset();
    return Ok();
  }
  FLOWSTONE_LET(settings_.exclude_newer_us, ParseCutoff(who, text, date));
  settings_.exclude_newer_kind = CutOffKindOf(text);
  settings_.exclude_newer_origin = who;
  return Ok();
}

Result<std::int64_t> PolicyWriter::ParseCutoff(const std::string& who, const std::string& text,
                                               project::DateMeaning date) const {
  return Annotate(project::ParseCutoff(text, now_us_, date), "while reading " + who);
}

Status PolicyWriter::ApplyCutoffsOfUv(const UvTable& table) {
  constexpr auto whole_day = project::DateMeaning::kWholeDay;
  if (table.exclude_newer) {
    FLOWSTONE_TRY(SetCutoff(table.Shown("exclude-newer"), *table.exclude_newer, whole_day));
  }
  for (const auto& [name, text] : table.exclude_newer_package) {
    std::optional<std::int64_t>& moment = settings_.exclude_newer_of_us[name];
    moment.reset();
    if (text != "false") {
      FLOWSTONE_LET(moment, ParseCutoff(table.Shown("exclude-newer-package"), text, whole_day));
    }
  }
  return Ok();
}

// Whoever counts most speaks last.
Status PolicyWriter::ApplyCutoffs() {
  constexpr auto first_moment = project::DateMeaning::kFirstMoment;
  if (pip_.cut_off) {
    FLOWSTONE_TRY(
        SetCutoff("uploaded-prior-to of " + pip_.cut_off_source, *pip_.cut_off, first_moment));
  }
  for (auto heard = inputs_.uv_tables.rbegin(); heard != inputs_.uv_tables.rend(); ++heard) {
    FLOWSTONE_TRY(ApplyCutoffsOfUv(heard->table));
  }
  if (wish_.exclude_newer) {
    FLOWSTONE_TRY(SetCutoff(wish_.Shown("exclude-newer"), *wish_.exclude_newer, first_moment));
  }
  for (const auto& [name, text] : wish_.exclude_newer_package) {
    std::optional<std::int64_t>& moment = settings_.exclude_newer_of_us[name];
    moment.reset();
    if (text != "false") {
      FLOWSTONE_LET(moment, ParseCutoff(wish_.Shown("exclude-newer-package"), text, first_moment));
    }
  }
  return Ok();
}

void PolicyWriter::SetBinaries(const NameChoice& choice) {
  resolve::BinaryPolicies& binaries = settings_.policies.binaries;
  const auto set = [&](const ChosenNames& chosen, BinaryPolicy policy) {
    if (chosen.scope == ChosenNames::Scope::kAll) {
      binaries = {.by_default = policy, .by_project = {}};
    }
  };
  set(choice.first(), BinaryPolicy::kOnlyWheels);
  set(choice.second(), BinaryPolicy::kNoWheels);
  for (const pypi::Name& name : choice.first().names) {
    binaries.by_project[name] = BinaryPolicy::kOnlyWheels;
  }
  for (const pypi::Name& name : choice.second().names) {
    binaries.by_project[name] = BinaryPolicy::kNoWheels;
  }
}

// As uv merges its files: the nearest one that speaks of all projects counts, the lists add up, and
// `false` empties them.
project::FileRefusal PolicyWriter::RefusalOf(UvTable::Kind kind,
                                             project::FileRefusal UvTable::*field) const {
  project::FileRefusal merged;
  for (const HeardUvTable& heard : inputs_.uv_tables) {
    if (heard.table.kind == kind) {
      const project::FileRefusal& refusal = heard.table.*field;
      merged.of_all = merged.of_all ? merged.of_all : refusal.of_all;
      merged.of.insert(merged.of.end(), refusal.of.begin(), refusal.of.end());
    }
  }
  if (merged.of_all == false) {
    merged.of.clear();
  }
  return merged;
}

// What [pip] refuses is refused besides.
Result<NameChoice> PolicyWriter::BinariesOfUv() const {
  constexpr auto sources = NameChoice::Side::kFirst;
  constexpr auto wheels = NameChoice::Side::kSecond;
  const std::array refusals = {
      std::pair(sources, RefusalOf(UvTable::Kind::kGeneral, &UvTable::no_build)),
      std::pair(sources, RefusalOf(UvTable::Kind::kPip, &UvTable::no_build)),
      std::pair(sources, RefusalOf(UvTable::Kind::kPip, &UvTable::only_binary)),
      std::pair(wheels, RefusalOf(UvTable::Kind::kGeneral, &UvTable::no_binary)),
      std::pair(wheels, RefusalOf(UvTable::Kind::kPip, &UvTable::no_binary))};
  NameChoice choice;
  for (const auto& [side, refusal] : refusals) {
    if (refusal.of_all.value_or(false)) {
      FLOWSTONE_TRY(choice.Choose(side, ":all:"));
    }
  }
  for (const auto& [side, refusal] : refusals) {
    for (const pypi::Name& name : refusal.of) {
      FLOWSTONE_TRY(choice.Choose(side, name.ToString()));
    }
  }
  return choice;
}

// The first statement about a release counts, so the nearest table comes first.
void PolicyWriter::ApplyStatedMetadata() {
  settings_.stated_metadata.clear();
  for (const HeardUvTable& heard : inputs_.uv_tables) {
    std::ranges::copy(heard.table.stated_metadata, std::back_inserter(settings_.stated_metadata));
  }
}

void PolicyWriter::ApplyBuildIsolation() {
  std::string& unisolated = settings_.builds.wish.unisolated;
  if (unisolated.empty() && inputs_.wish.builds.unisolated.empty()) {
    unisolated = pip_.unisolated;
  }
}

Status PolicyWriter::ApplyBinaries() {
  NameChoice of_pip;
  for (const std::string& words : pip_.no_binary) {
    FLOWSTONE_TRY(Annotate(of_pip.Choose(NameChoice::Side::kSecond, words),
                           "in no-binary of the configuration of pip"));
  }
  for (const std::string& words : pip_.only_binary) {
    FLOWSTONE_TRY(Annotate(of_pip.Choose(NameChoice::Side::kFirst, words),
                           "in only-binary of the configuration of pip"));
  }
  SetBinaries(of_pip);
  FLOWSTONE_LET(const NameChoice of_uv, BinariesOfUv());
  SetBinaries(of_uv);
  SetBinaries(inputs_.options.binaries);
  SetBinaries(wish_.binaries);
  const std::optional<project::SourcedText>& prefer = inputs_.options.prefer_binary;
  if (prefer && settings_.policies.binaries.by_default != BinaryPolicy::kOnlyWheels) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = prefer->source.ToString() +
                            ": --prefer-binary is not supported where sources may be used",
                 .hints = {"use --only-binary :all:"}};
  }
  return Ok();
}

// As in pip, one hash anywhere demands hashes everywhere, and each requirement a single version.
Status PolicyWriter::ApplyHashes() {
  const auto of_uv = std::ranges::find_if(inputs_.uv_tables, [](const HeardUvTable& heard) {
    return heard.table.require_hashes.has_value();
  });
  const bool uv_requires_them =
      of_uv != inputs_.uv_tables.end() && of_uv->table.require_hashes == true;
  const bool is_required = wish_.require_hashes || pip_.require_hashes || uv_requires_them ||
                           inputs_.options.require_hashes.value_or(inputs_.has_hashes);
  if (!is_required) {
    return Ok();
  }
  settings_.hashes = resolve::HashPolicy::kRequired;
  for (const resolve::RequestedRequirement& requested : inputs_.wish.requirements) {
    const auto is_pin = [](const pypi::Specifier& specifier) {
      return (specifier.op() == pypi::SpecifierOperator::kEqual && !specifier.is_wildcard()) ||
             specifier.op() == pypi::SpecifierOperator::kArbitraryEqual;
    };
    const auto is_pinned = [&](const resolve::RequestedRequirement& one) {
      return one.requirement.name == requested.requirement.name &&
             (!one.requirement.url.empty() ||
              std::ranges::any_of(one.requirement.specifiers.specifiers(), is_pin));
    };
    if (!is_pinned(requested) && std::ranges::none_of(inputs_.wish.constraints, is_pinned)) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = requested.origin + ": " + requested.requirement.ToString() +
                              " is not pinned with ==, which hashes demand",
                   .hints = {"hashes are demanded because --require-hashes or a --hash is given"}};
    }
  }
  return Ok();
}

// The command line comes first, then the files.
void PolicyWriter::ApplyIndexes() {
  const project::FileOptions& options = inputs_.options;
  index::IndexRequest& request = settings_.packages.request;
  if (options.index_url && !request.index_url) {
    request.index_url = options.index_url->text;
  }
  const auto append = [](const std::vector<project::SourcedText>& from,
                         std::vector<std::string>& to) {
    for (const project::SourcedText& text : from) {
      to.push_back(text.text);
    }
  };
  append(options.extra_index_urls, request.extra_index_urls);
  append(options.find_links, request.find_links);
  append(options.trusted_hosts, request.trusted_hosts);
  if (options.no_index) {
    request.use = index::IndexUse::kFindLinksOnly;
  }
  for (const project::SourcedText& feature : options.features) {
    notes_.push_back(feature.source.ToString() + ": --use-feature " + feature.text +
                     " is about pip's own workings and has no effect here");
  }
}

Result<std::vector<std::string>> PolicyWriter::Apply() {
  ApplyPreset();
  FLOWSTONE_TRY(ApplyResolution());
  FLOWSTONE_TRY(ApplyForkStrategy());
  FLOWSTONE_TRY(ApplyPrereleases());
  FLOWSTONE_TRY(ApplyPrereleasesOfProjects());
  FLOWSTONE_TRY(ApplyCutoffs());
  FLOWSTONE_TRY(ApplyBinaries());
  FLOWSTONE_TRY(ApplyHashes());
  ApplyStatedMetadata();
  ApplyBuildIsolation();
  ApplyIndexes();
  return std::move(notes_);
}

}  // namespace

Result<std::vector<std::string>> ApplyLockPolicies(const LockPolicyWish& wish,
                                                   const LockInputs& inputs,
                                                   const index::PipChoices& pip,
                                                   std::int64_t now_us,
                                                   EnvironmentSettings& settings) {
  return PolicyWriter(wish, inputs, pip, now_us, settings).Apply();
}

resolve::CutOffKind CutOffKindOf(const std::string& text) {
  return project::IsDuration(text) ? resolve::CutOffKind::kAge : resolve::CutOffKind::kMoment;
}

}  // namespace flowstone::app
