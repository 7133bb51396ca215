// What one comparison of a marker answers for given values. Internal to the module: everyone else
// wants Marker::Evaluate or MarkerAlgebra::Evaluate.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_environment.h"
#include "flowstone/pypi/marker_node.h"

namespace flowstone::pypi {

// What a marker is evaluated against.
struct MarkerContext {
  const MarkerEnvironment& environment;
  std::string_view extra = {};
  MarkerSelection selection = {};
};

// The text that a variable stands for; empty for the set-valued ones.
std::string ValueOf(MarkerVariable variable, const MarkerContext& context);
bool Holds(const MarkerComparison& comparison, const MarkerContext& context);
// "python_version >= \"3.9\"".
std::string ComparisonText(const MarkerComparison& comparison);

}  // namespace flowstone::pypi
