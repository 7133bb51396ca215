#include "flowstone/app/environment_wish.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

constexpr std::string_view kBaseDecorator = "pypi_base";

using Packages = std::map<std::string, resolve::RequestedRequirement>;  // by normalised name

constexpr std::string_view kArguments =
    "it takes packages, python, disabled, requirements, lock, group, extra, index_url, "
    "extra_index_urls, exclude_newer and platforms";

// What one decorator says; absent keys are not overridden.
struct Declaration {
  Packages packages;
  std::optional<std::string> python;
  std::optional<bool> disabled;
  std::optional<std::string> requirements_file;
  std::optional<std::string> lock_file;
  std::optional<std::vector<pypi::GroupName>> groups;
  std::optional<std::vector<pypi::ExtraName>> extras;
  std::optional<std::string> index_url;
  std::optional<std::vector<std::string>> extra_index_urls;
  std::optional<std::int64_t> exclude_newer_us;
  std::optional<std::vector<pypi::TargetPlatform>> platforms;
};

Error Wrong(const flow::DecoratorDescription& decorator, const std::string& what) {
  return Error{.code = ErrorCode::kInvalid, .message = "@" + decorator.name + ": " + what};
}

// "flow.py:12"; without a line, of a decorator that the command line adds (--with).
std::string LineOf(const flow::DecoratorDescription& decorator, const std::string& file) {
  return std::string(os::BaseName(file)) +
         (decorator.line > 0 ? ":" + std::to_string(decorator.line) : "");
}

// "@pypi, flow.py:12"; the base has its name in the origin already.
std::string PlaceOf(const flow::DecoratorDescription& decorator, const std::string& file) {
  return (decorator.name == kBaseDecorator ? "" : "@" + decorator.name + ", ") +
         LineOf(decorator, file);
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
    resolve::RequestedRequirement wanted{
        .requirement = std::move(requirement),
        .origin = decorator.name == kBaseDecorator ? "@" + decorator.name : ""};
    if (!declaration.packages.emplace(name, std::move(wanted)).second) {
      return Wrong(decorator, "packages names '" + name + "' twice");
    }
  }
  return Ok();
}

Result<std::string> ReadText(const flow::DecoratorDescription& decorator, const std::string& key,
                             const nlohmann::json& value, std::string_view example) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) {
    return Wrong(decorator, key + " must be a string such as \"" + std::string(example) + "\"");
  }
  return value.get<std::string>();
}

// One text, or a list of them.
Result<std::vector<std::string>> ReadTexts(const flow::DecoratorDescription& decorator,
                                           const std::string& key, const nlohmann::json& value,
                                           std::string_view example) {
  if (value.is_string()) {
    return std::vector<std::string>{value.get<std::string>()};
  }
  std::vector<std::string> texts;
  if (!value.is_array()) {
    return Wrong(decorator, key + " must be a string or a list of strings such as \"" +
                                std::string(example) + "\"");
  }
  for (const nlohmann::json& element : value) {
    FLOWSTONE_LET(std::string text, ReadText(decorator, key, element, example));
    texts.push_back(std::move(text));
  }
  return texts;
}

template <class Name>
Result<std::vector<Name>> ReadNames(const flow::DecoratorDescription& decorator,
                                    const std::string& key, const nlohmann::json& value,
                                    std::string_view example) {
  FLOWSTONE_LET(const std::vector<std::string> texts, ReadTexts(decorator, key, value, example));
  std::vector<Name> names;
  for (const std::string& text : texts) {
    const Result<Name> name = Name::Parse(text);
    if (!name) {
      return Wrong(decorator, key + ": " + name.error().message);
    }
    names.push_back(*name);
  }
  std::ranges::sort(names);
  return names;
}

Result<std::vector<pypi::TargetPlatform>> ReadPlatforms(const flow::DecoratorDescription& decorator,
                                                        const nlohmann::json& value) {
  FLOWSTONE_LET(const std::vector<std::string> names,
                ReadTexts(decorator, "platforms", value, "linux-aarch64"));
  std::vector<pypi::TargetPlatform> platforms;
  for (const std::string& name : names) {
    Result<pypi::TargetPlatform> platform = pypi::TargetPlatform::Parse(name);
    if (!platform) {
      return Annotate(std::move(platform), "in platforms of @" + decorator.name).error();
    }
    platforms.push_back(*std::move(platform));
  }
  return platforms;
}

