#include "flowstone/cli/flow_settings.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "flowstone/app/index_access.h"
#include "flowstone/app/lock_inputs.h"
#include "flowstone/app/lock_policies.h"
#include "flowstone/app/uv_files.h"
#include "flowstone/cli/lazy_connection.h"
#include "flowstone/cli/lock_options.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/install/cache_layout.h"
#include "flowstone/os/user_directories.h"

namespace flowstone::cli {
namespace {

bool HasEnvironments(const flow::FlowDescription& flow, app::EnvironmentChoice choice) {
  const auto wishes = app::EnvironmentWishes(flow, choice);
  return wishes &&
         std::ranges::any_of(*wishes, [](const auto& entry) { return entry.second.has_value(); });
}

}  // namespace

Result<app::EnvironmentSettings> FlowSettingsOf(FlowSession& session,
                                                app::EnvironmentChoice choice) {
  const ParsedArguments& arguments = session.arguments;
  const app::Machine& machine = session.machine;
  FLOWSTONE_LET(app::EnvironmentSettings settings,
                EnvironmentSettingsOf(arguments, session.flow.python.executable, session.console,
                                      machine.clock));
  if (!HasEnvironments(session.flow, choice)) {
    return settings;
  }
  FLOWSTONE_LET(const std::string home, os::FlowstoneHome(machine.environment));
  settings.packages.cache_directory = install::CacheLayout(home).index();
  FLOWSTONE_LET(const app::IndexAccess access,
                app::IndexAccess::Load(machine, settings.packages.request,
                                       settings.packages.default_index_url));
  FLOWSTONE_LET(const app::LockInputSpec spec,
                LockInputsOf(arguments, machine.environment, access.settings.pip.constraints));
  FLOWSTONE_LET(const app::LockPolicyWish policies, LockPoliciesOf(arguments, machine.environment));
  LazyConnection connection(machine, settings.packages);
  FLOWSTONE_LET(app::LockInputs rules,
                app::ReadLockRules(machine, spec, [&](const std::string& url) {
                  return connection.FetchText(url);
                }));
  FLOWSTONE_LET(const std::vector<std::string> warnings,
                app::AddUvFiles(access.settings.uv_files, machine.working_directory,
                                app::UvFileRules::kPolicies, rules));
  for (const std::string& warning : warnings) {
    session.console.PrintWarning(warning);
  }
  FLOWSTONE_LET(const std::vector<std::string> notes,
                app::ApplyLockPolicies(policies, rules, access.settings.pip,
                                       machine.clock.NowNs() / 1000, settings));
  for (const std::string& note : notes) {
    session.console.PrintWarning(note);
  }
  settings.rules = {.constraints = std::move(rules.wish.constraints),
                    .overrides = std::move(rules.wish.overrides),
                    .excludes = std::move(rules.wish.excludes)};
  settings.builds.wish.Add(rules.wish.builds);
  return settings;
}

}  // namespace flowstone::cli
