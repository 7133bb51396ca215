// ArgumentParser: a command line as a table of commands and options, over CLI11.
//
// It adds what CLI11 does not have: options from option_table.h, several variables per option, help
// that folds at the terminal's width, and errors that suggest the nearest spelling. Parsing gives
// ParsedArguments, plain data; nothing is run. Variables come from an os::Environment, never from
// the process.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/environment.h"

namespace flowstone::cli {

struct PositionalSpec {
  std::string key;
  std::string metavar;
  std::string help;
  enum class Count : std::uint8_t { kOne, kOptional, kMany, kRest /* and stop parsing options */ };
  Count count = Count::kOne;
};

// An option that is not in the table: a parameter of the flow.
struct DynamicOption {
  std::string key;
  std::string metavar;
  std::string help;
  std::vector<std::string> variables;
  enum class Need : std::uint8_t { kOptional, kRequired };
  Need need = Need::kOptional;
};

// One command, or a group of commands when it has children.
struct CommandSpec {
  std::string name;
  std::string summary;               // one sentence, lower case, no period
  std::vector<std::string> options;  // keys of the option table
  std::vector<PositionalSpec> positionals = {};
  std::vector<DynamicOption> dynamic_options = {};
  std::vector<CommandSpec> commands = {};
  std::string epilogue = {};  // examples, printed after the options
  // Those of `options` that may also follow the name of a command: `tool lock -q`.
  std::vector<std::string> shared_options = {};
};

struct ParsedArguments {
  std::vector<std::string> command;  // {"package", "list"}; empty when none was named
  std::map<std::string, std::vector<std::string>> values;  // by key; switches have one empty value
  std::map<std::string, std::vector<std::string>> positionals;
  std::map<std::string, std::string> dynamic_values;  // as given, or from a variable
  std::map<std::string, std::string> variables;       // of values that came from one: its name
  // By key, where the project says it and nobody else: "pyproject.toml:12:
  // tool.flowstone.resolution". And the pyproject.toml of these settings, absolute, or empty
  // (project_options.h).
  std::map<std::string, std::string> origins = {};
  std::string project_file = {};

  bool Has(const std::string& key) const { return values.contains(key); }
  std::optional<std::string> Value(const std::string& key) const;  // the last one
  std::vector<std::string> Values(const std::string& key) const;
  std::string Positional(const std::string& key) const;  // the first, or empty
  // How a message names who gave the value: "--resolution", or the place in the project's file.
  std::string Shown(const std::string& key) const;
};

// Text to print on standard output, with exit status 0.
struct HelpRequest {
  std::string text;
};

// kInvalid for a wrong command line: exit status 2. `width` is that of the help, in columns.
Result<std::variant<ParsedArguments, HelpRequest>> ParseArguments(
    const CommandSpec& root, const std::vector<std::string>& arguments,
    const os::Environment& environment, std::size_t width);

// The keys of the options of the commands that `path` names, outermost first.
std::vector<std::string> OptionsAlong(const CommandSpec& root,
                                      const std::vector<std::string>& path);

// The help of the command that `path` leads to, as `--help` prints it.
std::string RenderHelp(const CommandSpec& root, const std::vector<std::string>& path,
                       std::size_t width);

}  // namespace flowstone::cli
