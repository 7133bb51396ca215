// TargetScope: the scope of one interpreter on one platform.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/pypi/target.h"
#include "flowstone/resolve/scope.h"

namespace flowstone::resolve {

class TargetScope final : public Scope {
 public:
  // `target` outlives this.
  explicit TargetScope(const pypi::Target& target) : target_(target) {}

  bool Admits(const pypi::Marker& marker) const override;
  bool AdmitsWith(const pypi::Marker& marker, const pypi::ExtraName& extra) const override;
  bool AcceptsPython(const pypi::SpecifierSet& requires_python,
                     UpperPythonBound upper_bound) const override;
  std::optional<std::size_t> WheelPriority(std::string_view tag_set) const override;
  bool IsDivisible() const override { return false; }
  Status Examine(const ChosenRelease& release) const override;
  std::string PythonText() const override;
  std::string Description() const override;
  std::string Misfit(const std::vector<pypi::TagSet>& wheels) const override;

 private:
  const pypi::Target& target_;
};

}  // namespace flowstone::resolve
