#include "flowstone/lock/lock_choice.h"

#include "flowstone/base/check.h"

namespace flowstone::lock {

pypi::Marker LockChoice::ToMarker() const {
  FLOWSTONE_CHECK(extra.has_value() != group.has_value());
  const std::string text = extra ? "\"" + extra->ToString() + "\" in extras"
                                 : "\"" + group->ToString() + "\" in dependency_groups";
  const Result<pypi::Marker> marker = pypi::Marker::Parse(text, pypi::MarkerVariables::kLockFile);
  FLOWSTONE_CHECK(marker.has_value());
  return *marker;
}

std::string LockChoice::ToString() const {
  FLOWSTONE_CHECK(extra.has_value() != group.has_value());
  return extra ? "extra '" + extra->ToString() + "'" : "group '" + group->ToString() + "'";
}

pypi::MarkerDiagram CompatibleChoices(const std::vector<ConflictingChoices>& conflicts,
                                      pypi::MarkerAlgebra& algebra) {
  using pypi::MarkerAlgebra;
  pypi::MarkerDiagram compatible = MarkerAlgebra::Always();
  for (const ConflictingChoices& conflict : conflicts) {
    pypi::MarkerDiagram any = MarkerAlgebra::Never();
    for (const LockChoice& choice : conflict) {
      const pypi::MarkerDiagram taken = algebra.Of(choice.ToMarker());
      compatible = algebra.And(compatible, MarkerAlgebra::Not(algebra.And(any, taken)));
      any = algebra.Or(any, taken);
    }
  }
  return compatible;
}

}  // namespace flowstone::lock
