// `tree` and `why`: looking at a lock.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/os/path.h"

namespace flowstone::cli {
namespace {

using lock::Lock;
using lock::LockedPackage;

Result<Lock> ReadLockModel(EngineSession& session) {
  const std::string name = session.arguments.Positional("lock");
  FLOWSTONE_LET(const std::string text,
                Annotate(session.machine.filesystem.ReadFile(
                             os::AbsolutePath(session.machine.working_directory, name)),
                         "while reading the lock " + name));
  return Annotate(lock::ParseLock(text), "in the lock " + name);
}

std::string Title(const LockedPackage& package) {
  return package.name.ToString() + (package.version ? " " + package.version->ToString() : "");
}

// The packages asked for by name, or else those that nothing in the lock needs.
std::vector<const LockedPackage*> Roots(const Lock& lock) {
  std::set<pypi::Name> needed;
  for (const LockedPackage& package : lock.packages) {
    for (const lock::LockedDependency& dependency : package.dependencies) {
      needed.insert(dependency.name);
    }
  }
  std::vector<const LockedPackage*> roots;
  for (const LockedPackage& package : lock.packages) {
    const bool requested = lock.tool && !lock.tool->requested.empty()
                               ? std::find(lock.tool->requested.begin(), lock.tool->requested.end(),
                                           package.name) != lock.tool->requested.end()
                               : !needed.contains(package.name);
    if (requested) {
      roots.push_back(&package);
    }
  }
  return roots;
}

// One package and what it needs; a package that was printed before is not opened again.
void PrintBranch(const Lock& lock, const LockedPackage& package, const std::string& indent,
                 std::set<pypi::Name>& printed, std::string& text) {
  const bool known = !printed.insert(package.name).second;
  text +=
      indent + Title(package) + (known && !package.dependencies.empty() ? " (above)" : "") + "\n";
  if (known) {
    return;
  }
  for (const lock::LockedDependency& dependency : package.dependencies) {
    if (const LockedPackage* child = lock.Find(dependency.name)) {
      PrintBranch(lock, *child, indent + "    ", printed, text);
    }
  }
}

}  // namespace

Result<int> CommandTree(EngineSession& session) {
  FLOWSTONE_LET(const Lock lock, ReadLockModel(session));
  if (session.arguments.Has("json")) {
    nlohmann::json json = nlohmann::json::array();
    for (const LockedPackage& package : lock.packages) {
      std::vector<std::string> needs;
      needs.reserve(package.dependencies.size());
      for (const lock::LockedDependency& dependency : package.dependencies) {
        needs.push_back(dependency.name.ToString());
      }
      json.push_back({{"name", package.name.ToString()},
                      {"version", package.version ? package.version->ToString() : ""},
                      {"dependencies", needs}});
    }
    session.console.Out(json.dump(2) + "\n");
    return 0;
  }
  std::string text;
  std::set<pypi::Name> printed;
  for (const LockedPackage* root : Roots(lock)) {
    PrintBranch(lock, *root, "", printed, text);
  }
  session.console.Out(text);
  return 0;
}

Result<int> CommandWhy(EngineSession& session) {
  FLOWSTONE_LET(const Lock lock, ReadLockModel(session));
  FLOWSTONE_LET(const pypi::Name name, pypi::Name::Parse(session.arguments.Positional("name")));
  if (lock.Find(name) == nullptr) {
    session.console.Out(name.ToString() + " is not in the lock\n");
    return 1;
  }
  // Shortest chains from each root, breadth first.
  std::string text;
  for (const LockedPackage* root : Roots(lock)) {
    std::map<pypi::Name, std::string> chains = {{root->name, Title(*root)}};
    std::deque<const LockedPackage*> queue = {root};
    while (!queue.empty()) {
      const LockedPackage* package = queue.front();
      queue.pop_front();
      for (const lock::LockedDependency& dependency : package->dependencies) {
        const LockedPackage* child = lock.Find(dependency.name);
        if (child != nullptr &&
            chains.emplace(child->name, chains[package->name] + " -> " + Title(*child)).second) {
          queue.push_back(child);
        }
      }
    }
    if (const auto found = chains.find(name); found != chains.end()) {
      text += found->second + (root->name == name ? " (asked for by name)" : "") + "\n";
    }
  }
  session.console.Out(text);
  return 0;
}

}  // namespace flowstone::cli
