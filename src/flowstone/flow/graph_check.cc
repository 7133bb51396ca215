#include "flowstone/flow/graph_check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/flow/retry_policy.h"
#include "flowstone/flow/task.h"

namespace flowstone::flow {
namespace {

constexpr auto kReservedNames =
    std::to_array<std::string_view>({"name", "next", "input", "index", "cmd", kParametersStep});

// Decorators that mean nothing, or two things, when a step has them twice. @card and decorators of
// the user's own may be repeated.
constexpr auto kOncePerStep =
    std::to_array<std::string_view>({"retry", "catch", "timeout", "resources", "environment",
                                     "pypi", "conda", "parallel", "batch", "kubernetes", "slurm"});

std::string Quoted(std::string_view name) {
  return "'" + std::string(name) + "'";
}

// "'a'", "'a' and 'b'", "'a', 'b' and 'c'".
std::string Enumerate(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) {
      text += i + 1 == names.size() ? " and " : ", ";
    }
    text += Quoted(names[i]);
  }
  return text;
}

class Check {
 public:
  Check(const FlowDescription& flow, const Graph& graph) : flow_(flow), graph_(graph) {
    for (const StepDescription& step : flow.steps) {
      step_names_.push_back(step.name);
    }
  }

  std::vector<Finding> Run() && {
    CheckEndpoints();
    for (const StepDescription& step : flow_.steps) {
      CheckName(step);
      CheckArguments(step);
      CheckTransition(step);
      CheckDecorators(step);
    }
    CheckCycles();
    CheckReachability();
    if (edges_are_sound_) {
      CheckNesting();
    }
    return std::move(findings_);
  }

 private:
  void Report(const StepDescription& step, int line, std::string message, std::string hint) {
    findings_.push_back({.step = step.name,
                         .file = step.file,
                         .line = line,
                         .message = std::move(message),
                         .hint = std::move(hint)});
  }

  const StepDescription& Step(NodeId id) const { return flow_.steps[id.value]; }

  void CheckEndpoints() {
    for (const std::string_view name : {"start", "end"}) {
      if (!graph_.Find(name)) {
        edges_are_sound_ = false;
        findings_.push_back(
            {.step = "",
             .file = flow_.file,
             .line = flow_.line,
             .message = "flow " + Quoted(flow_.name) + " has no step " + Quoted(name),
             .hint = "every flow begins with a step named start and ends with one named end"});
      }
    }
  }

  void CheckName(const StepDescription& step) {
    const bool plain = std::all_of(step.name.begin(), step.name.end(), [](char c) {
      return IsAsciiDigit(c) || (c >= 'a' && c <= 'z') || c == '_';
    });
    if (!plain) {
      Report(step, step.line, "a step name has lower-case letters, digits and underscores only",
             "rename it to " + Quoted(AsciiLower(step.name)));
    }
    if (std::find(kReservedNames.begin(), kReservedNames.end(), step.name) !=
        kReservedNames.end()) {
      Report(step, step.line, "the name is reserved", "choose another name for the step");
    }
  }

  void CheckArguments(const StepDescription& step) {
    if (step.arguments.empty()) {
      return;
    }
    if (step.arguments.size() > 1) {
      Report(step, step.line, "the step takes too many arguments",
             "a step takes self; a join takes self and inputs");
      return;
    }
    if (step.name == "start" || step.name == "end") {
      edges_are_sound_ = false;
      Report(step, step.line,
             "the step takes " + Quoted(step.arguments.front()) + " but cannot be a join",
             step.name == "end" ? "join the branches in a step of its own before end"
                                : "nothing comes before start: remove the argument");
      return;
    }
    const TransitionKind kind = step.transition.kind;
    if (kind == TransitionKind::kSplit || kind == TransitionKind::kForeach ||
        kind == TransitionKind::kSwitch) {
      edges_are_sound_ = false;
      Report(step, step.transition.line, "the step is both a join and a split",
             "add a step between, so that one joins and the next one splits");
    }
  }