Result<std::int64_t> ReadCutOff(const flow::DecoratorDescription& decorator,
                                const nlohmann::json& value) {
  FLOWSTONE_LET(const std::string text, ReadText(decorator, "exclude_newer", value, "2026-11-01"));
  const std::optional<std::int64_t> moment = lock::ParseTimestamp(text);
  if (!moment) {
    return Wrong(decorator, "exclude_newer is '" + text + "', not a date")
        .WithHint("write 2026-11-01 or 2026-11-01T12:00:00Z");
  }
  return *moment;
}

// The arguments that say what is wanted and for what it is wanted.
Status ReadWanted(const flow::DecoratorDescription& decorator, const std::string& key,
                  const nlohmann::json& value, Declaration& declaration) {
  if (key == "packages") {
    return ReadPackages(decorator, value, declaration);
  }
  if (key == "python") {
    if (!value.is_string()) {
      return Wrong(decorator, "python must be a string such as \"3.11\"");
    }
    declaration.python = value.get<std::string>();
    return Ok();
  }
  if (key == "disabled") {
    if (!value.is_boolean()) {
      return Wrong(decorator, "disabled must be True or False");
    }
    declaration.disabled = value.get<bool>();
    return Ok();
  }
  if (key == "platforms") {
    FLOWSTONE_LET(declaration.platforms, ReadPlatforms(decorator, value));
    return Ok();
  }
  return Wrong(decorator, "unknown argument '" + key + "'").WithHint(std::string(kArguments));
}

// The arguments that name files and what to take of them.
Status ReadSources(const flow::DecoratorDescription& decorator, const std::string& key,
                   const nlohmann::json& value, Declaration& declaration) {
  if (key == "requirements") {
    FLOWSTONE_LET(declaration.requirements_file,
                  ReadText(decorator, key, value, "requirements.txt"));
    return Ok();
  }
  if (key == "lock") {
    FLOWSTONE_LET(declaration.lock_file, ReadText(decorator, key, value, "pylock.toml"));
    return Ok();
  }
  if (key == "group") {
    FLOWSTONE_LET(declaration.groups, ReadNames<pypi::GroupName>(decorator, key, value, "train"));
    return Ok();
  }
  if (key == "extra") {
    FLOWSTONE_LET(declaration.extras, ReadNames<pypi::ExtraName>(decorator, key, value, "gpu"));
    return Ok();
  }
  return ReadWanted(decorator, key, value, declaration);
}

Result<Declaration> ReadDeclaration(const flow::DecoratorDescription& decorator) {
  Declaration declaration;
  const nlohmann::json attributes = nlohmann::json::parse(decorator.attributes_json);
  for (const auto& [key, value] : attributes.items()) {
    if (value.is_null()) {
      continue;
    }
    if (key == "index_url") {
      FLOWSTONE_LET(declaration.index_url,
                    ReadText(decorator, key, value, "https://index.example/simple/"));
    } else if (key == "extra_index_urls") {
      FLOWSTONE_LET(declaration.extra_index_urls,
                    ReadTexts(decorator, key, value, "https://index.example/simple/"));
    } else if (key == "exclude_newer") {
      FLOWSTONE_LET(declaration.exclude_newer_us, ReadCutOff(decorator, value));
    } else {
      FLOWSTONE_TRY(ReadSources(decorator, key, value, declaration));
    }
  }
  return declaration;
}

Result<Declaration> ReadFirst(const std::vector<flow::DecoratorDescription>& decorators,
                              std::string_view name, const std::string& file) {
  for (const flow::DecoratorDescription& decorator : decorators) {
    if (decorator.name == name) {
      FLOWSTONE_LET(Declaration declaration,
                    Annotate(ReadDeclaration(decorator), "at " + LineOf(decorator, file)));
      for (auto& [package, wanted] : declaration.packages) {
        wanted.place = PlaceOf(decorator, file);
      }
      return declaration;
    }
  }
  return Declaration{};
}

const flow::DecoratorDescription* Find(const std::vector<flow::DecoratorDescription>& decorators,
                                       std::string_view name) {
  const auto found = std::ranges::find(decorators, name, &flow::DecoratorDescription::name);
  return found == decorators.end() ? nullptr : &*found;
}

bool HasDecorator(const std::vector<flow::DecoratorDescription>& decorators,
                  std::string_view name) {
  return Find(decorators, name) != nullptr;
}

