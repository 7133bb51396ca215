// `check` and `show`.
#include <fmt/format.h>

#include "flowstone/app/run_flow.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/flow_session.h"

namespace flowstone::cli {
namespace {

std::string ArrowOf(const flow::StepDescription& step) {
  switch (step.transition.kind) {
    case flow::TransitionKind::kForeach:
      return fmt::format("=> {} : foreach {}", step.transition.next.front(),
                         step.transition.foreach_variable);
    case flow::TransitionKind::kSwitch:
      return fmt::format("=> {} : by {}", JoinText(step.transition.next, ", "),
                         step.transition.condition);
    case flow::TransitionKind::kLinear:
    case flow::TransitionKind::kSplit:
      return "=> " + JoinText(step.transition.next, ", ");
    case flow::TransitionKind::kNone:
    case flow::TransitionKind::kInvalid:
      return "";
  }
  return "";
}

}  // namespace

CommandResult CommandCheck(FlowSession& session) {
  session.console.Err("Validating your flow...\n");
  FLOWSTONE_TRY(app::CheckedGraph(session.flow));
  session.console.Err("    The graph looks good!\n");
  return 0;
}

CommandResult CommandShow(FlowSession& session) {
  FLOWSTONE_LET(const flow::Graph graph, app::CheckedGraph(session.flow));
  const TerminalStyle& style = session.console.out_style();
  std::string text;
  if (!session.flow.doc.empty()) {
    text += "\n" + std::string(TrimText(session.flow.doc)) + "\n";
  }
  for (const flow::NodeId id : graph.topological_order()) {
    for (const flow::StepDescription& step : session.flow.steps) {
      if (step.name != graph.node(id).name) {
        continue;
      }
      text += "\nStep " + style.Bold(step.name) + "\n";
      text += "    " + (step.doc.empty() ? "?" : std::string(TrimText(step.doc))) + "\n";
      const std::string arrow = ArrowOf(step);
      text += arrow.empty() ? "" : "    " + arrow + "\n";
    }
  }
  session.console.Out(text + "\n");
  return 0;
}

}  // namespace flowstone::cli
