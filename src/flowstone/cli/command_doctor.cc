// `doctor` and `store verify`: what is wrong on this machine, and how to mend it.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

#include "flowstone/app/environment_service.h"
#include "flowstone/app/index_access.h"
#include "flowstone/app/project_datastore.h"
#include "flowstone/base/text.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/cli/package_options.h"
#include "flowstone/cli/progress_display.h"
#include "flowstone/cli/project_options.h"
#include "flowstone/install/cache_inventory.h"
#include "flowstone/install/cleaning_plan.h"
#include "flowstone/install/doctor.h"
#include "flowstone/net/redact.h"
#include "flowstone/os/user_directories.h"
#include "flowstone/store/verify.h"

namespace flowstone::cli {
namespace {

using install::Diagnosis;
using install::Health;

std::string_view HealthName(Health health) {
  switch (health) {
    case Health::kGood:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kBad:
      return "bad";
  }
  return "bad";
}

// The datastore's findings as diagnoses; nothing when there is no datastore here.
Result<std::vector<Diagnosis>> DiagnoseDatastore(EngineSession& session) {
  FLOWSTONE_LET(const auto datastore, app::ProjectDatastore::OpenIfThere(session.machine));
  if (!datastore) {
    return std::vector<Diagnosis>();
  }
  const auto progress = MakeProgress(session.arguments, session.console, session.machine.clock);
  FLOWSTONE_LET(const store::VerifyReport report,
                store::VerifyDatastore(datastore->datastore(), *progress));
  std::vector<Diagnosis> diagnoses;
  diagnoses.reserve(report.findings.size() + 1);
  for (const store::Finding& finding : report.findings) {
    diagnoses.push_back({.subject = "datastore " + finding.key,
                         .health = Health::kBad,
                         .finding = finding.message,
                         .fix = finding.remedy});
  }
  if (diagnoses.empty()) {
    diagnoses.push_back(
        {.subject = "datastore",
         .health = Health::kGood,
         .finding = fmt::format("{} objects and {} records are whole ({})", report.objects,
                                report.records, datastore->directory()),
         .fix = {}});
  }
  return diagnoses;
}

// What the indexes are and where that was configured, so that "which index, with whose password"
// has an answer.
std::vector<Diagnosis> DiagnoseIndexes(EngineSession& session) {
  const auto options = PackageOptionsOf(session.arguments);
  const auto access = options ? app::IndexAccess::Load(session.machine, options->request,
                                                       options->default_index_url)
                              : Result<app::IndexAccess>(options.error());
  std::vector<Diagnosis> diagnoses;
  if (!access) {
    const Error& error = access.error();
    diagnoses.push_back({.subject = "indexes",
                         .health = Health::kBad,
                         .finding = error.message,
                         .fix = JoinText(error.hints, "; ")});
    return diagnoses;
  }
  for (std::string& line : access->Describe()) {
    diagnoses.push_back(
        {.subject = "indexes", .health = Health::kGood, .finding = std::move(line), .fix = {}});
  }
  for (const std::string& warning : access->warnings) {
    diagnoses.push_back(
        {.subject = "indexes", .health = Health::kWarning, .finding = warning, .fix = {}});
  }
  return diagnoses;
}

// Which interpreters there are, and where others would come from.
Result<std::vector<Diagnosis>> DiagnosePythons(EngineSession& session, const std::string& home) {
  FLOWSTONE_LET(
      const app::EnvironmentSettings settings,
      EnvironmentSettingsOf(session.arguments, "", session.console, session.machine.clock));
  NoProgress progress;
  app::EnvironmentService service(session.machine, home, nullptr, progress, settings);
  const install::InterpreterList list = service.AllPythons();
  std::vector<Diagnosis> diagnoses;
  diagnoses.reserve(list.found.size() + list.notes.size() + 1);
  for (const install::FoundInterpreter& found : list.found) {
    diagnoses.push_back(
        {.subject = "Pythons",
         .health = Health::kGood,
         .finding = fmt::format("CPython {}{} at {} ({})", found.interpreter.version.ToString(),
                                found.interpreter.abi_flags, found.interpreter.executable,
                                install::InterpreterSourceName(found.source)),
         .fix = {}});
  }
  for (const std::string& note : list.notes) {
    diagnoses.push_back(
        {.subject = "Pythons", .health = Health::kGood, .finding = "left out: " + note, .fix = {}});
  }
  const std::string& mirror = settings.pythons.mirror;
  diagnoses.push_back(
      mirror.empty() ? Diagnosis{.subject = "Pythons",
                                 .health = list.found.empty() ? Health::kBad : Health::kWarning,
                                 .finding = "others cannot be installed: no mirror is configured",
                                 .fix = "set FLOWSTONE_PYTHON_MIRROR to the folder of releases"}
                     : Diagnosis{.subject = "Pythons",
                                 .health = Health::kGood,
                                 .finding = "others are installed from " + net::RedactText(mirror),
                                 .fix = {}});
  return diagnoses;
}

// What is of no use to anybody: damaged archives, work of killed processes.
Result<std::vector<Diagnosis>> DiagnoseLeftovers(EngineSession& session, const std::string& home) {
  FLOWSTONE_LET(
      const install::CacheInventory inventory,
      install::TakeInventory(session.machine.filesystem, home, session.machine.clock.NowNs()));
  const install::CleaningWish wish{
      .kinds = {install::CacheKind::kDamaged, install::CacheKind::kTemporary}};
  std::map<install::CacheKind, install::KindUsage> left;
  for (const std::size_t i : install::PlanCleaning(inventory, wish).going) {
    const install::CacheItem& item = inventory.items[i];
    ++left[item.kind].items;
    left[item.kind].bytes += item.own_bytes;
  }
  std::vector<Diagnosis> diagnoses;
  for (const auto& [kind, usage] : left) {
    const std::string finding = kind == install::CacheKind::kDamaged
                                    ? CountOf(usage.items, "package") + " damaged and set aside"
                                    : CountOf(usage.items, "remnant") + " of killed processes";
    const std::string name(install::CacheKindName(kind));
    diagnoses.push_back({.subject = name + " things in the cache",
                         .health = Health::kWarning,
                         .finding = finding + ", " + FormatBytes(usage.bytes),
                         .fix = "flowstone cache clean --kind " + name});
  }
  return diagnoses;
}

// What the project sets, with its places.
Result<std::vector<Diagnosis>> DiagnoseProject(EngineSession& session) {
  std::vector<Diagnosis> diagnoses;
  const std::string& here = session.machine.working_directory;
  FLOWSTONE_LET(const auto settings,
                project::FindProjectSettings(session.machine.filesystem, here, here));
  if (settings) {
    for (const auto& [key, setting] : settings->values) {
      diagnoses.push_back({.subject = "project",
                           .health = Health::kGood,
                           .finding = SettingText(setting),
                           .fix = {}});
    }
  }
  return diagnoses;
}

int Print(EngineSession& session, const std::vector<Diagnosis>& diagnoses) {
  const TerminalStyle& style = session.console.out_style();
  nlohmann::json json = nlohmann::json::array();
  std::string text;
  bool bad = false;
  for (const Diagnosis& diagnosis : diagnoses) {
    bad = bad || diagnosis.health == Health::kBad;
    const std::string name(HealthName(diagnosis.health));
    const std::string mark = diagnosis.health == Health::kGood      ? style.Green(name)
                             : diagnosis.health == Health::kWarning ? style.Yellow(name)
                                                                    : style.Red(name);
    text += fmt::format("{} {}: {}\n", mark, diagnosis.subject, diagnosis.finding);
    if (!diagnosis.fix.empty()) {
      text += "    fix: " + diagnosis.fix + "\n";
    }
    json.push_back({{"subject", diagnosis.subject},
                    {"health", name},
                    {"finding", diagnosis.finding},
                    {"fix", diagnosis.fix}});
  }
  session.console.Out(session.arguments.Has("json") ? json.dump(2) + "\n" : text);
  return bad ? 1 : 0;
}

}  // namespace

Result<int> CommandDoctor(EngineSession& session) {
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(session.machine.environment));
  const install::Depth depth =
      session.arguments.Has("thorough") ? install::Depth::kThorough : install::Depth::kQuick;
  std::vector<Diagnosis> diagnoses =
      install::Diagnose(session.machine.filesystem, install::CacheLayout(home), depth);
  FLOWSTONE_LET(std::vector<Diagnosis> of_leftovers, DiagnoseLeftovers(session, home));
  std::move(of_leftovers.begin(), of_leftovers.end(), std::back_inserter(diagnoses));
  std::vector<Diagnosis> of_indexes = DiagnoseIndexes(session);
  std::move(of_indexes.begin(), of_indexes.end(), std::back_inserter(diagnoses));
  FLOWSTONE_LET(std::vector<Diagnosis> of_pythons, DiagnosePythons(session, home));
  std::move(of_pythons.begin(), of_pythons.end(), std::back_inserter(diagnoses));
  FLOWSTONE_LET(std::vector<Diagnosis> of_project, DiagnoseProject(session));
  std::move(of_project.begin(), of_project.end(), std::back_inserter(diagnoses));
  FLOWSTONE_LET(std::vector<Diagnosis> of_datastore, DiagnoseDatastore(session));
  std::move(of_datastore.begin(), of_datastore.end(), std::back_inserter(diagnoses));
  return Print(session, diagnoses);
}

Result<int> CommandStoreVerify(EngineSession& session) {
  FLOWSTONE_LET(const std::vector<Diagnosis> diagnoses, DiagnoseDatastore(session));
  if (diagnoses.empty()) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "there is no datastore at or above this directory",
                 .hints = {"run a flow here, or set FLOWSTONE_DATASTORE"}};
  }
  return Print(session, diagnoses);
}

}  // namespace flowstone::cli
