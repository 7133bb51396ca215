#include "flowstone/app/index_access.h"

#include <algorithm>
#include <utility>

#include "flowstone/app/workspace.h"
#include "flowstone/base/text.h"
#include "flowstone/net/keyring.h"
#include "flowstone/net/netrc.h"
#include "flowstone/net/redact.h"
#include "flowstone/net/url.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::app {
namespace {

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void AddCredentials(const index::IndexSettings& settings, net::CredentialStore& credentials) {
  for (const index::IndexDefinition& definition : settings.indexes) {
    const Result<net::Url> url = net::Url::Parse(definition.url);
    if (url && !definition.token.empty()) {
      credentials.AddToken(*url, definition.token, definition.login_source);
    } else if (url) {
      credentials.Add(*url, definition.login_source);
    }
  }
  for (const std::string& link : settings.find_links) {
    if (const Result<net::Url> url = net::Url::Parse(link)) {
      credentials.Add(*url, "find-links");
    }
  }
}

// What travels over http can be read by everybody on the way.
void WarnOfPlainText(const index::IndexSettings& settings, const net::CredentialStore& credentials,
                     std::vector<std::string>& warnings) {
  for (const index::IndexDefinition& definition : settings.indexes) {
    const Result<net::Url> url = net::Url::Parse(definition.url);
    if (url && url->scheme() == "http" && !IsLoopback(url->host()) &&
        !credentials.Find(*url).empty()) {
      warnings.push_back("the credentials of the index " + url->Redacted() +
                         " travel without encryption; use https");
    }
  }
}

// pip only warns of a find-links directory that is not there, so a variable or a configuration file
// that names one must not stop us; one that was asked for explicitly stays, and is an error later.
void DropMissingDirectories(os::FileSystem& filesystem,
                            const std::vector<std::string>& explicit_links, IndexAccess& access) {
  std::vector<std::string> kept;
  for (const std::string& link : access.settings.find_links) {
    const bool is_explicit =
        std::find(explicit_links.begin(), explicit_links.end(), link) != explicit_links.end();
    if (os::IsAbsolutePath(link) && !is_explicit) {
      const Result<bool> exists = os::Exists(filesystem, link);
      if (exists && !*exists) {
        access.warnings.push_back("the configured find-links directory " + link +
                                  " is not there and is left out");
        continue;
      }
    }
    kept.push_back(link);
  }
  access.settings.find_links = std::move(kept);
}

// Keyrings know the URL of an index, not those of its pages and files: the nearest configured URL
// of the origin.
net::Url ServiceOf(const std::vector<net::Url>& realms, const net::Url& url) {
  const net::Url* best = nullptr;
  for (const net::Url& realm : realms) {
    const bool holds =
        realm.Origin() == url.Origin() && url.path().starts_with(realm.AsDirectory().path());
    const bool is_nearer = best == nullptr || realm.path().size() > best->path().size();
    if ((holds && is_nearer) || (best == nullptr && realm.Origin() == url.Origin())) {
      best = &realm;
    }
  }
  return best == nullptr ? url : best->WithoutCredentials();
}

std::string_view StrategyName(index::IndexStrategy strategy) {
  switch (strategy) {
    case index::IndexStrategy::kFirstIndex:
      return "first-index";
    case index::IndexStrategy::kUnsafeFirstMatch:
      return "unsafe-first-match";
    case index::IndexStrategy::kUnsafeBestMatch:
      return "unsafe-best-match";
  }
  return "first-index";
}

std::string DescribeIndex(const index::IndexDefinition& definition,
                          const net::CredentialStore& credentials) {
  const Result<net::Url> url = net::Url::Parse(definition.url);
  std::string text = "index " + (definition.name.empty() ? "" : definition.name + " ") +
                     net::RedactText(definition.url) + " from " + definition.source;
  if (definition.reach == index::IndexReach::kPinnedOnly) {
    text += ", for pinned packages only";
  }
  if (url && url->scheme() != "file") {
    const std::vector<net::Login> logins = credentials.Find(*url);
    text += logins.empty() ? ", without credentials" : ", with " + logins.front().description;
  }
  return text;
}

// Where the nearest files of uv are to be looked for.
std::string SettingsDirectory(const Machine& machine, const index::IndexSettings& settings) {
  const bool is_pyproject =
      !settings.uv_files.empty() && settings.uv_files.front().kind == index::UvFileKind::kPyproject;
  if (!is_pyproject) {
    return machine.working_directory;
  }
  const std::string found = os::DirName(settings.uv_files.front().path);
  std::string root = WorkspaceRootOf(machine.filesystem, found);
  return root == found ? machine.working_directory : root;
}

}  // namespace

