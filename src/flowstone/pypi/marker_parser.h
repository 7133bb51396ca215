// Reads marker expressions. Internal to the module: everyone else wants Marker::Parse.
//
//   marker     = conjunction *("or" conjunction)
//   conjunction = atom *("and" atom)
//   atom       = "(" marker ")" | comparison
//   comparison = operand operator operand
//   operand    = VARIABLE | "'" text "'" | '"' text '"'
#pragma once

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_node.h"
#include "flowstone/pypi/source_cursor.h"

namespace flowstone::pypi {

// Stops at the first character that no longer belongs to the expression.
Result<MarkerTree> ParseMarkerTree(SourceCursor& cursor, MarkerVariables variables);

}  // namespace flowstone::pypi
