// Leniency: the repairs that metadata published before the standards needs. Each has a name, so
// that a command can say what was repaired and where; strict parsing accepts none of them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"

namespace flowstone::pypi {

enum class Leniency : std::uint8_t {
  kMissingComma,     // >=1.0<2.0      is >=1.0,<2.0
  kQuotedVersion,    // >="1.0"        is >=1.0
  kTrailingDot,      // >=3.6.         is >=3.6
  kOrderedWildcard,  // >=1.0.*        is >=1.0 (also <=, <, >, ~=)
  kMissingDot,       // ==1.0*         is ==1.0.*
  kNotEqualTilde,    // !=~1.0         is !=1.0.*
  kBareWildcard,     // ==* or *       is no constraint
  kNameEnd,          // name_          is name
  kBareDev,          // >dev           is >0.dev0
};

// A stable lower-case name, such as "missing-comma".
std::string_view LeniencyName(Leniency leniency);

template <class T>
struct Lenient {
  T value;
  std::vector<Leniency> repairs;  // empty when strict parsing accepts the text
};

// For `Requires-Python` and the like of published files.
Result<Lenient<SpecifierSet>> ParseSpecifiersLeniently(std::string_view text);
// For `Requires-Dist` of published files.
Result<Lenient<Requirement>> ParseRequirementLeniently(std::string_view text);

}  // namespace flowstone::pypi
