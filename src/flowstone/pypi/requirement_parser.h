// Reads requirements by the standard and as they were published before it. Internal to the module.
//
//   requirement = name [extras] ["@" url | specifiers] [";" marker]
//   extras      = "[" [name *("," name)] "]"
//   specifiers  = "(" [list] ")" | [list]
//   list        = specifier *("," specifier) [","]
//
// White space may be between all of them; after a url it must be before ";".
#pragma once

#include <cstdint>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/requirement.h"

namespace flowstone::pypi {

enum class RequirementGrammar : std::uint8_t { kStandard, kPublished };

Result<Lenient<Requirement>> ParseRequirement(std::string_view text, RequirementGrammar grammar);

}  // namespace flowstone::pypi
