// GitRepositories: repositories by the user's own git, with the credentials that git is configured
// with. Each is mirrored once below the cache, submodules too; a commit that the mirror has needs
// no network.
//
// Nobody is asked anything: where no credential helper, agent or URL lets git in, it fails.
// Credentials in a URL reach git in its environment, never as an argument or in a configuration
// file, and no message holds them. Hooks of repositories do not run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/build/direct_reference.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/os/process_runner.h"

namespace flowstone::build {

enum class GitNetwork : std::uint8_t { kAllowed, kOffline };

class GitRepositories {
 public:
  struct Parts {
    os::FileSystem& filesystem;
    os::ProcessRunner& processes;
    os::Environment environment;  // of the user: PATH, agents, git's own variables
    std::string directory;        // of the mirrors
    GitNetwork network = GitNetwork::kAllowed;
    // Called with a sentence about what a checkout does not hold.
    std::function<void(const std::string&)> on_warning = nullptr;
  };
  explicit GitRepositories(Parts parts) : parts_(std::move(parts)) {}

  // The commit (40 or 64 hexadecimal digits) that the reference names now. A reference that is a
  // commit is not looked up again. kNotFound when the repository has no such revision,
  // kUnavailable when it cannot be reached, or when the network is off and the mirror does not
  // have it.
  Result<std::string> Resolve(const DirectReference& reference);

  // Writes the tree of a commit, with its submodules and its history (versions are made from
  // tags), into `directory`, which exists and is empty.
  Status Checkout(const DirectReference& reference, const std::string& commit,
                  const std::string& directory);

 private:
  // Which names of a mirror count: all, or only those that a fetch of everything brings up to date.
  enum class Names : std::uint8_t { kAll, kFetched };

  std::string MirrorOf(const DirectReference& reference) const;
  Status EnsureMirror(const std::string& mirror);
  Status FetchAll(const DirectReference& reference, const std::string& mirror);
  bool HasCommit(const std::string& mirror, const std::string& commit);
  // What the mirror has under the reference's name, if anything.
  Result<std::optional<std::string>> FindInMirror(const DirectReference& reference,
                                                  const std::string& mirror, Names names);
  Status FetchRevision(const DirectReference& reference, const std::string& mirror,
                       const std::string& revision);
  Result<std::string> ResolveInMirror(const DirectReference& reference, const std::string& mirror);
  // The output of `git ARGUMENTS`; kUnavailable with what git said when it fails.
  Result<std::string> Git(const DirectReference& reference, std::vector<std::string> arguments,
                          const std::string& directory);
  Result<os::Environment> VariablesFor(const DirectReference& reference,
                                       const std::string& directory);
  Result<std::string> RunGit(std::vector<std::string> arguments, const os::Environment& variables,
                             const DirectReference& reference, const std::string& directory);
  bool IsOnline(const DirectReference& reference) const;
  Status CheckOnline(const DirectReference& reference) const;

  // git_checkout.cc
  struct Submodule {
    std::string path;
    std::string commit;
    std::string url = {};  // empty: the repository says that it is not to be fetched
  };
  Result<std::vector<Submodule>> SubmodulesIn(const std::string& directory);
  Status PlaceSubmodules(const DirectReference& reference, const std::string& directory);
  Status WarnOfPointers(const DirectReference& reference, const std::string& directory);

  Parts parts_;
};

// Whether `revision` can only be a commit.
bool IsFullCommit(std::string_view revision);

}  // namespace flowstone::build