Result<IndexAccess> IndexAccess::Load(const Machine& machine, const index::IndexRequest& request,
                                      const std::string& default_index_url) {
  IndexAccess access{.request = request, .default_index_url = default_index_url};
  index::IndexSettingsContext context{.working_directory = machine.working_directory,
                                      .project_directory = machine.working_directory,
                                      .default_index_url = default_index_url};
  const auto resolve = [&] {
    return index::ResolveIndexSettings(request, context, machine.environment, machine.filesystem);
  };
  FLOWSTONE_LET(access.settings, resolve());
  // As in uv the settings of a member of a workspace are those of its root.
  if (const std::string root = SettingsDirectory(machine, access.settings);
      root != context.project_directory) {
    context.project_directory = root;
    FLOWSTONE_LET(access.settings, resolve());
  }
  access.warnings = access.settings.warnings;
  DropMissingDirectories(machine.filesystem, request.find_links, access);
  net::NetrcFile netrc = net::LoadNetrc(machine.environment, machine.filesystem);
  if (netrc.warning) {
    access.warnings.push_back(*std::move(netrc.warning));
  }
  access.credentials = net::CredentialStore(std::move(netrc.netrc), netrc.path);
  AddCredentials(access.settings, access.credentials);
  WarnOfPlainText(access.settings, access.credentials, access.warnings);
  return access;
}

net::CurlOptions IndexAccess::TransportOptions(const Machine& machine) const {
  net::CurlOptions options = net::CurlOptionsFromEnvironment(machine.environment);
  if (!settings.ca_file.empty()) {
    options.ca_file = settings.ca_file;
  }
  options.client_certificate = settings.client_certificate;
  options.trusted_hosts = settings.trusted_hosts;
  if (!settings.proxy.empty()) {
    options.http_proxy = settings.proxy;
    options.https_proxy = settings.proxy;
  }
  if (settings.timeout) {
    options.stall_timeout = *settings.timeout;
    options.connect_timeout =
        std::min<std::chrono::milliseconds>(options.connect_timeout, *settings.timeout);
  }
  return options;
}

net::CredentialQuestion IndexAccess::Question(const Machine& machine) const {
  if (settings.keyring == index::KeyringUse::kDisabled) {
    return nullptr;
  }
  std::vector<net::Url> realms;
  for (const index::IndexDefinition& definition : settings.indexes) {
    if (const Result<net::Url> url = net::Url::Parse(definition.url)) {
      realms.push_back(*url);
    }
  }
  return [&machine, realms = std::move(realms)](const net::Url& url, const std::string& user) {
    return net::AskKeyring(machine.processes, machine.environment, ServiceOf(realms, url), user);
  };
}

std::vector<std::string> IndexAccess::Describe() const {
  std::vector<std::string> lines;
  lines.reserve(settings.indexes.size());
  for (const index::IndexDefinition& definition : settings.indexes) {
    lines.push_back(DescribeIndex(definition, credentials));
  }
  if (settings.indexes.empty()) {
    lines.emplace_back("no index: packages come from find-links only");
  }
  for (const std::string& link : settings.find_links) {
    lines.push_back("find-links " + net::RedactText(link));
  }
  if (settings.indexes.size() > 1) {
    lines.push_back("strategy " + std::string(StrategyName(settings.strategy)));
  }
  for (const auto& [project, index] : settings.pins) {
    lines.push_back(project.ToString() + " comes from the index " + index);
  }
  if (!settings.proxy.empty()) {
    lines.push_back("proxy " + net::RedactText(settings.proxy));
  }
  if (!settings.ca_file.empty()) {
    lines.push_back("trusted certificates in " + settings.ca_file);
  }
  if (!settings.client_certificate.empty()) {
    lines.push_back("client certificate " + settings.client_certificate);
  }
  if (!settings.trusted_hosts.empty()) {
    lines.push_back("certificates not checked of " + JoinText(settings.trusted_hosts, ", "));
  }
  if (settings.keyring == index::KeyringUse::kSubprocess) {
    lines.emplace_back("the keyring program is asked when access is refused");
  }
  if (!settings.provenance.empty()) {
    lines.push_back("configured: " + JoinText(settings.provenance, ", "));
  }
  return lines;
}

}  // namespace flowstone::app
