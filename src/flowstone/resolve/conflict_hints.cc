#include "flowstone/resolve/conflict_hints.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "flowstone/pypi/version_set.h"
#include "flowstone/resolve/elsewhere_hints.h"
#include "flowstone/resolve/name_hints.h"
#include "flowstone/resolve/release_hints.h"
#include "flowstone/solve/conflict.h"

namespace flowstone::resolve {
namespace {

// More of them nobody reads.
constexpr std::size_t kMaxHints = 4;

class HintWriter {
 public:
  HintWriter(const std::vector<solve::ReasonFact>& facts, const IndexProvider& provider,
             const ResolveRequest& request, CandidateSource& source, const ResolveOptions& options)
      : provider_(provider),
        request_(request),
        source_(source),
        options_(options),
        releases_(provider, request, options),
        elsewhere_(facts, provider, request, source) {}

  void Consider(const solve::ReasonFact& fact) {
    if (const auto* dependency = std::get_if<solve::DependencyFact>(&fact)) {
      ConsiderDependency(*dependency);
      return;
    }
    const auto& unusable = std::get<solve::UnusableFact>(fact);
    if (provider_.IsProject(unusable.package)) {
      Add(elsewhere_.Of(unusable.package));
      Add(releases_.OfRejected(unusable.package, unusable.candidates));
    }
  }

  std::vector<std::string> Texts() {
    std::ranges::stable_sort(hints_, {}, &Hint::kind);
    std::vector<std::string> texts;
    for (Hint& hint : hints_) {
      if (texts.size() < kMaxHints && std::ranges::find(texts, hint.text) == texts.end()) {
        texts.push_back(std::move(hint.text));
      }
    }
    return texts;
  }

 private:
  void Add(std::optional<Hint> hint) {
    if (hint) {
      hints_.push_back(*std::move(hint));
    }
  }
  void Add(std::vector<Hint> hints) {
    for (Hint& hint : hints) {
      hints_.push_back(std::move(hint));
    }
  }

  void ConsiderDependency(const solve::DependencyFact& fact) {
    if (!provider_.IsProject(fact.package)) {
      return;
    }
    const ProjectVersions& versions = provider_.Versions(fact.package);
    const auto requirer = fact.dependent == provider_.vocabulary().request()
                              ? ReleaseHints::Requirer::kRequest
                              : ReleaseHints::Requirer::kPackage;
    std::optional<Hint> elsewhere = elsewhere_.Of(fact.package);
    if (!versions.files().found && !elsewhere) {
      ConsiderName(versions.files().name, requirer);
    }
    Add(std::move(elsewhere));
    if (fact.allowed.is_empty()) {
      Add(releases_.OfMissing(fact.package, provider_.vocabulary()[fact.range].versions, requirer));
    }
    ConsiderOverrides(fact);
  }

  // What packages ask for is not misspelt: an index is missing.
  void ConsiderName(const pypi::Name& name, ReleaseHints::Requirer requirer) {
    if (requirer == ReleaseHints::Requirer::kPackage) {
      hints_.push_back({HintKind::kName,
                        "name the index that has " + name.ToString() + " with --extra-index-url"});
      return;
    }
    std::vector<pypi::Name> known;
    known.reserve(request_.requirements.size() + options_.preferences.size());
    for (const RequestedRequirement& wish : request_.requirements) {
      known.push_back(wish.requirement.name);
    }
    for (const auto& [preferred, version] : options_.preferences) {
      known.push_back(preferred);
    }
    std::string text = NameHint(name, known, source_);
    if (text.empty()) {
      text = "check the spelling, or name the index that has it with --extra-index-url";
    }
    hints_.push_back({HintKind::kName, std::move(text)});
  }

  // A dependency that is not what the package says.
  void ConsiderOverrides(const solve::DependencyFact& fact) {
    if (fact.dependent == provider_.vocabulary().request()) {
      return;
    }
    const pypi::Name& name = provider_.vocabulary()[fact.package].name;
    for (const RequestedRequirement& override : request_.overrides) {
      if (override.requirement.name == name) {
        hints_.push_back({HintKind::kOverride, name.ToString() +
                                                   override.requirement.specifiers.ToString() +
                                                   " is what the override of " + override.origin +
                                                   " says, whatever packages ask for"});
      }
    }
  }

  const IndexProvider& provider_;
  const ResolveRequest& request_;
  CandidateSource& source_;
  const ResolveOptions& options_;
  const ReleaseHints releases_;
  ElsewhereHints elsewhere_;
  std::vector<Hint> hints_;
};

}  // namespace

std::vector<std::string> HintsFor(const std::vector<solve::ReasonFact>& facts,
                                  const IndexProvider& provider, const ResolveRequest& request,
                                  CandidateSource& source, const ResolveOptions& options) {
  HintWriter writer(facts, provider, request, source, options);
  for (const solve::ReasonFact& fact : facts) {
    writer.Consider(fact);
  }
  return writer.Texts();
}

}  // namespace flowstone::resolve
