// ForkScope: the scope of one fork of a universal resolution: all environments of a marker. A
// requirement counts when its marker can hold in the fork, a wheel when something in the fork can
// use it. What cannot be answered for all of the fork at once ends the attempt with the division
// that is needed.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/resolve/fork_division.h"
#include "flowstone/resolve/placed_source.h"
#include "flowstone/resolve/request.h"
#include "flowstone/resolve/scope.h"
#include "flowstone/resolve/wheel_environments.h"

namespace flowstone::resolve {

// What the forks of a resolution share.
class ForkSpace {
 public:
  // All environments that the request asks for, apart where packages come from other places.
  ForkSpace(const ResolveRequest& request, const std::vector<PackagePlace>& places);

  ForkSpace(const ForkSpace&) = delete;
  ForkSpace& operator=(const ForkSpace&) = delete;

  pypi::MarkerAlgebra& algebra() { return algebra_; }
  const ResolvePolicies& policies() const { return policies_; }
  // The environments that are asked for, and the Python versions alone.
  pypi::MarkerDiagram whole() const { return whole_; }
  pypi::MarkerDiagram pythons() const { return pythons_; }
  // Those for which every package that is needed there must have a wheel.
  const std::vector<pypi::MarkerDiagram>& required() const { return required_; }
  // The forks to begin with, in their order: disjoint, together the whole.
  const std::vector<pypi::MarkerDiagram>& first_forks() const { return first_forks_; }

  // The environments that can use a wheel.
  WheelEnvironments& wheels() { return wheels_; }
  // At most one of the choices of each conflict is taken.
  pypi::MarkerDiagram compatible() const { return compatible_; }
  // That each of these choices is taken.
  const std::vector<pypi::MarkerDiagram>& choices() const { return choices_; }
  // The interpreters that `Requires-Python` accepts.
  pypi::MarkerDiagram InterpretersOf(const pypi::SpecifierSet& requires_python,
                                     UpperPythonBound upper_bound);

 private:
  // Divides the first forks: first where the marker does not hold, then where it does.
  void DivideFirst(pypi::MarkerDiagram marker);

  pypi::MarkerAlgebra algebra_{pypi::InterpreterPreviews::kAsReleases};
  const ResolvePolicies policies_;
  pypi::MarkerDiagram pythons_;
  pypi::MarkerDiagram whole_;
  pypi::MarkerDiagram compatible_ = pypi::MarkerAlgebra::Always();
  std::vector<pypi::MarkerDiagram> choices_;
  std::vector<pypi::MarkerDiagram> required_;
  std::vector<pypi::MarkerDiagram> first_forks_;
  WheelEnvironments wheels_{algebra_};
  std::map<std::pair<std::string, UpperPythonBound>, pypi::MarkerDiagram> interpreters_;
};

class ForkScope final : public Scope {
 public:
  // `space` outlives this.
  ForkScope(ForkSpace& space, pypi::MarkerDiagram fork);

  pypi::MarkerDiagram fork() const { return fork_; }
  // The forks that take the place of this one, in the order in which they are resolved; none until
  // Examine found that it must be divided.
  const std::vector<pypi::MarkerDiagram>& division() const { return division_; }

  bool Admits(const pypi::Marker& marker) const override;
  bool AdmitsWith(const pypi::Marker& marker, const pypi::ExtraName& extra) const override;
  bool AcceptsPython(const pypi::SpecifierSet& requires_python,
                     UpperPythonBound upper_bound) const override;
  std::optional<std::size_t> WheelPriority(std::string_view tag_set) const override;
  Status Examine(const ChosenRelease& release) const override;
  std::string PythonText() const override;
  std::string Description() const override;
  std::string Misfit(const std::vector<pypi::TagSet>& wheels) const override;

 private:
  Status Divide(std::vector<pypi::MarkerDiagram> parts) const;
  Status ExaminePython(const ChosenRelease& release) const;
  Status ExamineRequired(const ChosenRelease& release) const;
  Status ExamineLocal(const ChosenRelease& release) const;
  Status ExamineRequirements(const ChosenRelease& release) const;
  pypi::MarkerDiagram RoundedUp(pypi::MarkerDiagram environments) const;
  pypi::MarkerDiagram Coverage(const std::vector<pypi::TagSet>& wheels) const;

  ForkSpace& space_;
  const pypi::MarkerDiagram fork_;
  // Found out while the solver asks; Scope's questions are const because they change no answer.
  mutable std::vector<pypi::MarkerDiagram> division_;
  mutable std::map<pypi::Name, pypi::MarkerDiagram> needed_;  // where anything asked for it
};

}  // namespace flowstone::resolve
