// FlowBuilder: flow descriptions for tests, written as the steps are: Linear("start", "a"),
// Split("a", {"b", "c"}), Foreach("a", "b", "xs"), Join("j", "end"), End().
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flowstone/flow/description.h"

namespace flowstone::flow::testing {

class FlowBuilder {
 public:
  FlowBuilder() {
    flow_.name = "TestFlow";
    flow_.file = "/flows/test_flow.py";
    flow_.script = "test_flow.py";
    flow_.line = 1;
  }

  FlowBuilder& Linear(const std::string& step, const std::string& next) {
    return Add(step, {}, TransitionKind::kLinear, {next});
  }
  FlowBuilder& Split(const std::string& step, std::vector<std::string> next) {
    return Add(step, {}, TransitionKind::kSplit, std::move(next));
  }
  FlowBuilder& Foreach(const std::string& step, const std::string& next,
                       const std::string& variable = "items") {
    Add(step, {}, TransitionKind::kForeach, {next});
    flow_.steps.back().transition.foreach_variable = variable;
    return *this;
  }
  // One case for each target, named after it.
  FlowBuilder& Switch(const std::string& step, const std::vector<std::string>& next) {
    Add(step, {}, TransitionKind::kSwitch, next);
    StaticTransition& transition = flow_.steps.back().transition;
    transition.condition = "choice";
    for (const std::string& target : next) {
      transition.cases.push_back({.value = target, .step = target});
    }
    return *this;
  }
  FlowBuilder& Join(const std::string& step, const std::string& next) {
    return Add(step, {"inputs"}, TransitionKind::kLinear, {next});
  }
  FlowBuilder& End() { return Add("end", {}, TransitionKind::kNone, {}); }
  FlowBuilder& Add(const std::string& step, std::vector<std::string> arguments, TransitionKind kind,
                   std::vector<std::string> next) {
    StepDescription description;
    description.name = step;
    description.file = flow_.file;
    description.line = static_cast<int>(flow_.steps.size()) * 10 + 10;
    description.arguments = std::move(arguments);
    description.transition.kind = kind;
    description.transition.next = std::move(next);
    description.transition.line =
        kind == TransitionKind::kNone ? 0 : static_cast<int>(flow_.steps.size()) * 10 + 12;
    flow_.steps.push_back(std::move(description));
    return *this;
  }
  // On the step added last.
  FlowBuilder& Decorate(const std::string& name, const std::string& attributes_json = "{}") {
    StepDescription& step = flow_.steps.back();
    step.decorators.push_back(
        {.name = name, .attributes_json = attributes_json, .line = step.line - 1});
    return *this;
  }

  const FlowDescription& flow() const { return flow_; }

 private:
  FlowDescription flow_;
};

}  // namespace flowstone::flow::testing
