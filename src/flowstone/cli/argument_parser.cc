#include "flowstone/cli/argument_parser.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <list>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/cli/help_text.h"
#include "flowstone/cli/option_table.h"

namespace flowstone::cli {
namespace {

// Where CLI11 puts what it found for one command and its children. Addresses are stable: CLI11
// keeps references until Parse is over.
struct Bound {
  const CommandSpec* spec = nullptr;
  std::vector<std::string> options;  // keys: its own, and those shared by the commands above it
  std::vector<std::string> shared;   // keys: what its children may have too
  CLI::App* app = nullptr;
  std::map<std::string, std::vector<std::string>> values;
  std::map<std::string, std::int64_t> switches;
  std::map<std::string, std::vector<std::string>> positionals;
  std::map<std::string, std::vector<std::string>> dynamic_values;
  bool wants_help = false;
  std::list<Bound> children;
};

// Whether one of `words` can mean one of `flags`, "-o,--output".
bool MayMean(const std::vector<std::string>& words, std::string_view flags) {
  return std::ranges::any_of(SplitText(flags, ','), [&](std::string_view flag) {
    return std::ranges::any_of(words, [&](const std::string& word) {
      if (flag.starts_with("--")) {
        return word.starts_with(flag);
      }
      // Several may share one dash.
      return word.size() > 1 && word[0] == '-' && word[1] != '-' && word.find(flag[1]) != word.npos;
    });
  });
}

// Adds the keys that the command has no option of its own for.
void Inherit(const std::vector<std::string>& shared, const CommandSpec& spec,
             std::vector<std::string>& options) {
  for (const std::string& key : shared) {
    const bool is_own = std::ranges::find(options, key) != options.end() ||
                        std::ranges::find(spec.dynamic_options, key, &DynamicOption::key) !=
                            spec.dynamic_options.end();
    if (!is_own) {
      options.push_back(key);
    }
  }
}

// Only what `words` can mean is made known: there are many commands, with many options each.
// `bound.shared` comes with what the commands above share.
void Bind(const CommandSpec& spec, const std::vector<std::string>& words, CLI::App& app,
          Bound& bound) {
  bound.spec = &spec;
  bound.app = &app;
  bound.options = spec.options;
  Inherit(bound.shared, spec, bound.options);
  Inherit(spec.shared_options, spec, bound.shared);
  app.set_help_flag();
  app.set_config();
  // One command per level: otherwise CLI11 takes a word like `show` in `logs show` for the command
  // of that name one level up.
  app.require_subcommand(0, 1);
  app.add_flag("-h,--help", bound.wants_help);
  for (const std::string& key : bound.options) {
    const OptionSpec& option = FindOption(key);
    if (!MayMean(words, option.flags)) {
      continue;
    }
    if (option.metavar.empty()) {
      app.add_flag(std::string(option.flags), bound.switches[key]);
    } else {
      app.add_option(std::string(option.flags), bound.values[key])
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  for (const DynamicOption& option : spec.dynamic_options) {
    app.add_option("--" + option.key, bound.dynamic_values[option.key])
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  for (const PositionalSpec& positional : spec.positionals) {
    if (positional.count == PositionalSpec::Count::kRest) {
      app.prefix_command();
      continue;
    }
    CLI::Option* option = app.add_option(positional.key, bound.positionals[positional.key]);
    const bool many = positional.count == PositionalSpec::Count::kMany;
    option->expected(many ? 0 : 1, many ? 1 << 20 : 1);
    option->allow_extra_args(many);  // or the first positional takes the words of the second
  }
  for (const CommandSpec& child : spec.commands) {
    if (std::ranges::find(words, child.name) != words.end()) {
      bound.children.emplace_back().shared = bound.shared;
      Bind(child, words, *app.add_subcommand(child.name), bound.children.back());
    }
  }
}

Error UsageError(std::string message, const Bound& bound, const std::string& path) {
  Error error{.code = ErrorCode::kInvalid, .message = std::move(message)};
  error.hints.push_back("see `" + path + (bound.spec->name.empty() ? "" : " ") + "--help`");
  return error;
}

std::vector<std::string> FlagsOf(const Bound& bound) {
  std::vector<std::string> flags = {"--help"};
  for (const std::string& key : bound.options) {
    for (const std::string_view flag : SplitText(FindOption(key).flags, ',')) {
      flags.emplace_back(flag);
    }
  }
  for (const DynamicOption& option : bound.spec->dynamic_options) {
    flags.push_back("--" + option.key);
  }
  return flags;
}

// An option of pip and uv that there is not on purpose, and what to do instead.
constexpr std::string_view kNoBuildIsolation = "--no-build-isolation";
constexpr const char* kInsteadOfNoIsolation =
    "a build sees nothing of what is installed: list what it needs in "
    "[tool.uv.extra-build-dependencies] of pyproject.toml";

// What was given that the command does not know: an option, a command, or one argument too many.
Error UnknownArgument(const Bound& bound, const std::string& argument, const std::string& path) {
  std::string message;
  std::vector<std::string> candidates;
  const std::string name = argument.substr(0, argument.find('='));
  if (argument.starts_with('-')) {
    message = "unknown option '" + name + "'";
    candidates = FlagsOf(bound);
  } else if (!bound.spec->commands.empty()) {
    message = "unknown command '" + argument + "'";
    for (const CommandSpec& command : bound.spec->commands) {
      candidates.push_back(command.name);
    }
  } else {
    message = "unexpected argument '" + argument + "'";
  }
  Error error = UsageError(std::move(message), bound, path);
  if (name.starts_with(kNoBuildIsolation)) {
    error.hints.insert(error.hints.begin(), kInsteadOfNoIsolation);
  } else if (const auto nearest = NearestSpelling(name, candidates)) {
    error.hints.insert(error.hints.begin(), "did you mean '" + *nearest + "'?");
  }
  return error;
}

// Values of options that were not given come from their variables.
void AddVariables(const CommandSpec& spec, const os::Environment& environment,
                  ParsedArguments& parsed) {
  for (const std::string& key : spec.options) {
    const OptionSpec& option = FindOption(key);
    if (option.reader != VariableReader::kParser) {
      continue;
    }
    for (const std::string_view name : VariablesOf(option)) {
      const auto value = environment.GetNonEmpty(name);
      if (parsed.Has(key) || !value) {
        continue;
      }
      if (!option.metavar.empty()) {
        parsed.values[key] = {*value};
      } else if (*value != "0" && AsciiLower(*value) != "false") {
        parsed.values[key] = {""};
      } else {
        continue;
      }
      parsed.variables[key] = name;
    }
  }
  for (const DynamicOption& option : spec.dynamic_options) {
    for (const std::string& name : option.variables) {
      const auto value = environment.Get(name);
      if (value && !parsed.dynamic_values.contains(option.key)) {
        parsed.dynamic_values[option.key] = *value;
      }
    }
  }
}

// Moves what one command collected into the result.
void Collect(const Bound& bound, const os::Environment& environment, ParsedArguments& parsed) {
  for (const auto& [key, values] : bound.values) {
    if (!values.empty()) {
      auto& all = parsed.values[key];
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  for (const auto& [key, count] : bound.switches) {
    if (count > 0) {
      parsed.values[key] = {""};
    }
  }
  for (const auto& [key, values] : bound.positionals) {
    parsed.positionals[key] = values;
  }
  for (const auto& [key, values] : bound.dynamic_values) {
    if (!values.empty()) {
      parsed.dynamic_values[key] = values.back();
    }
  }
  AddVariables(*bound.spec, environment, parsed);
}

// What CLI11 cannot check once variables may stand in: required parameters and positionals.
Status CheckComplete(const Bound& bound, const ParsedArguments& parsed, const std::string& path) {
  for (const DynamicOption& option : bound.spec->dynamic_options) {
    if (option.need == DynamicOption::Need::kRequired &&
        !parsed.dynamic_values.contains(option.key)) {
      return UsageError("missing option '--" + option.key + "'", bound, path);
    }
  }
  for (const PositionalSpec& positional : bound.spec->positionals) {
    const auto found = parsed.positionals.find(positional.key);
    const bool given = found != parsed.positionals.end() && !found->second.empty();
    const bool needed = positional.count == PositionalSpec::Count::kOne ||
                        positional.count == PositionalSpec::Count::kRest;
    if (needed && !given) {
      return UsageError("missing argument " + positional.metavar, bound, path);
    }
  }
  return Ok();
}

// A command line at its first `--`.
struct SplitArguments {
  std::vector<std::string> parsed;
  std::vector<std::string> after_mark;
  enum class Mark : std::uint8_t { kAbsent, kPresent };
  Mark mark = Mark::kAbsent;
};

// CLI11 gives what follows `--` to the outermost command, so it never sees it.
SplitArguments SplitAtMark(const std::vector<std::string>& arguments) {
  const auto mark = std::find(arguments.begin(), arguments.end(), "--");
  SplitArguments split{.parsed = {arguments.begin(), mark}, .after_mark = {}};
  if (mark != arguments.end()) {
    split.mark = SplitArguments::Mark::kPresent;
    split.after_mark.assign(mark + 1, arguments.end());
  }
  return split;
}

// What CLI11 had no place for: the rest, for a command that takes one, or else an error.
Status TakeRemaining(const Bound& bound, SplitArguments::Mark mark, const std::string& path,
                     ParsedArguments& parsed) {
  std::vector<std::string> remaining = bound.app->remaining();
  if (remaining.empty()) {
    return Ok();
  }
  for (const PositionalSpec& positional : bound.spec->positionals) {
    if (positional.count == PositionalSpec::Count::kRest && !remaining.front().starts_with('-')) {
      if (mark == SplitArguments::Mark::kPresent) {
        remaining.emplace_back("--");  // in the middle of the rest it belongs to the rest
      }
      parsed.positionals[positional.key] = std::move(remaining);
      return Ok();
    }
  }
  return UnknownArgument(bound, remaining.front(), path);
}

// What follows `--` is never an option: the rest, or the positionals that are still open.
Status TakeAfterMark(const Bound& bound, std::vector<std::string> words, const std::string& path,
                     ParsedArguments& parsed) {
  for (const PositionalSpec& positional : bound.spec->positionals) {
    std::vector<std::string>& taken = parsed.positionals[positional.key];
    const bool many = positional.count == PositionalSpec::Count::kMany ||
                      positional.count == PositionalSpec::Count::kRest;
    const std::size_t count = many ? words.size() : std::min(words.size(), taken.empty() ? 1UL : 0);
    const auto end = words.begin() + static_cast<std::ptrdiff_t>(count);
    taken.insert(taken.end(), words.begin(), end);
    words.erase(words.begin(), end);
  }
  return words.empty()
             ? Ok()
             : UsageError("unexpected argument '" + words.front() + "' after --", bound, path);
}

const Bound* SelectedChild(const Bound& bound) {
  for (const Bound& child : bound.children) {
    if (child.app->parsed()) {
      return &child;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> ParsedArguments::Value(const std::string& key) const {
  const auto found = values.find(key);
  if (found == values.end() || found->second.empty()) {
    return std::nullopt;
  }
  return found->second.back();
}

std::vector<std::string> ParsedArguments::Values(const std::string& key) const {
  const auto found = values.find(key);
  return found == values.end() ? std::vector<std::string>() : found->second;
}

std::string ParsedArguments::Positional(const std::string& key) const {
  const auto found = positionals.find(key);
  return found == positionals.end() || found->second.empty() ? "" : found->second.front();
}

std::string ParsedArguments::Shown(const std::string& key) const {
  const auto origin = origins.find(key);
  return origin == origins.end() ? "--" + key : origin->second;
}

std::vector<std::string> OptionsAlong(const CommandSpec& root,
                                      const std::vector<std::string>& path) {
  std::vector<std::string> keys = root.options;
  const CommandSpec* command = &root;
  for (const std::string& name : path) {
    const auto next = std::ranges::find(command->commands, name, &CommandSpec::name);
    if (next == command->commands.end()) {
      break;
    }
    command = &*next;
    keys.insert(keys.end(), command->options.begin(), command->options.end());
  }
  return keys;
}

Result<std::variant<ParsedArguments, HelpRequest>> ParseArguments(
    const CommandSpec& root, const std::vector<std::string>& arguments,
    const os::Environment& environment, std::size_t width) {
  CLI::App app;
  app.allow_extras();
  Bound bound;
  Bind(root, arguments, app, bound);
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    command->fallthrough(false);
  }
  const SplitArguments split = SplitAtMark(arguments);
  std::vector<std::string> reversed(split.parsed.rbegin(), split.parsed.rend());
  std::string failure;
  try {
    app.parse(reversed);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();  // "--tag: 1 required TEXT missing"
    failure = "option '" + what.substr(0, what.find(':')) + "' needs a value";
  } catch (const CLI::Error& error) {
    failure = error.what();
  }
  ParsedArguments parsed;
  std::string path = root.name;
  const Bound* innermost = nullptr;
  for (const Bound* at = &bound; at != nullptr; at = SelectedChild(*at)) {
    if (at != &bound) {
      parsed.command.push_back(at->spec->name);
      path += " " + at->spec->name;
    }
    if (at->wants_help) {
      return std::variant<ParsedArguments, HelpRequest>(
          HelpRequest{RenderHelp(root, parsed.command, width)});
    }
    if (failure.empty()) {
      FLOWSTONE_TRY(TakeRemaining(*at, split.mark, path, parsed));
      Collect(*at, environment, parsed);
    }
    innermost = at;
  }
  if (!failure.empty()) {
    std::transform(failure.begin(), failure.begin() + 1, failure.begin(),
                   [](char c) { return AsciiLower(std::string_view(&c, 1)).front(); });
    return UsageError(failure, *innermost, path);
  }
  FLOWSTONE_TRY(TakeAfterMark(*innermost, split.after_mark, path, parsed));
  FLOWSTONE_TRY(CheckComplete(*innermost, parsed, path));
  return std::variant<ParsedArguments, HelpRequest>(std::move(parsed));
}

}  // namespace flowstone::cli
