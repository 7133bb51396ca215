// `environment lock` and `environment show`.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/flow_lock_plan.h"
#include "flowstone/app/flow_locks.h"
#include "flowstone/app/wish_files.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/flow_session.h"
#include "flowstone/cli/flow_settings.h"
#include "flowstone/cli/lock_report.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/lock/lock_diff.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/os/path.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {
namespace {

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

std::string OriginOf(const resolve::RequestedRequirement& wanted) {
  return wanted.origin.empty() ? "@pypi of the step" : wanted.origin;
}

// Everything that is asked for, with who asks.
void DescribeWish(const app::EnvironmentWish& wish, Description& description) {
  auto& json = description.json["environment"];
  json["python"] = wish.python;
  json["requirements"] = nlohmann::json::array();
  description.text += fmt::format("    asks for Python {}\n",
                                  wish.python.empty() ? "of the launcher" : wish.python);
  const auto add = [&](std::string_view kind,
                       const std::vector<resolve::RequestedRequirement>& wishes) {
    for (const resolve::RequestedRequirement& wanted : wishes) {
      const std::string text = wanted.requirement.ToString();
      description.text += fmt::format("    {} {}  ({})\n", kind, text, OriginOf(wanted));
      json["requirements"].push_back(
          {{"kind", kind}, {"text", text}, {"origin", OriginOf(wanted)}});
    }
  };
  add("asks for", wish.requirements);
  add("constrains", wish.constraints);
  add("overrides", wish.overrides);
}

// The lock that the step is going to have, and where it came from.
Status DescribeLock(app::EnvironmentService& service, const app::LockedEnvironment& locked,
                    Description& description) {
  FLOWSTONE_LET(const auto environment, service.Find(locked));
  const std::string source = locked.file.empty() ? "remembered lock" : "lock file " + locked.file;
  description.text +=
      fmt::format("    {} {}, Python {}, {}\n", source, locked.digest().ToString().substr(0, 12),
                  locked.interpreter.version.ToString(),
                  environment ? "in " + environment->directory : "not installed");
  description.text += PackageLines(locked.lock);
  auto& json = description.json["environment"];
  json["file"] = locked.file.empty() ? nlohmann::json() : nlohmann::json(locked.file);
  json["lock"] = locked.digest().ToString();
  json["interpreter"] = locked.interpreter.version.ToString();
  json["packages"] = PackagesOf(locked.lock);
  json["directory"] = environment ? nlohmann::json(environment->directory) : nlohmann::json();
  json["id"] = environment ? nlohmann::json(environment->id.ToString()) : nlohmann::json();
  return Ok();
}

Result<Description> DescribeStep(app::EnvironmentService& service, const std::string& step,
                                 const app::WishedEnvironment* wished) {
  Description description{.text = fmt::format("{}\n", step), .json = {{"step", step}}};
  description.json["environment"] = nullptr;
  if (wished == nullptr) {
    description.text += "    the launching interpreter\n";
    return description;
  }
  DescribeWish(wished->wish, description);
  if (!wished->mismatches.empty()) {
    description.text +=
        fmt::format("    the lock file {} does not answer that:\n", wished->given->file);
    for (const std::string& mismatch : wished->mismatches) {
      description.text += fmt::format("      {}\n", mismatch);
    }
    description.json["environment"]["stale"] = wished->mismatches;
    return description;
  }
  if (wished->given) {
    FLOWSTONE_TRY(DescribeLock(service, *wished->given, description));
    return description;
  }
  FLOWSTONE_LET(const auto remembered, service.FindLock(wished->wish));
  if (!remembered) {
    description.text += "    not locked yet: `environment lock` resolves it, so does `run`\n";
    return description;
  }
  FLOWSTONE_TRY(DescribeLock(service, *remembered, description));
  return description;
}

const app::WishedEnvironment* EnvironmentOfStep(const std::vector<app::WishedEnvironment>& distinct,
                                                const std::string& step) {
  for (const app::WishedEnvironment& wished : distinct) {
    if (std::ranges::find(wished.steps, step) != wished.steps.end()) {
      return &wished;
    }
  }
  return nullptr;
}

std::string_view SourceOf(const app::PlannedLock& planned) {
  if (planned.is_given) {
    return "as it is";
  }
  switch (planned.locked.origin) {
    case app::LockedEnvironment::Origin::kResolved:
      return "resolved now";
    case app::LockedEnvironment::Origin::kRemembered:
      return "remembered";
    case app::LockedEnvironment::Origin::kGiven:
      return planned.IsCurrent() ? "unchanged" : "kept";
  }
  return "";
}

void PrintPlan(FlowSession& session, const app::FlowLockPlan& plan) {
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const app::PlannedLock& planned : plan.locks) {
    for (const std::string& warning : planned.locked.warnings) {
      session.console.PrintWarning(warning);
    }
    text += fmt::format("{} for {} {} ({})\n{}", planned.name,
                        planned.steps.size() == 1 ? "step" : "steps", JoinText(planned.steps, ", "),
                        SourceOf(planned), PackageLines(planned.locked.lock));
    if (planned.locked.counters && session.verbosity == Verbosity::kVerbose) {
      session.console.Err(
          fmt::format("{}:\n{}", planned.name, CountersText(*planned.locked.counters)));
    }
    for (const std::string& step : planned.steps) {
      json.push_back({{"step", step},
                      {"file", planned.name},
                      {"lock", planned.locked.digest().ToString()},
                      {"packages", PackagesOf(planned.locked.lock)}});
    }
  }
  for (const app::LockFile& file : plan.obsolete) {
    session.console.Err(fmt::format("{} is for no step any more and was removed\n", file.name));
  }
  session.console.Out(session.arguments.Has("json") ? json.dump(2) + "\n" : text);
}