  void CheckTransition(const StepDescription& step) {
    const StaticTransition& transition = step.transition;
    if (transition.kind == TransitionKind::kInvalid) {
      edges_are_sound_ = false;
      Report(step, transition.line, transition.message,
             "self.next takes steps of the flow, as in self.next(self.train)");
      return;
    }
    if (step.name == "end") {
      if (transition.kind != TransitionKind::kNone) {
        edges_are_sound_ = false;
        Report(step, transition.line, "the end step calls self.next", "nothing comes after end");
      }
      return;
    }
    if (transition.kind == TransitionKind::kNone) {
      edges_are_sound_ = false;
      Report(step, step.line, "the last statement of the step is no self.next(…)",
             "say which step comes next, for example self.next(self.end)");
      return;
    }
    CheckTargets(step);
  }

  void CheckTargets(const StepDescription& step) {
    std::set<std::string_view> seen;
    for (const std::string& target : step.transition.next) {
      if (!graph_.Find(target)) {
        edges_are_sound_ = false;
        const std::optional<std::string> nearest = NearestSpelling(target, step_names_);
        Report(step, step.transition.line,
               "self.next names " + Quoted(target) + ", which is no step",
               nearest ? "did you mean " + Quoted(*nearest) + "?"
                       : "define it and put @step above it");
      } else if (!seen.insert(target).second) {
        edges_are_sound_ = false;
        Report(step, step.transition.line, "self.next names " + Quoted(target) + " twice",
               "each branch of a split is a step of its own; use foreach to run one step many "
               "times");
      } else if (target == step.name && step.transition.kind != TransitionKind::kSwitch) {
        edges_are_sound_ = false;
        Report(step, step.transition.line, "the step transitions to itself",
               "only a switch, self.next({…}, condition=…), may repeat its own step");
      }
    }
    if (step.transition.kind == TransitionKind::kSwitch && seen.size() < 2) {
      Report(step, step.transition.line, "the switch needs at least two different steps",
             "use self.next(self." + step.transition.next.front() + ") when there is no choice");
    }
  }

  void CheckDecorators(const StepDescription& step) {
    std::set<std::string_view> seen;
    for (const DecoratorDescription& decorator : step.decorators) {
      const bool once =
          std::find(kOncePerStep.begin(), kOncePerStep.end(), decorator.name) != kOncePerStep.end();
      if (once && !seen.insert(decorator.name).second) {
        Report(step, decorator.line > 0 ? decorator.line : step.line,
               "the step has @" + decorator.name + " twice", "keep one of them");
      }
    }
    if (const auto policy = RetryPolicyOf(step); !policy) {
      Report(step, FindDecorator(step, "retry")->line, policy.error().message, "");
    }
    const DecoratorDescription* const caught = FindDecorator(step, "catch");
    const TransitionKind kind = step.transition.kind;
    if (caught != nullptr &&
        (kind == TransitionKind::kForeach || kind == TransitionKind::kSwitch)) {
      Report(step, caught->line > 0 ? caught->line : step.line,
             kind == TransitionKind::kForeach
                 ? "@catch cannot be used on a step that does a foreach"
                 : "@catch cannot be used on a switch",
             "a failed step cannot say what comes next: move the work to a step before it");
    }
  }

  // Depth first; names each cycle once, by the steps on it.
  void CheckCycles() {
    enum class Mark : std::uint8_t { kNew, kOnPath, kDone };
    std::vector<Mark> marks(graph_.nodes().size(), Mark::kNew);
    struct Visit {
      NodeId id;
      std::size_t next_child = 0;
    };
    for (std::uint32_t root = 0; root < graph_.nodes().size(); ++root) {
      if (marks[root] != Mark::kNew) {
        continue;
      }
      std::vector<Visit> path = {{.id = NodeId{root}}};
      marks[root] = Mark::kOnPath;
      while (!path.empty()) {
        Visit& visit = path.back();
        const std::vector<NodeId>& out = graph_.node(visit.id).out;
        if (visit.next_child == out.size()) {
          marks[visit.id.value] = Mark::kDone;
          path.pop_back();
          continue;
        }
        const NodeId child = out[visit.next_child++];
        if (child == visit.id) {
          continue;
        }
        if (marks[child.value] == Mark::kOnPath) {
          std::vector<NodeId> cycle;
          cycle.reserve(path.size());
          for (const Visit& step : path) {
            cycle.push_back(step.id);
          }
          cycle.erase(cycle.begin(), std::find(cycle.begin(), cycle.end(), child));
          ReportCycle(cycle);
        } else if (marks[child.value] == Mark::kNew) {
          marks[child.value] = Mark::kOnPath;
          path.push_back({.id = child});
        }
      }
    }
  }