template <class T>
T Either(const std::optional<T>& step, const std::optional<T>& base) {
  return step ? *step : base.value_or(T());
}

EnvironmentWish Merge(const Declaration& base, const Declaration& step) {
  Packages packages = step.packages;
  packages.insert(base.packages.begin(), base.packages.end());  // keeps what the step says
  EnvironmentWish wish{.python = Either(step.python, base.python)};
  for (auto& [name, requirement] : packages) {
    wish.requirements.push_back(std::move(requirement));
  }
  wish.exclude_newer_us = step.exclude_newer_us ? step.exclude_newer_us : base.exclude_newer_us;
  wish.indexes.index_url = step.index_url ? step.index_url : base.index_url;
  wish.indexes.extra_index_urls = Either(step.extra_index_urls, base.extra_index_urls);
  wish.platforms = Either(step.platforms, base.platforms);
  wish.requirements_file = Either(step.requirements_file, base.requirements_file);
  wish.lock_file = Either(step.lock_file, base.lock_file);
  wish.groups = Either(step.groups, base.groups);
  wish.extras = Either(step.extras, base.extras);
  return wish;
}

// Groups and extras are of something.
Status CheckSources(const EnvironmentWish& wish) {
  if (!wish.requirements_file.empty() || !wish.lock_file.empty() ||
      (wish.groups.empty() && wish.extras.empty())) {
    return Ok();
  }
  return Error{.code = ErrorCode::kInvalid,
               .message = wish.groups.empty() ? "@pypi names an extra but no file that has it"
                                              : "@pypi names a group but no file that has it",
               .hints = {"add requirements=\"pyproject.toml\" or lock=\"pylock.toml\""}};
}

}  // namespace

Result<pypi::Requirement> RequirementFromPackage(const std::string& key,
                                                 const std::string& version) {
  const std::string wanted(TrimText(version));
  std::string text = key;
  if (wanted.empty()) {
    // "name", "name[extra]" or "name @ url" by itself.
  } else if (std::string_view("<>!~").find(wanted.front()) != std::string_view::npos ||
             wanted.starts_with("=>") || wanted.starts_with("=<")) {
    text += wanted;  // the parser knows what is wrong with "=>1"
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
  FLOWSTONE_LET(const Declaration base, ReadFirst(flow.decorators, kBaseDecorator, flow.file));
  const bool every =
      choice == EnvironmentChoice::kEvery || HasDecorator(flow.decorators, kBaseDecorator);
  for (const flow::StepDescription& step : flow.steps) {
    std::optional<EnvironmentWish>& wish = wishes[step.name];
    FLOWSTONE_LET(
        const Declaration own,
        Annotate(ReadFirst(step.decorators, "pypi", step.file.empty() ? flow.file : step.file),
                 "in step '" + step.name + "'"));
    const bool disabled = own.disabled.value_or(base.disabled.value_or(false));
    const bool wanted = every || HasDecorator(step.decorators, "pypi");
    if (choice != EnvironmentChoice::kNone && wanted && !disabled) {
      wish = Merge(base, own);
      FLOWSTONE_TRY(Annotate(CheckSources(*wish), "for " + AskerOf(flow, step.name)));
    }
  }
  return wishes;
}

std::string AskerOf(const flow::FlowDescription& flow, const std::string& step) {
  std::string asker = "step " + step;
  const auto described = std::ranges::find(flow.steps, step, &flow::StepDescription::name);
  if (described != flow.steps.end()) {
    const std::string& file = described->file.empty() ? flow.file : described->file;
    if (const auto* own = Find(described->decorators, "pypi")) {
      return asker + " (" + PlaceOf(*own, file) + ")";
    }
  }
  if (const auto* base = Find(flow.decorators, kBaseDecorator)) {
    asker += " (@" + base->name + ", " + LineOf(*base, flow.file) + ")";
  }
  return asker;
}

std::vector<std::string> StepsThatWantEnvironments(const flow::FlowDescription& flow) {
  std::vector<std::string> steps;
  const bool base = HasDecorator(flow.decorators, kBaseDecorator);
  for (const flow::StepDescription& step : flow.steps) {
    if (base || HasDecorator(step.decorators, "pypi")) {
      steps.push_back(step.name);
    }
  }
  return steps;
}

}  // namespace flowstone::app
