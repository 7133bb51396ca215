#include "flowstone/resolve/file_verdicts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "flowstone/pypi/leniency.h"

namespace flowstone::resolve {

const PythonDemand& FileVerdicts::OnPython(std::string_view requires_python) {
  if (const auto known = pythons_.find(requires_python); known != pythons_.end()) {
    return known->second;
  }
  PythonDemand& demand = pythons_[std::string(requires_python)];
  demand.verdict.id = static_cast<std::uint32_t>(pythons_.size());
  if (auto parsed = pypi::ParseSpecifiersLeniently(requires_python)) {
    demand.verdict.is_accepted = scope_.AcceptsPython(parsed->value, upper_bound_);
    demand.specifiers = std::move(parsed->value);
  }
  return demand;
}

}  // namespace flowstone::resolve
