#include "flowstone/cli/lock_options.h"

#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/base/truth_words.h"
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

// The options as they were given, with the variables that stand for them.
class GivenOptions {
 public:
  GivenOptions(const ParsedArguments& arguments, const os::Environment& environment)
      : arguments_(arguments), environment_(environment) {}

  // What was given on the command line, or else what the first variable that is set lists, or else
  // what the project says.
  std::vector<std::string> ListOf(const std::string& key) const {
    if (arguments_.Has(key)) {
      return arguments_.Values(key);
    }
    for (const std::string_view variable : VariablesOf(FindOption(key))) {
      const auto value = ListIn(variable);
      if (!value.empty()) {
        return SeparateWords(value);
      }
    }
    return {};
  }

  // Who settled an option that was not given by hand: the project, or a variable.
  std::optional<std::string> SettledBy(const std::string& key) const {
    if (const auto origin = arguments_.origins.find(key); origin != arguments_.origins.end()) {
      return origin->second;
    }
    if (const auto known = arguments_.variables.find(key); known != arguments_.variables.end()) {
      return known->second;
    }
    const OptionSpec& option = FindOption(key);
    for (const std::string_view variable : VariablesOf(option)) {
      const bool counts = option.reader == VariableReader::kOther && !arguments_.Has(key);
      if (counts && !ListIn(variable).empty()) {
        return std::string(variable);
      }
    }
    return std::nullopt;
  }

  bool IsGivenByHand(const std::string& key) const {
    return arguments_.Has(key) && !SettledBy(key);
  }

  template <class Name>
  Result<std::vector<Name>> NamesOf(const std::string& key) const {
    std::vector<Name> names;
    for (const std::string& text : ListOf(key)) {
      for (const std::string_view piece : SplitText(text, ',')) {
        FLOWSTONE_LET(Name name, Annotate(Name::Parse(TrimText(piece)),
                                          "while reading " + arguments_.Shown(key)));
        names.push_back(std::move(name));
      }
    }
    return names;
  }

  // The project speaks first, so that what is given by hand changes what it says.
  Result<NameChoice> Binaries() const {
    constexpr auto only_wheels = NameChoice::Side::kFirst;
    constexpr auto no_wheels = NameChoice::Side::kSecond;
    constexpr std::array options = {
        std::pair("only-binary", only_wheels), std::pair("no-binary", no_wheels),
        std::pair("no-build-package", only_wheels), std::pair("no-binary-package", no_wheels)};
    NameChoice choice;
    for (const auto& [key, side] : options) {
      FLOWSTONE_TRY(arguments_.origins.contains(key) ? Choose(key, side, choice) : Ok());
    }
    if (arguments_.Has("no-build")) {
      FLOWSTONE_TRY(choice.Choose(only_wheels, ":all:"));
    }
    for (const auto& [key, side] : options) {
      FLOWSTONE_TRY(arguments_.origins.contains(key) ? Ok() : Choose(key, side, choice));
    }
    return choice;
  }

  Result<std::map<pypi::Name, std::string>> Cutoffs() const {
    return OfPackages("exclude-newer-package", "DATE",
                      "NAME=false lets all files of a package count");
  }

  Result<std::map<pypi::Name, std::string>> Prereleases() const {
    return OfPackages("prerelease-package", "MODE", "such as NAME=allow");
  }

  // Of an option whose values are NAME=VALUE.
  Result<std::map<pypi::Name, std::string>> OfPackages(const char* key, const std::string& value,
                                                       const std::string& hint) const {
    std::map<pypi::Name, std::string> values;
    for (const std::string& text : ListOf(key)) {
      const std::size_t equals = text.find('=');
      const Result<pypi::Name> name = pypi::Name::Parse(text.substr(0, equals));
      if (equals == std::string::npos || !name) {
        Error error{.code = ErrorCode::kInvalid,
                    .message = arguments_.Shown(key) + " is '" + text + "', not NAME=",
                    .hints = {hint}};
        error.message += value;
        return error;
      }
      values[*name] = text.substr(equals + 1);
    }
    return values;
  }

  bool NamesIndexStrategy() const {
    return arguments_.origins.contains("index-strategy") || !ListOf("index-strategy").empty();
  }

 private:
  // uv has a switch where pip and we have a list.
  std::string ListIn(std::string_view variable) const {
    std::string value = environment_.GetNonEmpty(variable).value_or("");
    if (variable != "UV_NO_BINARY") {
      return value;
    }
    return !value.empty() && !MeansNo(value) ? ":all:" : "";
  }

