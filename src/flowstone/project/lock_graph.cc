#include "flowstone/project/lock_graph.h"

namespace flowstone::project {

void LockGraph::ReachNode(const Node& node, pypi::MarkerDiagram when) {
  const auto [at, added] = reached_.try_emplace(node, pypi::MarkerAlgebra::Never());
  const pypi::MarkerDiagram wider = algebra_.Or(at->second, when);
  if (wider != at->second) {
    at->second = wider;
    changed_.insert(node);
  }
}

void LockGraph::Reach(const Edge& edge, pypi::MarkerDiagram when) {
  if (algebra_.IsImpossible(when)) {
    return;
  }
  ReachNode({edge.package, {}}, when);
  for (const pypi::ExtraName& extra : edge.extras) {
    ReachNode({edge.package, extra}, when);
  }
}

std::map<std::size_t, pypi::Marker> LockGraph::Markers(const pypi::VersionSet& pythons) {
  const pypi::MarkerDiagram supported = algebra_.OfPython(pythons);
  for (const Edge& root : roots_) {
    Reach(root, algebra_.And(supported, algebra_.Of(root.marker)));
  }
  // Conditions only ever grow, and there are finitely many: the loop ends, also on cycles.
  while (!changed_.empty()) {
    const Node node = *changed_.begin();
    changed_.erase(changed_.begin());
    const pypi::MarkerDiagram when = reached_.at(node);
    for (const auto& [extra, edge] : edges_[node.first]) {
      if (!extra || *extra == node.second) {
        const pypi::MarkerDiagram condition =
            algebra_.WithExtra(algebra_.Of(edge.marker), node.second);
        Reach(edge, algebra_.And(when, condition));
      }
    }
  }
  std::map<std::size_t, pypi::Marker> markers;
  for (const auto& [node, when] : reached_) {
    if (node.second.empty()) {
      markers.emplace(node.first, algebra_.ToMarker(algebra_.Simplify(when, supported)));
    }
  }
  return markers;
}

}  // namespace flowstone::project
