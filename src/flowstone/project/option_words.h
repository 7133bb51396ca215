// OptionWords: the options of a line of a requirements file, read as pip's command line would read
// them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"

namespace flowstone::project {

enum class LineOption : std::uint8_t {
  kIndexUrl,
  kExtraIndexUrl,
  kNoIndex,
  kConstraint,
  kRequirement,
  kEditable,
  kFindLinks,
  kNoBinary,
  kOnlyBinary,
  kPreferBinary,
  kRequireHashes,
  kNoRequireHashes,
  kPre,
  kAllReleases,
  kOnlyFinal,
  kTrustedHost,
  kUseFeature,
  kHash,
  kConfigSettings,
};

// "--index-url"
std::string_view LineOptionName(LineOption option);

struct GivenOption {
  LineOption option = LineOption::kNoIndex;
  std::string value = {};  // empty when the option takes none

  friend bool operator==(const GivenOption&, const GivenOption&) = default;
};

struct OptionLine {
  std::string requirement = {};  // what stands before the first option; may be empty
  std::vector<GivenOption> options = {};
};

// Long options may be shortened while they stay clear; "--option=value" and "-rfile" are read too.
// kInvalid, naming it, for an option that requirements files do not have, a value that is missing
// or too much, and an unclosed quote.
Result<OptionLine> ParseOptionLine(std::string_view line);

}  // namespace flowstone::project
