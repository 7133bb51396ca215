#include "flowstone/cli/variable_notes.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/cli/option_table.h"

namespace flowstone::cli {
namespace {

// Whether the text has the flag as a word: "--pre" is none in "--prerelease".
bool Mentions(std::string_view text, std::string_view flag) {
  for (std::size_t at = text.find(flag); at != std::string_view::npos;
       at = text.find(flag, at + 1)) {
    const std::size_t end = at + flag.size();
    const bool starts = at == 0 || !IsAsciiAlnum(text[at - 1]);
    if (starts && (end == text.size() || (!IsAsciiAlnum(text[end]) && text[end] != '-'))) {
      return true;
    }
  }
  return false;
}

// Hints mostly speak of options that could be given; "of --exclude-newer" is one that was.
bool SpeaksOf(const Error& error, const std::string& flag) {
  return Mentions(error.message, flag) ||
         std::ranges::any_of(error.context,
                             [&](const std::string& frame) { return Mentions(frame, flag); }) ||
         std::ranges::any_of(error.hints,
                             [&](const std::string& hint) { return Mentions(hint, "of " + flag); });
}

// The variable that stands for an option that was not given.
std::optional<std::string> VariableOf(const OptionSpec& option, const ParsedArguments& arguments,
                                      const os::Environment& environment) {
  const std::string key(option.key);
  if (const auto known = arguments.variables.find(key); known != arguments.variables.end()) {
    return known->second;
  }
  if (option.reader == VariableReader::kParser || arguments.Has(key)) {
    return std::nullopt;
  }
  for (const std::string_view name : VariablesOf(option)) {
    if (environment.GetNonEmpty(name)) {
      return std::string(name);
    }
  }
  return std::nullopt;
}

}  // namespace

Error WithVariables(Error error, const CommandSpec& root, const ParsedArguments& arguments,
                    const os::Environment& environment) {
  std::vector<std::string> notes;
  for (const std::string& key : OptionsAlong(root, arguments.command)) {
    const std::string flag = "--" + key;
    const auto variable =
        SpeaksOf(error, flag) ? VariableOf(FindOption(key), arguments, environment) : std::nullopt;
    if (variable && !Mentions(error.message, *variable)) {
      notes.push_back("the variable " + *variable + " sets " + flag);
    }
  }
  error.context.insert(error.context.end(), notes.begin(), notes.end());
  return error;
}

}  // namespace flowstone::cli
