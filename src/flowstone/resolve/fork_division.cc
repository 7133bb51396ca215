#include "flowstone/resolve/fork_division.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace flowstone::resolve {
namespace {

using pypi::MarkerAlgebra;
using pypi::MarkerDiagram;

class Divider {
 public:
  Divider(MarkerDiagram fork, MarkerAlgebra& algebra) : fork_(fork), algebra_(algebra) {
    parts_.push_back({fork, {}});
  }

  // All requirements on one name.
  void Add(const std::vector<const SiblingRequirement*>& siblings) {
    const bool is_uniform = std::ranges::all_of(siblings, [&](const SiblingRequirement* sibling) {
      return sibling->marker == siblings.front()->marker;
    });
    if (is_uniform && !RaisesPython(siblings.front()->marker)) {
      for (const SiblingRequirement* sibling : siblings) {
        Attach(*sibling);
      }
      return;
    }
    for (const SiblingRequirement* sibling : siblings) {
      if (algebra_.AreDisjoint(fork_, sibling->marker)) {
        continue;
      }
      if (algebra_.Implies(fork_, sibling->marker)) {
        Attach(*sibling);
      } else {
        DivideBy(*sibling);
      }
    }
  }

  std::vector<MarkerDiagram> Parts(DivisionOrder order) && {
    const auto is_before = [&](const Part& a, const Part& b) {
      const std::string oldest_a = OldestPython(a.environment, algebra_);
      const std::string oldest_b = OldestPython(b.environment, algebra_);
      if (oldest_a != oldest_b) {
        return order == DivisionOrder::kNewestPythonFirst ? oldest_a < oldest_b
                                                          : oldest_b < oldest_a;
      }
      return a.UpperBounds() < b.UpperBounds();
    };
    std::ranges::stable_sort(parts_, is_before);
    // The last of them goes first: of equals the one that was divided off last.
    std::vector<MarkerDiagram> environments;
    environments.reserve(parts_.size());
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
      environments.push_back(part->environment);
    }
    return environments;
  }

 private:
  struct Part {
    MarkerDiagram environment;
    std::vector<const SiblingRequirement*> siblings;

    // Versions below an upper bound may serve the other parts too, the newest ones rarely do.
    std::ptrdiff_t UpperBounds() const {
      return std::ranges::count_if(
          siblings, [](const SiblingRequirement* sibling) { return sibling->has_upper_bound; });
    }
  };

  bool RaisesPython(MarkerDiagram marker) {
    return OldestPython(fork_, algebra_) < OldestPython(marker, algebra_);
  }

  void Attach(const SiblingRequirement& sibling) {
    for (Part& part : parts_) {
      if (!algebra_.AreDisjoint(part.environment, sibling.marker)) {
        part.siblings.push_back(&sibling);
      }
    }
  }

  void DivideBy(const SiblingRequirement& sibling) {
    std::vector<Part> divided;
    MarkerDiagram rest = sibling.marker;
    for (Part& part : parts_) {
      if (algebra_.AreDisjoint(part.environment, rest)) {
        divided.push_back(std::move(part));
        continue;
      }
      for (const MarkerDiagram side : {MarkerAlgebra::Not(rest), rest}) {
        AddSide(part, algebra_.And(part.environment, side), sibling, divided);
      }
      rest = algebra_.And(rest, MarkerAlgebra::Not(part.environment));
    }
    parts_ = std::move(divided);
  }

  void AddSide(const Part& whole, MarkerDiagram environment, const SiblingRequirement& sibling,
               std::vector<Part>& divided) {
    if (algebra_.IsImpossible(environment)) {
      return;
    }
    Part part{environment, {}};
    for (const SiblingRequirement* other : whole.siblings) {
      if (!algebra_.AreDisjoint(environment, other->marker)) {
        part.siblings.push_back(other);
      }
    }
    if (!algebra_.AreDisjoint(environment, sibling.marker)) {
      part.siblings.push_back(&sibling);
    }
    divided.push_back(std::move(part));
  }

  const MarkerDiagram fork_;
  MarkerAlgebra& algebra_;
  std::vector<Part> parts_;
};

}  // namespace

DivisionOrder OrderFor(const ResolvePolicies& policies) {
  const bool wants_oldest = policies.forks == ForkPolicy::kFewestVersions ||
                            policies.resolution == ResolutionMode::kLowest;
  return wants_oldest ? DivisionOrder::kOldestPythonFirst : DivisionOrder::kNewestPythonFirst;
}

std::vector<MarkerDiagram> DivideEnvironments(MarkerDiagram fork,
                                              const std::vector<SiblingRequirement>& siblings,
                                              DivisionOrder order, MarkerAlgebra& algebra) {
  std::map<pypi::Name, std::vector<const SiblingRequirement*>> by_name;
  for (const SiblingRequirement& sibling : siblings) {
    by_name[sibling.name].push_back(&sibling);
  }
  Divider divider(fork, algebra);
  for (const auto& [name, requirements] : by_name) {
    divider.Add(requirements);
  }
  return std::move(divider).Parts(order);
}

std::string OldestPython(MarkerDiagram diagram, MarkerAlgebra& algebra) {
  const pypi::VersionSet versions = algebra.PythonOf(diagram);
  return versions.intervals().empty() ? "" : versions.intervals().front().lower;
}

}  // namespace flowstone::resolve
