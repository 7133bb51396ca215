#include "flowstone/flow/transition_check.h"

#include <algorithm>
#include <span>

#include "flowstone/base/text.h"

namespace flowstone::flow {
namespace {

std::vector<std::string> DeclaredTargets(const Graph& graph, const Node& node) {
  std::vector<std::string> names;
  names.reserve(node.out.size());
  for (const NodeId child : node.out) {
    names.push_back(graph.node(child).name);
  }
  return names;
}

std::optional<std::string> ForeachComplaint(const Node& node, const Transition& transition,
                                            std::uint64_t max_num_splits) {
  if (node.type != NodeType::kForeach) {
    return transition.foreach ? std::optional("step '" + node.name +
                                              "' did a foreach that its source does not show")
                              : std::nullopt;
  }
  if (!transition.foreach) {
    return "step '" + node.name + "' did no foreach although its source shows one";
  }
  const ForeachTransition& foreach = *transition.foreach;
  if (foreach.num_splits == 0) {
    return "the foreach over '" + foreach.variable + "' in step '" + node.name +
           "' has nothing to run: the list is empty";
  }
  if (foreach.num_splits > max_num_splits) {
    return "the foreach over '" + foreach.variable + "' in step '" + node.name + "' yields " +
           std::to_string(foreach.num_splits) + " tasks, more than the " +
           std::to_string(max_num_splits) + " allowed by --max-num-splits";
  }
  return std::nullopt;
}

std::string Mismatch(const Node& node, const std::vector<std::string>& declared,
                     const std::vector<std::string>& called) {
  return "step '" + node.name + "' went to " + JoinText(std::span(called), ", ") +
         " but its source says " + JoinText(std::span(declared), ", ");
}

}  // namespace

std::optional<std::string> TransitionComplaint(const Graph& graph, NodeId id,
                                               const std::optional<Transition>& transition,
                                               std::uint64_t max_num_splits) {
  const Node& node = graph.node(id);
  if (node.type == NodeType::kEnd) {
    return std::nullopt;
  }
  if (!transition || transition->next.empty()) {
    return "step '" + node.name + "' finished without calling self.next";
  }
  const std::vector<std::string> declared = DeclaredTargets(graph, node);
  const bool matches =
      node.type == NodeType::kSwitch
          ? transition->next.size() == 1 && std::find(declared.begin(), declared.end(),
                                                      transition->next.front()) != declared.end()
          : transition->next == declared;
  if (!matches) {
    return Mismatch(node, declared, transition->next);
  }
  return ForeachComplaint(node, *transition, max_num_splits);
}

}  // namespace flowstone::flow
