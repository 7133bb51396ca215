#include "flowstone/resolve/target_scope.h"

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/lock/target_text.h"
#include "flowstone/resolve/wheel_fit.h"

namespace flowstone::resolve {

bool TargetScope::Admits(const pypi::Marker& marker) const {
  return marker.Evaluate(target_.markers);
}

bool TargetScope::AdmitsWith(const pypi::Marker& marker, const pypi::ExtraName& extra) const {
  return marker.Evaluate(target_.markers, std::span(&extra, 1));
}

bool TargetScope::AcceptsPython(const pypi::SpecifierSet& requires_python,
                                UpperPythonBound upper_bound) const {
  return resolve::AcceptsPython(requires_python, target_, upper_bound);
}

std::optional<std::size_t> TargetScope::WheelPriority(std::string_view tag_set) const {
  return target_.tags.PriorityOf(tag_set);
}

Status TargetScope::Examine(const ChosenRelease& /*release*/) const {
  return Ok();
}

std::string TargetScope::PythonText() const {
  return "the target has " + target_.python_full_version.ToString();
}

std::string TargetScope::Description() const {
  return lock::DescribeTarget(target_);
}

std::string TargetScope::Misfit(const std::vector<pypi::TagSet>& wheels) const {
  return DescribeMisfit(wheels, target_);
}

std::vector<pypi::ExtraName> ConditionsOf(const pypi::Marker& marker, const Scope& scope) {
  if (scope.Admits(marker)) {
    return {pypi::ExtraName()};
  }
  std::vector<pypi::ExtraName> conditions;
  for (const std::string& text : marker.Extras()) {
    Result<pypi::ExtraName> extra = pypi::ExtraName::Parse(text);
    if (extra && scope.AdmitsWith(marker, *extra)) {
      conditions.push_back(*std::move(extra));
    }
  }
  return conditions;
}

}  // namespace flowstone::resolve
