#include "flowstone/cli/lock_options.h"

#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/cli/option_table.h"

namespace flowstone::cli {
namespace {

using project::NameChoice;

std::vector<std::string> SeparateWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (!IsAsciiSpace(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) {
    words.push_back(std::move(word));
  }
  return words;
}

// What was given on the command line, or else what the first variable that is set lists.
std::vector<std::string> ListOf(const EngineSession& session, const std::string& key) {
  if (session.arguments.Has(key)) {
    return session.arguments.Values(key);
  }
  for (const std::string_view variable : VariablesOf(FindOption(key))) {
    if (const auto value = session.machine.environment.GetNonEmpty(variable)) {
      return SeparateWords(*value);
    }
  }
  return {};
}

template <class Name>
Result<std::vector<Name>> NamesOf(const EngineSession& session, const std::string& key) {
  std::vector<Name> names;
  for (const std::string& text : ListOf(session, key)) {
    for (const std::string_view piece : SplitText(text, ',')) {
      FLOWSTONE_LET(Name name, Annotate(Name::Parse(TrimText(piece)), "while reading --" + key));
      names.push_back(std::move(name));
    }
  }
  return names;
}

Status Choose(const EngineSession& session, const std::string& key, NameChoice::Side side,
              NameChoice& choice) {
  for (const std::string& words : ListOf(session, key)) {
    FLOWSTONE_TRY(Annotate(choice.Choose(side, words), "while reading --" + key));
  }
  return Ok();
}

Result<NameChoice> BinariesOf(const EngineSession& session) {
  constexpr auto only_wheels = NameChoice::Side::kFirst;
  constexpr auto no_wheels = NameChoice::Side::kSecond;
  NameChoice choice;
  if (session.arguments.Has("no-build")) {
    FLOWSTONE_TRY(choice.Choose(only_wheels, ":all:"));
  }
  FLOWSTONE_TRY(Choose(session, "only-binary", only_wheels, choice));
  FLOWSTONE_TRY(Choose(session, "no-binary", no_wheels, choice));
  FLOWSTONE_TRY(Choose(session, "no-build-package", only_wheels, choice));
  FLOWSTONE_TRY(Choose(session, "no-binary-package", no_wheels, choice));
  return choice;
}

Result<std::map<pypi::Name, std::string>> CutoffsOf(const EngineSession& session) {
  std::map<pypi::Name, std::string> cutoffs;
  for (const std::string& text : ListOf(session, "exclude-newer-package")) {
    const std::size_t equals = text.find('=');
    const Result<pypi::Name> name = pypi::Name::Parse(text.substr(0, equals));
    if (equals == std::string::npos || !name) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "--exclude-newer-package is '" + text + "', not NAME=DATE",
                   .hints = {"NAME=false lets all files of a package count"}};
    }
    cutoffs[*name] = text.substr(equals + 1);
  }
  return cutoffs;
}

bool NamesIndexStrategy(const EngineSession& session) {
  if (session.arguments.Has("index-strategy")) {
    return true;
  }
  for (const std::string_view variable : VariablesOf(FindOption("index-strategy"))) {
    if (session.machine.environment.GetNonEmpty(variable)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<app::LockInputSpec> LockInputsOf(const EngineSession& session,
                                        const std::vector<std::string>& pip_constraints) {
  app::LockInputSpec spec{.files = session.arguments.Values("requirements"),
                          .constraint_files = ListOf(session, "constraint"),
                          .override_files = ListOf(session, "override"),
                          .build_constraint_files = ListOf(session, "build-constraint"),
                          .groups = session.arguments.Values("group")};
  spec.editables = session.arguments.Values("editable");
  if (const auto found = session.arguments.positionals.find("spec");
      found != session.arguments.positionals.end()) {
    spec.requirements = found->second;
  }
  if (!session.arguments.Has("constraint") && spec.constraint_files.empty()) {
    spec.constraint_files = pip_constraints;
  }
  if (!session.arguments.Has("constraint")) {
    spec.which_constraints = app::LockInputSpec::Constraints::kConfigured;
  }
  FLOWSTONE_LET(spec.excludes, NamesOf<pypi::Name>(session, "exclude"));
  FLOWSTONE_LET(spec.extras, NamesOf<pypi::ExtraName>(session, "extra"));
  if (session.arguments.Has("all-extras")) {
    spec.which_extras = app::LockInputSpec::Extras::kAll;
  }
  return spec;
}

Result<app::LockPolicyWish> LockPoliciesOf(const EngineSession& session) {
  const ParsedArguments& arguments = session.arguments;
  app::LockPolicyWish wish{.resolution = arguments.Value("resolution"),
                           .prerelease = arguments.Value("prerelease"),
                           .exclude_newer = arguments.Value("exclude-newer"),
                           .require_hashes = arguments.Has("require-hashes"),
                           .names_index_strategy = NamesIndexStrategy(session)};
  if (const std::vector<std::string> forks = ListOf(session, "fork-strategy"); !forks.empty()) {
    wish.fork_strategy = forks.back();
  }
  if (const auto name = arguments.Value("compat")) {
    wish.compat = resolve::ParseCompatibility(*name);
    if (!wish.compat) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "--compat is '" + *name + "', which is none of uv and pip"};
    }
  }
  if (arguments.Has("pre")) {
    if (wish.prerelease && *wish.prerelease != "allow") {
      return Error{
          .code = ErrorCode::kInvalid,
          .message = "--pre and --prerelease " + *wish.prerelease + " contradict each other"};
    }
    wish.prerelease = "allow";
  }
  FLOWSTONE_LET(wish.exclude_newer_package, CutoffsOf(session));
  FLOWSTONE_LET(wish.binaries, BinariesOf(session));
  return wish;
}

}  // namespace flowstone::cli
