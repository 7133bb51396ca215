// The table of options: every option of every command is declared here once, with the variables
// that stand for it and its sentence. `--help` and the reference page are made from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone::cli {

struct OptionSpec {
  std::string_view key;        // how code names it: "max-workers"
  std::string_view flags;      // "-q,--quiet"
  std::string_view metavar;    // "N"; empty for a switch
  std::string_view variables;  // comma-separated, the first that is set counts; may be empty
  std::string_view help;       // one sentence, lower case, no period
};

// FLOWSTONE_CHECKs that the key is in the table.
const OptionSpec& FindOption(std::string_view key);
std::span<const OptionSpec> AllOptions();
// The names in `variables`, in order.
std::vector<std::string_view> VariablesOf(const OptionSpec& option);

}  // namespace flowstone::cli
