#include "flowstone/build/git_repositories.h"

#include <algorithm>
#include <array>
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

constexpr std::array<std::string_view, 5> kLoginWords = {
    "could not read Username", "could not read Password", "terminal prompts disabled",
    "Authentication failed", "Permission denied"};

bool AsksForLogin(std::string_view errors) {
  return std::ranges::any_of(kLoginWords, [&](std::string_view words) {
    return errors.find(words) != std::string_view::npos;
  });
}

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

Result<std::string> GitRepositories::RunGit(std::vector<std::string> arguments,
                                            const os::Environment& variables,
                                            const DirectReference& reference,
                                            const std::string& directory) {
  std::vector<std::string> command = {"git", "-c", "core.hooksPath=/dev/null", "-c",
                                      "advice.detachedHead=false"};
  if (reference.url.starts_with("file:")) {
    // Whoever names a repository of this machine trusts it, and so its submodules.
    command.insert(command.end(), {"-c", "protocol.file.allow=always"});
  }
  std::ranges::move(arguments, std::back_inserter(command));
  Result<os::ProcessResult> result = parts_.processes.Run({.arguments = std::move(command),
                                                           .environment = variables.ToMap(),
                                                           .directory = directory,
                                                           .descriptors = {}},
                                                          "", kGitPatience);
  if (!result && result.error().code == ErrorCode::kNotFound) {
    return std::move(result.error())
        .WithHint("install git: " + reference.ToString() + " is a git repository");
  }
  FLOWSTONE_TRY(result);
  if (!result->status.ok()) {
    Error error{.code = ErrorCode::kUnavailable,
                .message = "git could not fetch " + reference.ToString() + ": " +
                           LastPartOf(result->errors)};
    if (AsksForLogin(result->errors)) {
      error.hints.emplace_back(
          "nobody is asked for a password here: give git a credential helper, or ssh an agent");
    }
    return error;
  }
  return std::move(result->output);
}

Result<os::Environment> GitRepositories::VariablesFor(const DirectReference& reference,
                                                      const std::string& directory) {
  os::Environment variables = parts_.environment;
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX",
                           "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"}) {
    variables.Unset(name);
  }
  variables.Set("GIT_TERMINAL_PROMPT", "0");
  variables.Set("GIT_ALLOW_PROTOCOL",
                reference.url.starts_with("file:") ? "file" : "git:http:https:ssh");
  variables.Set("LC_ALL", "C");
  const bool is_ssh = reference.url.starts_with("ssh:");
  if (is_ssh && !variables.Get("GIT_SSH_COMMAND") && !variables.Get("GIT_SSH") &&
      !RunGit({"config", "--get", "core.sshCommand"}, variables, reference, directory)) {
    // In the background nobody could answer ssh, and it would wait for ever.
    variables.Set("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
  }
  if (const std::optional<std::string> authorization = AuthorizationOf(reference)) {
    FLOWSTONE_LET(const net::Url url, net::Url::Parse(reference.url));
    variables.Set("GIT_CONFIG_COUNT", "1");
    variables.Set("GIT_CONFIG_KEY_0", "http." + url.Origin() + "/.extraHeader");
    variables.Set("GIT_CONFIG_VALUE_0", *authorization);
  }
  return variables;
}

Result<std::string> GitRepositories::Git(const DirectReference& reference,
                                         std::vector<std::string> arguments,
                                         const std::string& directory) {
  FLOWSTONE_LET(const os::Environment variables, VariablesFor(reference, directory));
  return RunGit(std::move(arguments), variables, reference, directory);
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
                                                                 const std::string& mirror,
                                                                 Names names) {
  const std::string& revision = reference.revision;
  std::vector<std::string> candidates;
  if (!revision.empty()) {
    candidates = {"refs/tags/" + revision, "refs/heads/" + revision};
    if (revision.starts_with("refs/heads/") || revision.starts_with("refs/tags/")) {
      candidates.push_back(revision);
    }
    if (revision.size() >= kShortestCommit && IsHex(revision)) {
      candidates.push_back(revision);  // the start of a commit
    }
  }
  if (names == Names::kAll) {
    candidates.push_back(KeptReference(revision.empty() ? "HEAD" : revision));
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

Result<std::string> GitRepositories::ResolveInMirror(const DirectReference& reference,
                                                     const std::string& mirror) {
  if (IsFullCommit(reference.revision) && HasCommit(mirror, reference.revision)) {
    return reference.revision;
  }
  std::optional<std::string> commit;
  if (IsOnline(reference)) {
    FLOWSTONE_TRY(FetchAll(reference, mirror));
    FLOWSTONE_LET(commit, FindInMirror(reference, mirror, Names::kFetched));
    if (!commit) {
      // The default branch, or what no branch and no tag reaches: refs/pull/1/head, a lone commit.
      FLOWSTONE_TRY(FetchRevision(reference, mirror,
                                  reference.revision.empty() ? "HEAD" : reference.revision));
    }
  }
  if (!commit) {
    FLOWSTONE_LET(commit, FindInMirror(reference, mirror, Names::kAll));
  }
  if (!commit) {
    FLOWSTONE_TRY(CheckOnline(reference));
    return Error{.code = ErrorCode::kNotFound,
                 .message = "'" + reference.revision + "' of " + reference.url + " is no commit"};
  }
  return *std::move(commit);
}

Result<std::string> GitRepositories::Resolve(const DirectReference& reference) {
  FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, parts_.directory));
  const std::string mirror = MirrorOf(reference);
  FLOWSTONE_LET(const std::unique_ptr<os::HeldLock> lock,
                parts_.filesystem.LockFile(mirror + ".lock"));
  FLOWSTONE_TRY(EnsureMirror(mirror));
  return ResolveInMirror(reference, mirror);
}

}  // namespace flowstone::build
