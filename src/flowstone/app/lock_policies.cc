#include "flowstone/app/lock_policies.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
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
  Result<std::optional<resolve::PrereleaseMode>> PrereleasesOfFiles() const;
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

Result<std::optional<resolve::PrereleaseMode>> PolicyWriter::PrereleasesOfFiles() const {
  const NameChoice& releases = inputs_.options.releases;
  if (!releases.first().names.empty() || !releases.second().names.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message =
                     "a requirements file allows or forbids pre-releases of single projects "
                     "(--all-releases, --only-final), which is not supported",
                 .hints = {"name a pre-release in the requirement of the project: NAME>=1.0a0"}};
  }
  if (releases.first().scope == ChosenNames::Scope::kAll) {
    return std::optional(resolve::PrereleaseMode::kAllow);
  }
  if (releases.second().scope == ChosenNames::Scope::kAll) {
    return std::optional(resolve::PrereleaseMode::kDisallow);
  }
  return std::optional<resolve::PrereleaseMode>();
}

Status PolicyWriter::ApplyPrereleases() {
  const std::vector<std::string> known = {
      "disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit", "pep440"};
  const auto set = [&](const std::string& who, const std::string& value) -> Status {
    const auto mode = resolve::ParsePrereleaseMode(value);
    if (!mode) {
      return NoSuchPolicy(who, value, known);
    }
    settings_.policies.prereleases = *mode;
    return Ok();
  };
  if (wish_.prerelease) {
    return set(wish_.Shown("prerelease"), *wish_.prerelease);
  }
  FLOWSTONE_LET(const auto of_files, PrereleasesOfFiles());
  if (of_files) {
    settings_.policies.prereleases = *of_files;
    return Ok();
  }
  if (const auto [who, value] = UvValue("prerelease", &UvTable::prerelease); !value.empty()) {
    return set(who, value);
  }
  if (pip_.prereleases) {
    const std::string word = AsciiLower(*pip_.prereleases);
    if (word == "1" || word == "true" || word == "yes" || word == "on") {
      settings_.policies.prereleases = resolve::PrereleaseMode::kAllow;
    }
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
  for (auto heard = inputs_.uv_tables.rbegin(); heard != inputs_.uv_tables.rend(); ++heard) {
    const UvTable& table = heard->table;
    NameChoice of_uv;
    if (table.no_build) {
      FLOWSTONE_TRY(of_uv.Choose(NameChoice::Side::kFirst, ":all:"));
    }
    if (table.no_binary) {
      FLOWSTONE_TRY(of_uv.Choose(NameChoice::Side::kSecond, ":all:"));
    }
    for (const pypi::Name& name : table.no_build_package) {
      FLOWSTONE_TRY(of_uv.Choose(NameChoice::Side::kFirst, name.ToString()));
    }
    for (const pypi::Name& name : table.no_binary_package) {
      FLOWSTONE_TRY(of_uv.Choose(NameChoice::Side::kSecond, name.ToString()));
    }
    SetBinaries(of_uv);
  }
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
  const bool uv_requires_them = std::ranges::any_of(
      inputs_.uv_tables, [](const HeardUvTable& heard) { return heard.table.require_hashes; });
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
  FLOWSTONE_TRY(ApplyCutoffs());
  FLOWSTONE_TRY(ApplyBinaries());
  FLOWSTONE_TRY(ApplyHashes());
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
