// The table of options: every option of every command is declared here once, with the variables
// that stand for it and its sentence. `--help` and the reference page are made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone::cli {

// Who reads the variables of an option: the parser, as if they were on the command line, or a
// module that knows more about them, such as how they separate several values.
enum class VariableReader : std::uint8_t { kParser, kOther };

struct OptionSpec {
  std::string_view key;        // how code names it: "max-workers"
  std::string_view flags;      // "-q,--quiet"
  std::string_view metavar;    // "N"; empty for a switch
  std::string_view variables;  // comma-separated, the first that is set counts; may be empty
  std::string_view help;       // one sentence, lower case, no period
  VariableReader reader = VariableReader::kParser;
};

// FLOWSTONE_CHECKs that the key is in the table.
const OptionSpec& FindOption(std::string_view key);
std::span<const OptionSpec> AllOptions();
// The names in `variables`, in order.
std::vector<std::string_view> VariablesOf(const OptionSpec& option);

}  // namespace flowstone::cli
