// Ignore files: the first line is the path that is asked about, the rest are the patterns.
#include "fuzz_target.h"
#include <string_view>

#include "flowstone/bundle/ignore_rules.h"

using flowstone::bundle::EntryKind;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = flowstone::fuzz::TextOf(data, size);
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) {
    return 0;
  }
  const std::string_view path = text.substr(0, line);
  flowstone::bundle::IgnoreRules rules;
  rules.Add(text.substr(line + 1), "");
  rules.Add(text.substr(line + 1), "data");
  const auto match = rules.Match(path, EntryKind::kFile);
  if (match) {
    flowstone::fuzz::Require(!match->rule.empty(), "a match names its rule");
    // What holds for files holds for directories too: some patterns are for directories only.
    flowstone::fuzz::Require(rules.Match(path, EntryKind::kDirectory).has_value(),
                             "patterns for files are patterns for directories");
  }
  return 0;
}
