// GitRepositories::Checkout: a commit of a mirror → its tree, with submodules and history.
#include <algorithm>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/build/git_repositories.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::build {
namespace {

constexpr std::string_view kSubmoduleMode = "160000";  // of an entry of the index

// "git@host.example:group/project.git" as a URL; what is one already, or a path, stays.
std::string UrlOfRemote(const std::string& remote) {
  const std::size_t colon = remote.find(':');
  const bool is_short_ssh = colon != std::string::npos && remote.find("://") == std::string::npos &&
                            remote.find('/') > colon;
  if (is_short_ssh) {
    return "ssh://" + remote.substr(0, colon) + "/" + remote.substr(colon + 1);
  }
  return os::IsAbsolutePath(remote) ? net::Url::FromPath(remote).ToString() : remote;
}

// The repository of a submodule, with the credentials of the one around it where they are on one
// server. kDenied for a repository of this machine that one from elsewhere names.
Result<DirectReference> SubmoduleReference(const DirectReference& around, const std::string& remote,
                                           const std::string& commit) {
  const std::string url = UrlOfRemote(remote);
  FLOWSTONE_LET(DirectReference reference, DirectReference::Parse("git+" + url + "@" + commit));
  if (reference.url.starts_with("file:") && !around.url.starts_with("file:")) {
    return Error{ErrorCode::kDenied,
                 around.ToString() + " has a submodule on this machine: " + url};
  }
  const Result<net::Url> outer = net::Url::Parse(around.secret_url);
  const Result<net::Url> inner = net::Url::Parse(reference.url);
  if (outer && inner && outer->credentials() && outer->Origin() == inner->Origin()) {
    reference.secret_url = inner->WithCredentials(outer->credentials()).ToString();
  }
  return reference;
}

}  // namespace

// Submodules are entries of the tree; .gitmodules says where they come from.
Result<std::vector<GitRepositories::Submodule>> GitRepositories::SubmodulesIn(
    const std::string& directory) {
  const DirectReference local{.url = "file://" + directory};
  FLOWSTONE_LET(const std::string entries, Git(local, {"ls-files", "--stage", "-z"}, directory));
  std::vector<Submodule> submodules;
  for (const std::string_view entry : SplitText(entries, '\0')) {
    const std::size_t tab = entry.find('\t');
    const std::vector<std::string_view> fields = SplitText(entry.substr(0, tab), ' ');
    if (tab != std::string_view::npos && fields.size() == 3 && fields[0] == kSubmoduleMode) {
      submodules.push_back(
          {.path = std::string(entry.substr(tab + 1)), .commit = std::string(fields[1])});
    }
  }
  if (submodules.empty()) {
    return submodules;
  }
  // git itself makes relative addresses absolute, and leaves out what is not to be fetched.
  FLOWSTONE_TRY(Git(local, {"submodule", "--quiet", "init"}, directory));
  FLOWSTONE_LET(const std::string paths, Git(local,
                                             {"config", "-z", "--file", ".gitmodules",
                                              "--get-regexp", "^submodule[.].*[.]path$"},
                                             directory));
  for (const std::string_view pair : SplitText(paths, '\0')) {
    const std::size_t newline = pair.find('\n');
    if (newline == std::string_view::npos) {
      continue;
    }
    const auto named = std::ranges::find(submodules, pair.substr(newline + 1), &Submodule::path);
    const std::string key(pair.substr(0, newline - std::string_view(".path").size()));
    const Result<std::string> url = Git(local, {"config", "--get", key + ".url"}, directory);
    if (named != submodules.end() && url) {
      named->url = std::string(TrimText(*url));
    }
  }
  return submodules;
}

Status GitRepositories::PlaceSubmodules(const DirectReference& reference,
                                        const std::string& directory) {
  FLOWSTONE_LET(const bool has_submodules,
                os::Exists(parts_.filesystem, os::JoinPath(directory, ".gitmodules")));
  if (!has_submodules) {
    return Ok();
  }
  FLOWSTONE_LET(const std::vector<Submodule> submodules, SubmodulesIn(directory));
  for (const Submodule& submodule : submodules) {
    if (submodule.url.empty()) {
      continue;
    }
    const std::string frame = "for the submodule " + submodule.path + " of " + reference.ToString();
    FLOWSTONE_LET(const DirectReference inner,
                  Annotate(SubmoduleReference(reference, submodule.url, submodule.commit), frame));
    const std::string path = os::JoinPath(directory, submodule.path);
    FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, path));
    FLOWSTONE_TRY(Annotate(Checkout(inner, submodule.commit, path), frame));
  }
  return Ok();
}

// Large files that only git-lfs fetches are small texts without it.
Status GitRepositories::WarnOfPointers(const DirectReference& reference,
                                       const std::string& directory) {
  const DirectReference local{.url = "file://" + directory};
  const auto files_with = [&](const char* pattern, const char* where) {
    // Without a match git ends with 1, which is no answer either.
    const Result<std::string> found =
        Git(local, {"grep", "--files-with-matches", "-z", "-e", pattern, "--", where}, directory);
    return found ? *found : "";
  };
  if (!parts_.on_warning || files_with("filter=lfs", ":(glob)**/.gitattributes").empty()) {
    return Ok();
  }
  const std::string pointers = files_with("^version https://git-lfs.github.com/spec/", ".");
  if (!pointers.empty()) {
    parts_.on_warning(std::to_string(std::ranges::count(pointers, '\0')) + " files of " +
                      reference.ToString() + " are pointers of Git LFS, not their contents (" +
                      pointers.substr(0, pointers.find('\0')) +
                      "): install git-lfs to have them fetched");
  }
  return Ok();
}

Status GitRepositories::Checkout(const DirectReference& reference, const std::string& commit,
                                 const std::string& directory) {
  DirectReference pinned = reference;
  pinned.revision = commit;
  FLOWSTONE_TRY(Resolve(pinned));
  const std::string mirror = MirrorOf(reference);
  const DirectReference local{.url = "file://" + mirror};
  FLOWSTONE_TRY(Git(local, {"init", "--quiet", "--template="}, directory));
  FLOWSTONE_TRY(Git(local, {"remote", "add", "origin", reference.url}, directory));
  FLOWSTONE_TRY(Git(local,
                    {"fetch", "--quiet", "--update-head-ok", "--no-write-fetch-head", mirror,
                     "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*",
                     "+refs/flowstone/*:refs/flowstone/*"},
                    directory));
  // By the reference's own rules: what a filter of the user's (git-lfs) fetches comes from there.
  FLOWSTONE_TRY(Git(IsOnline(reference) ? reference : local,
                    {"checkout", "--quiet", "--detach", commit}, directory));
  FLOWSTONE_TRY(PlaceSubmodules(reference, directory));
  return WarnOfPointers(reference, directory);
}

}  // namespace flowstone::build
