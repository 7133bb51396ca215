#include "flowstone/app/environment_wish.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::app {
namespace {

using Packages = std::map<std::string, pypi::Requirement>;  // by normalised name

// What one decorator says; absent keys are not overridden.
struct Declaration {
  Packages packages;
  std::optional<std::string> python;
  std::optional<bool> disabled;
};

Error Wrong(const flow::DecoratorDescription& decorator, const std::string& what) {
  return Error{.code = ErrorCode::kInvalid, .message = "@" + decorator.name + ": " + what};
}

Status ReadPackages(const flow::DecoratorDescription& decorator, const nlohmann::json& packages,
                    Declaration& declaration) {
  if (!packages.is_object()) {
    return Wrong(decorator, "packages must be a dict of names to versions");
  }
  for (const auto& [key, version] : packages.items()) {
    if (!version.is_string()) {
      return Wrong(decorator, "the version of '" + key + "' must be a string, not " +
                                  std::string(version.type_name()))
          .WithHint("write it in quotes: {\"" + key + "\": \"" + version.dump() + "\"}");
    }
    FLOWSTONE_LET(pypi::Requirement requirement,
                  Annotate(RequirementFromPackage(key, version.get<std::string>()),
                           "in packages of @" + decorator.name));
    std::string name = requirement.name.ToString();
    if (!declaration.packages.emplace(name, std::move(requirement)).second) {
      return Wrong(decorator, "packages names '" + name + "' twice");
    }
  }
  return Ok();
}

Result<Declaration> ReadDeclaration(const flow::DecoratorDescription& decorator) {
  Declaration declaration;
  const nlohmann::json attributes = nlohmann::json::parse(decorator.attributes_json);
  for (const auto& [key, value] : attributes.items()) {
    if (value.is_null()) {
      continue;
    }
    if (key == "packages") {
      FLOWSTONE_TRY(ReadPackages(decorator, value, declaration));
    } else if (key == "python") {
      if (!value.is_string()) {
        return Wrong(decorator, "python must be a string such as \"3.11\"");
      }
      declaration.python = value.get<std::string>();
    } else if (key == "disabled") {
      if (!value.is_boolean()) {
        return Wrong(decorator, "disabled must be True or False");
      }
      declaration.disabled = value.get<bool>();
    } else {
      return Wrong(decorator, "unknown argument '" + key + "'")
          .WithHint("it takes packages, python and disabled");
    }
  }
  return declaration;
}

Result<Declaration> ReadFirst(const std::vector<flow::DecoratorDescription>& decorators,
                              std::string_view name) {
  for (const flow::DecoratorDescription& decorator : decorators) {
    if (decorator.name == name) {
      return Annotate(ReadDeclaration(decorator), "line " + std::to_string(decorator.line));
    }
  }
  return Declaration{};
}

bool HasDecorator(const std::vector<flow::DecoratorDescription>& decorators,
                  std::string_view name) {
  for (const flow::DecoratorDescription& decorator : decorators) {
    if (decorator.name == name) {
      return true;
    }
  }
  return false;
}

EnvironmentWish Merge(const Declaration& base, const Declaration& step) {
  Packages packages = step.packages;
  packages.insert(base.packages.begin(), base.packages.end());  // keeps what the step says
  EnvironmentWish wish;
  wish.python = step.python.value_or(base.python.value_or(""));
  for (auto& [name, requirement] : packages) {
    wish.requirements.push_back(std::move(requirement));
  }
  return wish;
}

}  // namespace

Result<pypi::Requirement> RequirementFromPackage(const std::string& key,
                                                 const std::string& version) {
  const std::string wanted(TrimText(version));
  std::string text = key;
  if (wanted.empty()) {
    // "name", "name[extra]" or "name @ url" by itself.
  } else if (std::string_view("<>!~").find(wanted.front()) != std::string_view::npos) {
    text += wanted;
  } else if (wanted.front() == '@') {
    text += " " + wanted;
  } else if (wanted.front() == '=') {
    text += wanted.starts_with("==") ? wanted : "=" + wanted;
  } else {
    text += "==" + wanted;
  }
  return pypi::Requirement::Parse(text);
}

Result<std::map<std::string, std::optional<EnvironmentWish>>> EnvironmentWishes(
    const flow::FlowDescription& flow, EnvironmentChoice choice) {
  std::map<std::string, std::optional<EnvironmentWish>> wishes;
  FLOWSTONE_LET(const Declaration base, ReadFirst(flow.decorators, "pypi_base"));
  const bool every =
      choice == EnvironmentChoice::kEvery || HasDecorator(flow.decorators, "pypi_base");
  for (const flow::StepDescription& step : flow.steps) {
    std::optional<EnvironmentWish>& wish = wishes[step.name];
    FLOWSTONE_LET(const Declaration own,
                  Annotate(ReadFirst(step.decorators, "pypi"), "in step '" + step.name + "'"));
    const bool disabled = own.disabled.value_or(base.disabled.value_or(false));
    const bool wanted = every || HasDecorator(step.decorators, "pypi");
    if (choice != EnvironmentChoice::kNone && wanted && !disabled) {
      wish = Merge(base, own);
    }
  }
  return wishes;
}

std::vector<std::string> StepsThatWantEnvironments(const flow::FlowDescription& flow) {
  std::vector<std::string> steps;
  const bool base = HasDecorator(flow.decorators, "pypi_base");
  for (const flow::StepDescription& step : flow.steps) {
    if (base || HasDecorator(step.decorators, "pypi")) {
      steps.push_back(step.name);
    }
  }
  return steps;
}

}  // namespace flowstone::app
