// LockGraph: from "a project needs b under this condition", which the locks of other tools say, to
// "b is installed under this condition", which PEP 751 says.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/version_set.h"

namespace flowstone::project {

class LockGraph {
 public:
  // To a package, by its place in the lock, and to extras of it.
  struct Edge {
    std::size_t package = 0;
    std::vector<pypi::ExtraName> extras = {};
    pypi::Marker marker = {};
  };

  // What the lock is for. The marker may ask for `extras` and `dependency_groups` of the lock.
  void AddRoot(Edge edge) { roots_.push_back(std::move(edge)); }
  // What `package` needs; with an extra: what the extra adds. The marker may ask for `extra`.
  void AddDependency(std::size_t package, const std::optional<pypi::ExtraName>& extra, Edge edge) {
    edges_[package].emplace_back(extra, std::move(edge));
  }

  // By package: when it is installed. Packages that nothing leads to are left out. Markers are as
  // short as the Pythons of the lock allow.
  std::map<std::size_t, pypi::Marker> Markers(const pypi::VersionSet& pythons);

 private:
  // A package without extras (an empty name), or one of its extras.
  using Node = std::pair<std::size_t, pypi::ExtraName>;

  void Reach(const Edge& edge, pypi::MarkerDiagram when);
  void ReachNode(const Node& node, pypi::MarkerDiagram when);

  std::vector<Edge> roots_;
  std::map<std::size_t, std::vector<std::pair<std::optional<pypi::ExtraName>, Edge>>> edges_;
  pypi::MarkerAlgebra algebra_;
  std::map<Node, pypi::MarkerDiagram> reached_;
  std::set<Node> changed_;
};

}  // namespace flowstone::project