// What the plan would move in files that are there, one sentence each.
Result<std::vector<std::string>> MovesOf(const app::FlowLockPlan& plan) {
  std::vector<std::string> moves;
  for (const app::PlannedLock& planned : plan.locks) {
    if (planned.IsCurrent() || !planned.before) {
      continue;
    }
    FLOWSTONE_LET(const lock::Lock before, lock::ParseLock(*planned.before));
    for (const auto& package : lock::DiffLocks(before, planned.locked.lock).packages) {
      moves.push_back(fmt::format("{}: {}", planned.name, ChangeText(package)));
    }
  }
  return moves;
}

// `service` remembers nothing: what it resolves is looked at only.
CommandResult CheckLocks(FlowSession& session, app::EnvironmentService& service,
                         const app::StepWishes& wishes) {
  FLOWSTONE_LET(std::vector<std::string> reasons,
                app::StaleFlowLocks(service, session.machine.filesystem, session.flow, wishes));
  if (reasons.empty() && !service.keeps_locks()) {
    FLOWSTONE_LET(const app::FlowLockPlan plan,
                  app::PlanFlowLocks(service, session.machine.filesystem, session.flow, wishes));
    FLOWSTONE_LET(reasons, MovesOf(plan));
  }
  if (session.arguments.Has("json")) {
    session.console.Out(
        nlohmann::json({{"current", reasons.empty()}, {"reasons", reasons}}).dump(2) + "\n");
  } else {
    session.console.Out(reasons.empty() ? "all lock files are current\n"
                                        : JoinText(reasons, "\n") + "\n");
  }
  return reasons.empty() ? 0 : 1;
}

}  // namespace

CommandResult CommandEnvironmentShow(FlowSession& session) {
  FLOWSTONE_LET(app::EnvironmentSettings settings,
                FlowSettingsOf(session, app::EnvironmentChoice::kDeclared));
  settings.pythons.downloads = app::PythonDownloads::kManual;  // looking installs nothing
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  FLOWSTONE_LET(const auto datastore, app::ProjectDatastore::OpenIfThere(session.machine));
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, datastore.get(), progress, settings);
  FLOWSTONE_LET(const app::StepWishes wishes,
                app::ReadWishes(session.machine.filesystem, session.machine.environment,
                                session.flow, app::EnvironmentChoice::kDeclared));
  FLOWSTONE_LET(const app::FlowLockFiles lock_files,
                app::FlowLockFiles::Read(session.machine.filesystem, os::DirName(session.flow.file),
                                         session.flow.name));
  FLOWSTONE_LET(const std::vector<app::WishedEnvironment> distinct,
                app::DistinctEnvironments(service, session.machine.filesystem, session.flow, wishes,
                                          lock_files));
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  for (const flow::StepDescription& step : session.flow.steps) {
    FLOWSTONE_LET(Description description,
                  DescribeStep(service, step.name, EnvironmentOfStep(distinct, step.name)));
    text += description.text;
    json.push_back(std::move(description.json));
  }
  session.console.Out(session.arguments.Has("json") ? json.dump(2) + "\n" : text);
  return 0;
}

CommandResult CommandEnvironmentLock(FlowSession& session) {
  FLOWSTONE_LET(const app::EnvironmentSettings settings,
                FlowSettingsOf(session, app::EnvironmentChoice::kDeclared));
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  const bool is_check = session.arguments.Has("check");
  std::unique_ptr<app::ProjectDatastore> datastore;
  if (!is_check) {
    FLOWSTONE_LET(datastore,
                  app::ProjectDatastore::Open(session.machine, store::MissingDatastore::kCreate));
  }
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  app::EnvironmentService service(session.machine, home, datastore.get(), *progress, settings);
  FLOWSTONE_LET(const app::StepWishes wishes,
                app::ReadWishes(session.machine.filesystem, session.machine.environment,
                                session.flow, app::EnvironmentChoice::kDeclared));
  if (is_check) {
    return CheckLocks(session, service, wishes);
  }
  FLOWSTONE_LET(const app::FlowLockPlan plan,
                app::PlanFlowLocks(service, session.machine.filesystem, session.flow, wishes));
  FLOWSTONE_TRY(app::WriteFlowLocks(session.machine.filesystem, plan));
  PrintPlan(session, plan);
  return 0;
}

}  // namespace flowstone::cli