  void ReportCycle(const std::vector<NodeId>& cycle) {
    edges_are_sound_ = false;
    std::string text;
    for (const NodeId id : cycle) {
      text += Step(id).name + " → ";
    }
    text += Step(cycle.front()).name;
    Report(Step(cycle.back()), Step(cycle.back()).transition.line, "there is a cycle: " + text,
           "only a switch may repeat, and only its own step");
  }

  void CheckReachability() {
    const std::optional<NodeId> start = graph_.start();
    if (!start) {
      return;
    }
    const std::vector<bool> reached = graph_.ReachableFrom(*start);
    for (std::uint32_t i = 0; i < reached.size(); ++i) {
      if (!reached[i] && (edges_are_sound_ || Step(NodeId{i}).name != "end")) {
        Report(Step(NodeId{i}), Step(NodeId{i}).line, "no step leads here from start",
               "name it in a self.next, or remove it");
      }
    }
  }

  void CheckNesting() {
    for (const NestingProblem& problem : graph_.nesting_problems()) {
      const StepDescription& step = Step(problem.node);
      auto [message, hint] = Describe(problem);
      Report(step, step.line, std::move(message), std::move(hint));
    }
  }

  std::pair<std::string, std::string> Describe(const NestingProblem& problem) const {
    std::vector<std::string> names;
    names.reserve(problem.related.size());
    for (const NodeId id : problem.related) {
      names.push_back(Step(id).name);
    }
    const std::string related = Enumerate(names);
    const std::string split = problem.split ? Quoted(Step(*problem.split).name) : "";
    switch (problem.fault) {
      case NestingFault::kJoinsNothing:
        return {"the step takes inputs like a join, but no split comes before it",
                "remove the argument, or split before it"};
      case NestingFault::kMissingBranches:
        return {"the join closes the split at " + split + " but its branch " + related +
                    " does not lead here",
                "every branch of a split ends in the same join"};
      case NestingFault::kSameBranchTwice:
        return {"the join is reached by alternatives of one branch: " + related,
                "let the cases of a switch meet in a step of their own before the join"};
      case NestingFault::kUnrelatedSplits:
        return {"the join mixes steps of unrelated splits: " + related,
                "join the inner split first; each split has a join of its own"};
      case NestingFault::kBranchesMeet:
        return {"branches of the split at " + split + " meet here: " + related,
                "make the step a join by adding an argument: def " + Step(problem.node).name +
                    "(self, inputs)"};
      case NestingFault::kUnevenDepth:
        return {"the steps that lead here are inside different splits: " + related,
                "join every split before its steps meet others"};
      case NestingFault::kJoinedTwice:
        return {"the split at " + split + " is joined here and in " + related,
                "every branch of a split ends in the same join, whichever way a switch takes"};
      case NestingFault::kSplitNotJoined:
        return {"the flow ends before the split at " + split + " is joined",
                "add a join, a step that takes inputs, before end"};
      case NestingFault::kSplitIntoJoin:
        return {"the split at " + split + " goes straight to its join",
                "put at least one step into each branch"};
    }
    return {};
  }

  const FlowDescription& flow_;
  const Graph& graph_;
  std::vector<std::string> step_names_;
  std::vector<Finding> findings_;
  bool edges_are_sound_ = true;  // no finding yet that would only cause others
};

}  // namespace

std::string ToString(const Finding& finding) {
  std::string text = finding.file;
  if (finding.line > 0) {
    text += ":" + std::to_string(finding.line);
  }
  text += ": ";
  if (!finding.step.empty()) {
    text += "step " + Quoted(finding.step) + ": ";
  }
  text += finding.message;
  if (!finding.hint.empty()) {
    text += "\nhint: " + finding.hint;
  }
  return text;
}

std::vector<Finding> CheckGraph(const FlowDescription& flow, const Graph& graph) {
  return Check(flow, graph).Run();
}

}  // namespace flowstone::flow