  Status Choose(const std::string& key, NameChoice::Side side, NameChoice& choice) const {
    for (const std::string& words : ListOf(key)) {
      FLOWSTONE_TRY(Annotate(choice.Choose(side, words), "while reading " + arguments_.Shown(key)));
    }
    return Ok();
  }

  const ParsedArguments& arguments_;
  const os::Environment& environment_;
};

// What says which versions a lock has, for whom, and how its sources are built.
constexpr std::array kChoices = {"constraint",
                                 "override",
                                 "exclude",
                                 "excludes",
                                 "compat",
                                 "resolution",
                                 "prerelease",
                                 "prerelease-package",
                                 "pre",
                                 "exclude-newer",
                                 "exclude-newer-package",
                                 "only-binary",
                                 "no-binary",
                                 "no-binary-package",
                                 "no-build",
                                 "no-build-package",
                                 "python",
                                 "target",
                                 "universal",
                                 "lock-environment",
                                 "required-environment",
                                 "fork-strategy",
                                 "upgrade",
                                 "upgrade-package",
                                 "build-constraint",
                                 "config-settings",
                                 "config-settings-package"};

void NoteChoices(const GivenOptions& given, app::LockInputSpec& spec) {
  for (const std::string key : kChoices) {
    if (auto who = given.SettledBy(key)) {
      spec.settled_choices.push_back(*std::move(who));
    } else if (given.IsGivenByHand(key)) {
      const std::string_view flags = FindOption(key).flags;
      spec.choices_by_hand.emplace_back(SplitText(flags.substr(flags.find("--")), ',').front());
    }
  }
}

}  // namespace

Result<app::LockInputSpec> LockInputsOf(const ParsedArguments& arguments,
                                        const os::Environment& environment,
                                        const std::vector<std::string>& pip_constraints) {
  const GivenOptions given(arguments, environment);
  app::LockInputSpec spec{.files = arguments.Values("requirements"),
                          .constraint_files = given.ListOf("constraint"),
                          .override_files = given.ListOf("override"),
                          .build_constraint_files = given.ListOf("build-constraint"),
                          .exclude_files = given.ListOf("excludes"),
                          .groups = arguments.Values("group")};
  spec.editables = arguments.Values("editable");
  if (const auto found = arguments.positionals.find("spec"); found != arguments.positionals.end()) {
    spec.requirements = found->second;
  }
  if (!arguments.Has("constraint") && spec.constraint_files.empty()) {
    spec.constraint_files = pip_constraints;
  }
  NoteChoices(given, spec);
  FLOWSTONE_LET(spec.excludes, given.NamesOf<pypi::Name>("exclude"));
  FLOWSTONE_LET(spec.extras, given.NamesOf<pypi::ExtraName>("extra"));
  if (arguments.Has("all-extras")) {
    spec.which_extras = app::LockInputSpec::Extras::kAll;
  }
  return spec;
}

Result<app::LockPolicyWish> LockPoliciesOf(const ParsedArguments& arguments,
                                           const os::Environment& environment) {
  const GivenOptions given(arguments, environment);
  app::LockPolicyWish wish{.resolution = arguments.Value("resolution"),
                           .prerelease = arguments.Value("prerelease"),
                           .exclude_newer = arguments.Value("exclude-newer"),
                           .require_hashes = arguments.Has("require-hashes"),
                           .names_index_strategy = given.NamesIndexStrategy()};
  if (const std::vector<std::string> forks = given.ListOf("fork-strategy"); !forks.empty()) {
    wish.fork_strategy = forks.back();
  }
  for (const char* key : {"resolution", "prerelease", "prerelease-package", "fork-strategy",
                          "exclude-newer", "exclude-newer-package"}) {
    if (arguments.origins.contains(key)) {
      wish.shown.emplace(key, arguments.Shown(key));
    }
  }
  if (const auto name = arguments.Value("compat")) {
    wish.compat = resolve::ParseCompatibility(*name);
    if (!wish.compat) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = arguments.Shown("compat") + " is '" + *name +
                              "', which is none of uv and pip"};
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
  FLOWSTONE_LET(wish.prerelease_package, given.Prereleases());
  FLOWSTONE_LET(wish.exclude_newer_package, given.Cutoffs());
  FLOWSTONE_LET(wish.binaries, given.Binaries());
  return wish;
}

}  // namespace flowstone::cli
