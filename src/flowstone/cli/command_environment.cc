// `environment lock` and `environment show`.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "flowstone/app/environment_service.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/flow_session.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {
namespace {

std::string Requirements(const app::EnvironmentWish& wish) {
  std::vector<std::string> texts;
  texts.reserve(wish.requirements.size());
  for (const pypi::Requirement& requirement : wish.requirements) {
    texts.push_back(requirement.ToString());
  }
  return texts.empty() ? "(no packages)" : JoinText(texts, ", ");
}

nlohmann::json PackagesOf(const lock::Lock& lock) {
  nlohmann::json packages = nlohmann::json::object();
  for (const lock::LockedPackage& package : lock.packages) {
    packages[package.name.ToString()] = package.version ? package.version->ToString() : "";
  }
  return packages;
}

std::string PackageLines(const lock::Lock& lock) {
  std::string text;
  for (const lock::LockedPackage& package : lock.packages) {
    text += fmt::format("    {} {}\n", package.name.ToString(),
                        package.version ? package.version->ToString() : "");
  }
  return text;
}

// What a step gets, as text and as JSON.
struct Description {
  std::string text;
  nlohmann::json json;
};

Result<Description> DescribeStep(app::EnvironmentService& service, const std::string& step,
                                 const std::optional<app::EnvironmentWish>& wish) {
  Description description{.text = fmt::format("{}\n", step), .json = {{"step", step}}};
  description.json["environment"] = nullptr;
  if (!wish) {
    description.text += "    the launching interpreter\n";
    return description;
  }
  description.text +=
      fmt::format("    asks for Python {}: {}\n",
                  wish->python.empty() ? "of the launcher" : wish->python, Requirements(*wish));
  FLOWSTONE_LET(const auto locked, service.FindLock(*wish));
  description.json["environment"] = {{"python", wish->python},
                                     {"requirements", Requirements(*wish)}};
  if (!locked) {
    description.text += "    not locked yet: `environment lock` resolves it, so does `run`\n";
    return description;
  }
  FLOWSTONE_LET(const auto environment, service.Find(*locked));
  description.text +=
      fmt::format("    lock {}, Python {}, {}\n", locked->digest.ToString().substr(0, 12),
                  locked->interpreter.version.ToString(),
                  environment ? "in " + environment->directory : "not installed");
  description.text += PackageLines(locked->lock);
  auto& json = description.json["environment"];
  json["lock"] = locked->digest.ToString();
  json["interpreter"] = locked->interpreter.version.ToString();
  json["packages"] = PackagesOf(locked->lock);
  json["directory"] = environment ? nlohmann::json(environment->directory) : nlohmann::json();
  json["id"] = environment ? nlohmann::json(environment->id.ToString()) : nlohmann::json();
  return description;
}

}  // namespace

CommandResult CommandEnvironmentShow(FlowSession& session) {
  FLOWSTONE_LET(const app::EnvironmentSettings settings,
                EnvironmentSettingsOf(session.arguments, session.flow.python.executable));
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  auto datastore = app::ProjectDatastore::Open(session.machine, store::MissingDatastore::kRefuse);
  if (!datastore && datastore.error().code != ErrorCode::kNotFound) {
    return datastore.error();
  }
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, datastore ? datastore->get() : nullptr,
                                  progress, settings);
  FLOWSTONE_LET(const auto wishes,
                app::EnvironmentWishes(session.flow, app::EnvironmentChoice::kDeclared));
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const flow::StepDescription& step : session.flow.steps) {
    FLOWSTONE_LET(Description description, DescribeStep(service, step.name, wishes.at(step.name)));
    text += description.text;
    json.push_back(std::move(description.json));
  }
  session.console.Out(session.arguments.Has("json") ? json.dump(2) + "\n" : text);
  return 0;
}

CommandResult CommandEnvironmentLock(FlowSession& session) {
  FLOWSTONE_LET(const app::EnvironmentSettings settings,
                EnvironmentSettingsOf(session.arguments, session.flow.python.executable));
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(const auto datastore,
                app::ProjectDatastore::Open(session.machine, store::MissingDatastore::kCreate));
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  app::EnvironmentService service(session.machine, home, datastore.get(), *progress, settings);
  FLOWSTONE_LET(const auto wishes,
                app::EnvironmentWishes(session.flow, app::EnvironmentChoice::kDeclared));
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const flow::StepDescription& step : session.flow.steps) {
    const auto& wish = wishes.at(step.name);
    if (!wish) {
      text += step.name + "\n    the launching interpreter\n";
      continue;
    }
    FLOWSTONE_LET(const app::LockedEnvironment locked,
                  Annotate(service.Lock(*wish, "step " + step.name),
                           "while resolving the environment of step " + step.name));
    for (const std::string& warning : locked.warnings) {
      session.console.PrintWarning(warning);
    }
    text += fmt::format(
        "{}\n    lock {} ({})\n{}", step.name, locked.digest.ToString().substr(0, 12),
        locked.origin == app::LockedEnvironment::Origin::kResolved ? "resolved now" : "remembered",
        PackageLines(locked.lock));
    json.push_back({{"step", step.name},
                    {"lock", locked.digest.ToString()},
                    {"packages", PackagesOf(locked.lock)}});
  }
  session.console.Out(session.arguments.Has("json") ? json.dump(2) + "\n" : text);
  return 0;
}

}  // namespace flowstone::cli
