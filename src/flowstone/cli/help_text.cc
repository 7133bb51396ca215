#include "flowstone/cli/help_text.h"

#include <algorithm>

#include "flowstone/cli/option_table.h"
#include "flowstone/cli/terminal_style.h"

namespace flowstone::cli {
namespace {

constexpr std::size_t kMaxLeft = 26;  // a longer left column pushes its text to the next line

std::string LeftOf(const OptionSpec& option) {
  std::string left(option.flags);
  if (const std::size_t comma = left.find(','); comma != std::string::npos) {
    left.insert(comma + 1, " ");
  } else {
    left.insert(0, "    ");
  }
  if (!option.metavar.empty()) {
    left += " " + std::string(option.metavar);
  }
  return left;
}

std::string RightOf(const OptionSpec& option) {
  std::string right(option.help);
  const auto variables = VariablesOf(option);
  if (!variables.empty()) {
    right += " [" + std::string(variables.front()) + "]";
  }
  return right;
}

std::string Capitalised(std::string sentence) {
  if (sentence.front() >= 'a' && sentence.front() <= 'z') {
    sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
  }
  return sentence;
}

std::string UsageOf(const CommandSpec& spec, const std::string& path) {
  std::string usage = "usage: " + path + " [OPTION]...";
  if (!spec.commands.empty()) {
    usage += " COMMAND ...";
  }
  for (const PositionalSpec& positional : spec.positionals) {
    switch (positional.count) {
      case PositionalSpec::Count::kOne:
        usage += " " + positional.metavar;
        break;
      case PositionalSpec::Count::kOptional:
        usage += " [" + positional.metavar + "]";
        break;
      case PositionalSpec::Count::kMany:
        usage += " [" + positional.metavar + "]...";
        break;
      case PositionalSpec::Count::kRest:
        usage += " -- " + positional.metavar + "...";
        break;
    }
  }
  return usage;
}

}  // namespace

std::string RenderRows(const std::string& heading,
                       const std::vector<std::pair<std::string, std::string>>& rows,
                       std::size_t width) {
  if (rows.empty()) {
    return "";
  }
  std::size_t left_width = 0;
  for (const auto& [left, right] : rows) {
    if (DisplayWidth(left) <= kMaxLeft) {
      left_width = std::max(left_width, DisplayWidth(left));
    }
  }
  const std::size_t indent = left_width + 4;
  std::string text = "\n" + heading + ":\n";
  for (const auto& [left, right] : rows) {
    text += "  " + left;
    const std::size_t used = DisplayWidth(left) + 2;
    text += used + 2 > indent ? "\n" + std::string(indent, ' ') : std::string(indent - used, ' ');
    text += FoldText(right, width, indent) + "\n";
  }
  return text;
}

std::string RenderHelp(const CommandSpec& root, const std::vector<std::string>& path,
                       std::size_t width) {
  const CommandSpec* spec = &root;
  std::string name = root.name;
  for (const std::string& step : path) {
    const auto found = std::find_if(spec->commands.begin(), spec->commands.end(),
                                    [&](const CommandSpec& child) { return child.name == step; });
    spec = &*found;
    name += " " + step;
  }
  std::string text = FoldText(UsageOf(*spec, name), width, 4) + "\n\n";
  if (!spec->summary.empty()) {
    text += FoldText(Capitalised(spec->summary), width, 0) + ".\n";
  }
  std::vector<std::pair<std::string, std::string>> rows;
  rows.reserve(spec->commands.size());
  for (const CommandSpec& command : spec->commands) {
    rows.emplace_back(command.name, command.summary);
  }
  text += RenderRows("commands", rows, width);
  rows.clear();
  for (const PositionalSpec& positional : spec->positionals) {
    rows.emplace_back(positional.metavar, positional.help);
  }
  text += RenderRows("arguments", rows, width);
  rows.clear();
  for (const DynamicOption& option : spec->dynamic_options) {
    rows.emplace_back("--" + option.key + " " + option.metavar, option.help);
  }
  text += RenderRows("parameters of the flow", rows, width);
  rows.clear();
  for (const std::string& key : spec->options) {
    const OptionSpec& option = FindOption(key);
    rows.emplace_back(LeftOf(option), RightOf(option));
  }
  rows.emplace_back("-h, --help", "print this and exit");
  text += RenderRows("options", rows, width);
  if (!spec->epilogue.empty()) {
    text += "\n" + spec->epilogue + "\n";
  }
  return text;
}

}  // namespace flowstone::cli
