#include "flowstone/build/git_repositories.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "flowstone/base/digest.h"
#include "flowstone/base/text.h"
#include "flowstone/net/redact.h"
#include "flowstone/net/secret.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::build {
namespace {

constexpr std::chrono::minutes kGitPatience{30};
constexpr std::size_t kShownOutput = 2000;
constexpr std::size_t kShortestCommit = 4;  // digits that git accepts

bool IsHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Where the mirror keeps what it was asked for by this name.
std::string KeptReference(const std::string& revision) {
  return "refs/flowstone/" + Digest::Of(revision).ToString();
}

// "Authorization: Basic …" for the credentials of an http URL, if it has any.
std::optional<std::string> AuthorizationOf(const DirectReference& reference) {
  if (reference.secret_url == reference.url || !reference.url.starts_with("http")) {
    return std::nullopt;
  }
  const Result<net::Url> url = net::Url::Parse(reference.secret_url);
  if (!url || !url->credentials()) {
    return std::nullopt;
  }
  return "Authorization: " + net::BasicAuthorization(*url->credentials()).Reveal();
}

std::string LastPartOf(const std::string& text) {
  const std::string_view trimmed = TrimText(text);
  return net::RedactText(
      trimmed.size() > kShownOutput ? trimmed.substr(trimmed.size() - kShownOutput) : trimmed);
}

}  // namespace

bool IsFullCommit(std::string_view revision) {
  return (revision.size() == 40 || revision.size() == 64) && IsHex(revision);
}

std::string GitRepositories::MirrorOf(const DirectReference& reference) const {
  return os::JoinPath(parts_.directory, Digest::Of(reference.url).ToString());
}

bool GitRepositories::IsOnline(const DirectReference& reference) const {
  return parts_.network == GitNetwork::kAllowed || reference.url.starts_with("file:");
}

Status GitRepositories::CheckOnline(const DirectReference& reference) const {
  if (!IsOnline(reference)) {
    return Error{
        .code = ErrorCode::kUnavailable,
        .message = "the network is off, and " + reference.ToString() + " was not fetched before",
        .hints = {"run once without --offline"}};
  }
  return Ok();
}

Result<std::string> GitRepositories::Git(const DirectReference& reference,
                                         std::vector<std::string> arguments,
                                         const std::string& directory) {
  std::vector<std::string> command = {"git", "-c", "core.hooksPath=/dev/null", "-c",
                                      "advice.detachedHead=false"};
  if (reference.url.starts_with("file:")) {
    // Whoever names a repository of this machine trusts it, and so its submodules.
    command.insert(command.end(), {"-c", "protocol.file.allow=always"});
  }
  std::ranges::move(arguments, std::back_inserter(command));
  os::Environment environment = parts_.environment;
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX",
                           "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}) {
    environment.Unset(name);
  }
  environment.Set("GIT_TERMINAL_PROMPT", "0");
  environment.Set("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh");
  environment.Set("LC_ALL", "C");
  if (const std::optional<std::string> authorization = AuthorizationOf(reference)) {
    FLOWSTONE_LET(const net::Url url, net::Url::Parse(reference.url));
    environment.Set("GIT_CONFIG_COUNT", "1");
    environment.Set("GIT_CONFIG_KEY_0", "http." + url.Origin() + "/.extraHeader");
    environment.Set("GIT_CONFIG_VALUE_0", *authorization);
  }
  Result<os::ProcessResult> result = parts_.processes.Run({.arguments = std::move(command),
                                                           .environment = environment.ToMap(),
                                                           .directory = directory,
                                                           .descriptors = {}},
                                                          "", kGitPatience);
  if (!result && result.error().code == ErrorCode::kNotFound) {
    return std::move(result.error())
        .WithHint("install git: " + reference.ToString() + " is a git repository");
  }
  FLOWSTONE_TRY(result);
  if (!result->status.ok()) {
    return Error{.code = ErrorCode::kUnavailable,
                 .message = "git could not fetch " + reference.ToString() + ": " +
                            LastPartOf(result->errors)};
  }
  return std::move(result->output);
}

