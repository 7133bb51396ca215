#include "flowstone/flow/description.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "flowstone/flow/json_object.h"

namespace flowstone::flow {
namespace {

constexpr std::int64_t kVersion = 1;

template <class Enum, std::size_t kCount>
Result<Enum> ParseName(const JsonObject& object, std::string_view key,
                       const std::array<std::pair<std::string_view, Enum>, kCount>& names) {
  FLOWSTONE_LET(const std::string text, object.Text(key));
  for (const auto& [name, value] : names) {
    if (name == text) {
      return value;
    }
  }
  return object.Wrong(key, "unknown value '" + text + "'");
}

constexpr auto kParameterKinds = std::to_array<std::pair<std::string_view, ParameterKind>>({
    {"str", ParameterKind::kString},
    {"int", ParameterKind::kInteger},
    {"float", ParameterKind::kFloat},
    {"bool", ParameterKind::kBoolean},
    {"json", ParameterKind::kJson},
    {"file", ParameterKind::kFile},
});

constexpr auto kTransitionKinds = std::to_array<std::pair<std::string_view, TransitionKind>>({
    {"none", TransitionKind::kNone},
    {"linear", TransitionKind::kLinear},
    {"split", TransitionKind::kSplit},
    {"foreach", TransitionKind::kForeach},
    {"switch", TransitionKind::kSwitch},
    {"invalid", TransitionKind::kInvalid},
});

// A line number; 0 for null, which stands for code that has no line.
Result<int> ParseLine(const JsonObject& object, std::string_view key) {
  FLOWSTONE_LET(const std::optional<std::int64_t> line, object.OptionalInteger(key));
  if (line.value_or(0) < 0 || line.value_or(0) > std::numeric_limits<int>::max()) {
    return object.Wrong(key, "expected a line number");
  }
  return static_cast<int>(line.value_or(0));
}

Result<std::string> TextOrEmpty(const JsonObject& object, std::string_view key) {
  FLOWSTONE_LET(std::optional<std::string> text, object.OptionalText(key));
  return std::move(text).value_or("");
}

Result<std::string> NonEmptyText(const JsonObject& object, std::string_view key) {
  FLOWSTONE_LET(std::string text, object.Text(key));
  if (text.empty()) {
    return object.Wrong(key, "must not be empty");
  }
  return text;
}

Result<DecoratorDescription> ParseDecorator(const JsonObject& object) {
  DecoratorDescription decorator;
  FLOWSTONE_LET(decorator.name, NonEmptyText(object, "name"));
  FLOWSTONE_TRY(object.Object("attributes"));
  decorator.attributes_json = object.Raw("attributes");
  FLOWSTONE_LET(decorator.inserted_by, object.OptionalText("inserted_by"));
  FLOWSTONE_LET(decorator.line, ParseLine(object, "line"));
  return decorator;
}

Result<std::vector<DecoratorDescription>> ParseDecorators(const JsonObject& object) {
  FLOWSTONE_LET(const std::vector<JsonObject> elements, object.Objects("decorators"));
  std::vector<DecoratorDescription> decorators;
  for (const JsonObject& element : elements) {
    FLOWSTONE_LET(DecoratorDescription decorator, ParseDecorator(element));
    decorators.push_back(std::move(decorator));
  }
  return decorators;
}

Result<ParameterDescription> ParseParameter(const JsonObject& object) {
  ParameterDescription parameter;
  FLOWSTONE_LET(parameter.name, NonEmptyText(object, "name"));
  FLOWSTONE_LET(parameter.variable, NonEmptyText(object, "variable"));
  FLOWSTONE_LET(parameter.kind, ParseName(object, "kind", kParameterKinds));
  FLOWSTONE_LET(parameter.required, object.Boolean("required"));
  FLOWSTONE_LET(parameter.has_default, object.Boolean("has_default"));
  FLOWSTONE_LET(parameter.default_is_function, object.Boolean("default_is_function"));
  parameter.default_json = object.Raw("default");
  FLOWSTONE_LET(parameter.help, TextOrEmpty(object, "help"));
  FLOWSTONE_LET(parameter.separator, object.OptionalText("separator"));
  if (!object.IsNull("is_text")) {
    FLOWSTONE_LET(parameter.is_text, object.Boolean("is_text"));
  }
  FLOWSTONE_LET(parameter.encoding, object.OptionalText("encoding"));
  FLOWSTONE_LET(parameter.line, ParseLine(object, "line"));
  return parameter;
}

Result<StaticTransition> ParseSwitch(const JsonObject& object, int line) {
  StaticTransition transition{.kind = TransitionKind::kSwitch, .line = line};
  FLOWSTONE_LET(transition.condition, NonEmptyText(object, "condition"));
  FLOWSTONE_LET(auto cases, object.TextMembers("cases"));
  for (auto& [value, step] : cases) {
    if (std::find(transition.next.begin(), transition.next.end(), step) == transition.next.end()) {
      transition.next.push_back(step);
    }
    transition.cases.push_back({.value = value, .step = std::move(step)});
  }
  if (transition.cases.empty()) {
    return object.Wrong("cases", "expected at least one case");
  }
  return transition;
}

Status CheckTargetCount(const JsonObject& object, const StaticTransition& transition) {
  const std::size_t count = transition.next.size();
  if (transition.kind == TransitionKind::kSplit ? count < 2 : count != 1) {
    return object.Wrong("next", transition.kind == TransitionKind::kSplit
                                    ? "expected two step names or more"
                                    : "expected one step name");
  }
  return Ok();
}

Result<StaticTransition> ParseTransition(const JsonObject& step) {
  FLOWSTONE_LET(const JsonObject object, step.Object("transition"));
  StaticTransition transition;
  FLOWSTONE_LET(transition.kind, ParseName(object, "kind", kTransitionKinds));
  FLOWSTONE_LET(transition.line, ParseLine(step, "transition_line"));
  switch (transition.kind) {
    case TransitionKind::kNone:
      break;
    case TransitionKind::kForeach: {
      FLOWSTONE_LET(transition.foreach_variable, NonEmptyText(object, "variable"));
      [[fallthrough]];
    }
    case TransitionKind::kLinear:
    case TransitionKind::kSplit: {
      FLOWSTONE_LET(transition.next, object.Texts("next"));
      FLOWSTONE_TRY(CheckTargetCount(object, transition));
      break;
    }
    case TransitionKind::kSwitch:
      return ParseSwitch(object, transition.line);
    case TransitionKind::kInvalid: {
      FLOWSTONE_LET(transition.message, NonEmptyText(object, "message"));
      if (!object.IsNull("line")) {
        FLOWSTONE_LET(transition.line, ParseLine(object, "line"));
      }
      break;
    }
  }
  return transition;
}

Result<StepDescription> ParseStep(const JsonObject& object) {
  StepDescription step;
  FLOWSTONE_LET(step.name, NonEmptyText(object, "name"));
  FLOWSTONE_LET(step.doc, TextOrEmpty(object, "doc"));
  FLOWSTONE_LET(step.file, object.Text("file"));
  FLOWSTONE_LET(step.line, ParseLine(object, "line"));
  FLOWSTONE_LET(step.arguments, object.Texts("arguments"));
  FLOWSTONE_LET(step.decorators, ParseDecorators(object));
  FLOWSTONE_LET(step.transition, ParseTransition(object));
  return step;
}

Result<std::vector<StepDescription>> ParseSteps(const JsonObject& root) {
  FLOWSTONE_LET(const std::vector<JsonObject> elements, root.Objects("steps"));
  std::vector<StepDescription> steps;
  std::set<std::string, std::less<>> names;
  for (const JsonObject& element : elements) {
    FLOWSTONE_LET(StepDescription step, ParseStep(element));
    if (!names.insert(step.name).second) {
      return element.Wrong("name", "there is another step '" + step.name + "'");
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Result<std::vector<ParameterDescription>> ParseParameters(const JsonObject& root) {
  FLOWSTONE_LET(const std::vector<JsonObject> elements, root.Objects("parameters"));
  std::vector<ParameterDescription> parameters;
  for (const JsonObject& element : elements) {
    FLOWSTONE_LET(ParameterDescription parameter, ParseParameter(element));
    parameters.push_back(std::move(parameter));
  }
  return parameters;
}

Result<SdkDescription> ParseSdk(const JsonObject& root) {
  FLOWSTONE_LET(const JsonObject object, root.Object("sdk"));
  SdkDescription sdk;
  FLOWSTONE_LET(sdk.version, object.Text("version"));
  FLOWSTONE_LET(sdk.root, NonEmptyText(object, "root"));
  FLOWSTONE_LET(sdk.compat_root, object.OptionalText("compat_root"));
  return sdk;
}

Result<PythonDescription> ParsePython(const JsonObject& root) {
  FLOWSTONE_LET(const JsonObject object, root.Object("python"));
  PythonDescription python;
  FLOWSTONE_LET(python.executable, NonEmptyText(object, "executable"));
  FLOWSTONE_LET(python.version, NonEmptyText(object, "version"));
  FLOWSTONE_LET(python.implementation, NonEmptyText(object, "implementation"));
  return python;
}

// A flow with nothing but the document's `flow` object.
Result<FlowDescription> ParseIdentity(const JsonObject& root) {
  FLOWSTONE_LET(const JsonObject identity, root.Object("flow"));
  FlowDescription flow;
  FLOWSTONE_LET(flow.name, NonEmptyText(identity, "name"));
  FLOWSTONE_LET(flow.file, NonEmptyText(identity, "file"));
  FLOWSTONE_LET(flow.script, NonEmptyText(identity, "script"));
  FLOWSTONE_LET(flow.module, identity.OptionalText("module"));
  FLOWSTONE_LET(flow.doc, TextOrEmpty(identity, "doc"));
  FLOWSTONE_LET(flow.line, ParseLine(identity, "line"));
  if (flow.file.front() != '/') {
    return identity.Wrong("file", "expected an absolute path");
  }
  return flow;
}

Result<std::vector<PackageInclude>> ParsePackageIncludes(const JsonObject& configuration) {
  FLOWSTONE_LET(const auto elements, configuration.Objects("package_include"));
  std::vector<PackageInclude> includes;
  for (const JsonObject& element : elements) {
    PackageInclude include;
    FLOWSTONE_LET(include.path, NonEmptyText(element, "path"));
    FLOWSTONE_LET(include.name, NonEmptyText(element, "name"));
    includes.push_back(std::move(include));
  }
  return includes;
}

}  // namespace

Result<FlowDescription> ParseFlowDescription(std::string_view json) {
  FLOWSTONE_LET(const JsonDocument document, JsonDocument::Parse(json, "flow description"));
  const JsonObject root = document.root();
  FLOWSTONE_LET(const std::int64_t version, root.Integer("version"));
  if (version != kVersion) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "version: this engine reads version 1 of the flow description, not " +
                            std::to_string(version)}
        .WithHint("the Python package and the engine have to be of the same release");
  }
  FLOWSTONE_LET(FlowDescription flow, ParseIdentity(root));
  FLOWSTONE_LET(flow.sdk, ParseSdk(root));
  FLOWSTONE_LET(flow.python, ParsePython(root));
  FLOWSTONE_LET(flow.parameters, ParseParameters(root));
  FLOWSTONE_LET(flow.decorators, ParseDecorators(root));
  FLOWSTONE_LET(flow.steps, ParseSteps(root));
  flow.steps_json = root.Raw("steps");
  FLOWSTONE_LET(const JsonObject configuration, root.Object("configuration"));
  FLOWSTONE_LET(flow.package_suffixes, configuration.Texts("package_suffixes"));
  FLOWSTONE_LET(flow.package_include, ParsePackageIncludes(configuration));
  return flow;
}

const DecoratorDescription* FindDecorator(const StepDescription& step, std::string_view name) {
  for (const DecoratorDescription& decorator : step.decorators) {
    if (decorator.name == name) {
      return &decorator;
    }
  }
  return nullptr;
}

}  // namespace flowstone::flow
