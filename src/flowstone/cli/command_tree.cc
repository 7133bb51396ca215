// `tree` and `why`: looking at a lock.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/cli/engine_command_line.h"
#include "flowstone/cli/lock_tree.h"
#include "flowstone/cli/output_options.h"
#include "flowstone/lock/lock_reader.h"
#include "flowstone/os/path.h"

namespace flowstone::cli {
namespace {

using lock::LockedWish;

Result<lock::Lock> ReadLockModel(EngineSession& session) {
  std::string name = session.arguments.Positional("lock");
  if (name.empty()) {
    name = "pylock.toml";
  }
  Result<std::string> read = session.machine.filesystem.ReadFile(
      os::AbsolutePath(session.machine.working_directory, name));
  if (!read && read.error().code == ErrorCode::kNotFound) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "there is no lock " + name,
                 .hints = {"name the lock, or make one with `flowstone lock`"}};
  }
  FLOWSTONE_LET(const std::string text,
                Annotate(std::move(read), "while reading the lock " + name));
  return Annotate(lock::ParseLock(text), "in the lock " + name);
}

std::vector<std::string> NamesOf(const lock::Lock& lock) {
  std::vector<std::string> names;
  names.reserve(lock.packages.size());
  for (const lock::LockedPackage& package : lock.packages) {
    names.push_back(package.name.ToString());
  }
  return names;
}

std::vector<std::string> TextsOf(const std::vector<LockedWish>& wishes) {
  std::vector<std::string> texts;
  texts.reserve(wishes.size());
  for (const LockedWish& wish : wishes) {
    texts.push_back(WishText(wish));
  }
  return texts;
}

nlohmann::json JsonOf(const std::vector<LockedWish>& wishes) {
  nlohmann::json json = nlohmann::json::array();
  for (const LockedWish& wish : wishes) {
    json.push_back({{"text", wish.text}, {"origins", wish.origins}});
  }
  return json;
}

nlohmann::json JsonOf(const std::vector<Chain>& chains) {
  nlohmann::json json = nlohmann::json::array();
  for (const Chain& chain : chains) {
    nlohmann::json packages = nlohmann::json::array();
    for (const lock::LockedPackage* package : chain.packages) {
      packages.push_back({{"name", package->name.ToString()},
                          {"version", package->version ? package->version->ToString() : ""}});
    }
    json.push_back({{"packages", std::move(packages)}, {"requirements", JsonOf(chain.wishes)}});
  }
  return json;
}

std::string TextOf(const std::vector<Chain>& chains) {
  std::string text;
  for (const Chain& chain : chains) {
    std::vector<std::string> titles;
    titles.reserve(chain.packages.size());
    for (const lock::LockedPackage* package : chain.packages) {
      titles.push_back(TitleOf(*package));
    }
    text += JoinText(titles, " -> ") + "\n";
    for (const std::string& wish : TextsOf(chain.wishes)) {
      text += "    asked for: " + wish + "\n";
    }
  }
  return text;
}

}  // namespace

Result<int> CommandTree(EngineSession& session) {
  FLOWSTONE_LET(const lock::Lock lock, ReadLockModel(session));
  TreeOptions options;
  if (session.arguments.Has("invert")) {
    options.direction = TreeDirection::kNeededBy;
  }
  if (session.arguments.Has("depth")) {
    FLOWSTONE_LET(const std::int64_t depth, NumberOf(session.arguments, "depth", 0, 0));
    options.depth = static_cast<std::size_t>(depth);
  }
  const LockTree tree(lock);
  session.console.Out(session.arguments.Has("json") ? tree.Json() + "\n" : tree.Text(options));
  return 0;
}

Result<int> CommandWhy(EngineSession& session) {
  FLOWSTONE_LET(const lock::Lock lock, ReadLockModel(session));
  FLOWSTONE_LET(const pypi::Name name, pypi::Name::Parse(session.arguments.Positional("name")));
  const LockTree tree(lock);
  const std::vector<Chain> chains = tree.ChainsTo(name);
  const std::vector<LockedWish> restrictions = tree.RestrictionsOf(name);
  const bool is_locked = lock.Find(name) != nullptr;
  if (session.arguments.Has("json")) {
    session.console.Out(nlohmann::json({{"name", name.ToString()},
                                        {"locked", is_locked},
                                        {"chains", JsonOf(chains)},
                                        {"restrictions", JsonOf(restrictions)}})
                            .dump(2) +
                        "\n");
    return is_locked ? 0 : 1;
  }
  if (!is_locked) {
    session.console.Out(name.ToString() + " is not in the lock\n");
    if (const auto nearest = NearestSpelling(name.ToString(), NamesOf(lock))) {
      session.console.Err("did you mean '" + *nearest + "'?\n");
    }
    return 1;
  }
  std::string text = TextOf(chains);
  for (const std::string& restriction : TextsOf(restrictions)) {
    text += "restricted by: " + restriction + "\n";
  }
  session.console.Out(text);
  return 0;
}

}  // namespace flowstone::cli