Status GitRepositories::EnsureMirror(const std::string& mirror) {
  FLOWSTONE_LET(const bool exists, os::Exists(parts_.filesystem, mirror + "/HEAD"));
  if (exists) {
    return Ok();
  }
  FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, mirror));
  FLOWSTONE_TRY(Git({}, {"init", "--quiet", "--bare", "--template=", mirror}, parts_.directory));
  return Ok();
}

bool GitRepositories::HasCommit(const std::string& mirror, const std::string& commit) {
  return Git({}, {"cat-file", "-e", commit + "^{commit}"}, mirror).has_value();
}

Status GitRepositories::FetchAll(const DirectReference& reference, const std::string& mirror) {
  FLOWSTONE_TRY(Git(reference,
                    {"fetch", "--quiet", "--force", "--prune", "--no-write-fetch-head",
                     reference.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"},
                    mirror));
  return Ok();
}

Result<std::optional<std::string>> GitRepositories::FindInMirror(const DirectReference& reference,
                                                                 const std::string& mirror) {
  const std::string& revision = reference.revision;
  std::vector<std::string> candidates = {"refs/tags/" + revision, "refs/heads/" + revision,
                                         KeptReference(revision)};
  if (revision.size() >= kShortestCommit && IsHex(revision)) {
    candidates.push_back(revision);  // the start of a commit
  }
  if (revision.empty()) {
    candidates = {KeptReference("HEAD")};
  }
  for (const std::string& candidate : candidates) {
    const Result<std::string> commit =
        Git({}, {"rev-parse", "--verify", "--quiet", candidate + "^{commit}"}, mirror);
    if (commit) {
      return std::optional(std::string(TrimText(*commit)));
    }
  }
  return std::optional<std::string>();
}

Status GitRepositories::FetchRevision(const DirectReference& reference, const std::string& mirror,
                                      const std::string& revision) {
  const Result<std::string> fetched =
      Git(reference,
          {"fetch", "--quiet", "--force", "--no-write-fetch-head", reference.url,
           "+" + revision + ":" + KeptReference(revision)},
          mirror);
  if (!fetched) {
    return Error{
        .code = ErrorCode::kNotFound,
        .message = "the repository " + reference.url +
                   (revision == "HEAD" ? " has no default branch"
                                       : " has no branch, tag or commit '" + revision + "'")};
  }
  return Ok();
}

Result<std::string> GitRepositories::Resolve(const DirectReference& reference) {
  FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, parts_.directory));
  const std::string mirror = MirrorOf(reference);
  FLOWSTONE_LET(const std::unique_ptr<os::HeldLock> lock,
                parts_.filesystem.LockFile(mirror + ".lock"));
  FLOWSTONE_TRY(EnsureMirror(mirror));
  if (IsFullCommit(reference.revision) && HasCommit(mirror, reference.revision)) {
    return reference.revision;
  }
  if (IsOnline(reference)) {
    FLOWSTONE_TRY(FetchAll(reference, mirror));
    if (reference.revision.empty()) {
      FLOWSTONE_TRY(FetchRevision(reference, mirror, "HEAD"));
    }
  }
  FLOWSTONE_LET(std::optional<std::string> commit, FindInMirror(reference, mirror));
  if (!commit) {
    FLOWSTONE_TRY(CheckOnline(reference));
    // Something that no branch and no tag reaches: refs/pull/1/head, or a commit by itself.
    FLOWSTONE_TRY(FetchRevision(reference, mirror, reference.revision));
    FLOWSTONE_LET(commit, FindInMirror(reference, mirror));
  }
  if (!commit) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "'" + reference.revision + "' of " + reference.url + " is no commit"};
  }
  return *std::move(commit);
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
  FLOWSTONE_TRY(Git(local, {"checkout", "--quiet", "--detach", commit}, directory));
  FLOWSTONE_LET(const bool has_submodules,
                os::Exists(parts_.filesystem, os::JoinPath(directory, ".gitmodules")));
  if (has_submodules) {
    FLOWSTONE_TRY(CheckOnline(reference));
    FLOWSTONE_TRY(
        Git(reference, {"submodule", "--quiet", "update", "--init", "--recursive"}, directory));
  }
  return Ok();
}

}  // namespace flowstone::build
