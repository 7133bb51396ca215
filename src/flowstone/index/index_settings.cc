#include "flowstone/index/index_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/base/truth_words.h"
#include "flowstone/index/setting_sources.h"
#include "flowstone/net/secret.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

constexpr Setting kIndexUrl{
    "index-url",
    {"FLOWSTONE_INDEX_URL", "FLOWSTONE_DEFAULT_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL"}};
constexpr Setting kExtraIndexUrl{
    "extra-index-url",
    {"FLOWSTONE_EXTRA_INDEX_URL", "FLOWSTONE_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL"}};
constexpr Setting kFindLinks{"find-links", {"FLOWSTONE_FIND_LINKS", "UV_FIND_LINKS"}};
constexpr Setting kNoIndex{"no-index", {"FLOWSTONE_NO_INDEX", "UV_NO_INDEX"}};
constexpr Setting kStrategy{"index-strategy", {"FLOWSTONE_INDEX_STRATEGY", "UV_INDEX_STRATEGY"}};
constexpr Setting kIndexFor{"index-for", {"FLOWSTONE_INDEX_FOR"}};
constexpr Setting kTrustedHost{"trusted-host", {"FLOWSTONE_TRUSTED_HOST", "UV_INSECURE_HOST"}};
constexpr Setting kCert{"cert", {"FLOWSTONE_CERT"}};
constexpr Setting kClientCert{"client-cert", {"FLOWSTONE_CLIENT_CERT", "SSL_CLIENT_CERT"}};
constexpr Setting kProxy{"proxy", {"FLOWSTONE_PROXY"}};
constexpr Setting kTimeout{"timeout", {"FLOWSTONE_HTTP_TIMEOUT", "UV_HTTP_TIMEOUT"}};
constexpr Setting kPipDefaultTimeout{"default-timeout", {}};
constexpr Setting kRetries{"retries", {"FLOWSTONE_HTTP_RETRIES", "UV_HTTP_RETRIES"}};
constexpr Setting kKeyring{"keyring-provider",
                           {"FLOWSTONE_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER"}};
constexpr Setting kConstraint{"constraint", {}};
constexpr Setting kOnlyBinary{"only-binary", {}};
constexpr Setting kNoBinary{"no-binary", {}};
constexpr Setting kPre{"pre", {}};
constexpr Setting kRequireHashes{"require-hashes", {}};
constexpr Setting kBuildIsolation{"no-build-isolation", {}};
constexpr Setting kCutOff{"uploaded-prior-to", {}};

constexpr std::string_view kCommandLine = "the command line";

Error Unusable(std::string_view setting, const FoundSetting& found, std::string_view expected) {
  return Error{.code = ErrorCode::kInvalid,
               .message = std::string(setting) + " from " + found.source + " is '" + found.text +
                          "', not " + std::string(expected)};
}

// uv's "name=https://…": the name, which may be empty, and the URL.
std::pair<std::string, std::string> SplitName(const std::string& text) {
  const std::size_t equals = text.find('=');
  const auto fits = [](char c) { return IsAsciiAlnum(c) || c == '-' || c == '_' || c == '.'; };
  if (equals == std::string::npos || equals == 0 ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals), fits)) {
    return {"", text};
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// The part of a variable's name that stands for an index: "my-corp" is MY_CORP.
std::string VariablePart(const std::string& name) {
  std::string part;
  for (const char c : name) {
    const bool lower = c >= 'a' && c <= 'z';
    part += IsAsciiAlnum(c) ? static_cast<char>(lower ? c - 'a' + 'A' : c) : '_';
  }
  return part;
}

bool IsPath(const std::string& text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
         text.starts_with("~/");
}

void AppendNew(std::vector<std::string>& list, std::vector<std::string> items) {
  for (std::string& item : items) {
    if (std::find(list.begin(), list.end(), item) == list.end()) {
      list.push_back(std::move(item));
    }
  }
}

class Resolver {
 public:
  Resolver(const IndexRequest& request, const IndexSettingsContext& context,
           const os::Environment& environment, SettingSources sources)
      : request_(request),
        context_(context),
        environment_(environment),
        sources_(std::move(sources)) {}

  Result<IndexSettings> Run() {
    settings_.warnings = sources_.warnings();
    FLOWSTONE_LET(const IndexUse use, ResolveUse());
    if (use == IndexUse::kIndexes) {
      FLOWSTONE_TRY(ResolveIndexes());
    }
    FLOWSTONE_TRY(ResolvePins());
    FLOWSTONE_TRY(ResolveStrategy());
    FLOWSTONE_TRY(ResolveFindLinks());
    FLOWSTONE_TRY(ResolveConnection());
    FLOWSTONE_TRY(ResolveKeyring());
    ResolvePipChoices();
    for (const UvConfigFile& file : sources_.config_files()) {
      if (!file.text.empty()) {
        settings_.uv_files.push_back(file);
      }
    }
    return std::move(settings_);
  }

 private:
  // Says in the provenance what was found.
  std::optional<FoundSetting> Noted(const Setting& setting, std::optional<FoundSetting> found) {
    if (found) {
      settings_.provenance.push_back(std::string(setting.option) + " from " + found->source);
    }
    return found;
  }
  std::optional<FoundSetting> Find(const Setting& setting) {
    return Noted(setting, sources_.Find(setting));
  }
  // The same, with what was asked for explicitly in front.
  std::optional<FoundSetting> Find(const Setting& setting,
                                   const std::optional<std::string>& asked) {
    return asked ? FoundSetting{.text = *asked,
                                .source = std::string(kCommandLine),
                                .directory = context_.working_directory}
                 : Find(setting);
  }

  Result<IndexUse> ResolveUse() {
    if (request_.use) {
      return *request_.use;
    }
    const auto found = Find(kNoIndex);
    if (!found || MeansNo(found->text)) {
      return IndexUse::kIndexes;
    }
    if (MeansYes(found->text)) {
      return IndexUse::kFindLinksOnly;
    }
    return Error{.code = ErrorCode::kInvalid,
                 .message = "no-index from " + found->source + " is neither true nor false"};
  }

  Status ResolveIndexes() {
    for (const std::string& text : request_.extra_index_urls) {
      FLOWSTONE_TRY(AddWritten(text, kCommandLine, context_.working_directory));
    }
    const auto extra = Find(kExtraIndexUrl);
    const bool is_variable = sources_.FindInVariables(kExtraIndexUrl).has_value();
    if (extra && is_variable) {
      FLOWSTONE_TRY(AddAll(*extra));
    }
    FLOWSTONE_TRY(AddTables(IndexRole::kAdditional));
    if (extra && !is_variable) {
      FLOWSTONE_TRY(AddAll(*extra));
    }
    return AddMain();
  }

  Status AddMain() {
    if (request_.index_url) {
      return AddWritten(*request_.index_url, kCommandLine, context_.working_directory);
    }
    if (const auto found = Noted(kIndexUrl, sources_.FindInVariables(kIndexUrl))) {
      return AddAll(*found);
    }
    const std::size_t before = settings_.indexes.size();
    FLOWSTONE_TRY(AddTables(IndexRole::kDefault));
    if (settings_.indexes.size() != before) {
      settings_.provenance.push_back("index-url from " + settings_.indexes.back().source);
      return Ok();
    }
    if (const auto found = Noted(kIndexUrl, sources_.FindConfigured(kIndexUrl))) {
      return AddAll(*found);
    }
    if (!context_.default_index_url.empty()) {
      return AddWritten(context_.default_index_url, "the built-in default",
                        context_.working_directory);
    }
    return Ok();
  }

  // The [[index]] entries of the project's and of uv's files: all additional ones, or the first
  // default one.
  Status AddTables(IndexRole role) {
    for (const UvConfigFile& file : sources_.config_files()) {
      for (const UvIndex& index : file.indexes) {
        if (index.role != role) {
          continue;
        }
        FLOWSTONE_TRY(Add(index.definition, os::DirName(file.path)));
        if (role == IndexRole::kDefault) {
          return Ok();
        }
      }
    }
    return Ok();
  }

  Status AddAll(const FoundSetting& found) {
    for (const std::string& word : found.Words()) {
      FLOWSTONE_TRY(AddWritten(word, found.source, found.directory));
    }
    return Ok();
  }

  Status AddWritten(const std::string& text, std::string_view source,
                    const std::string& directory) {
    auto [name, url] = SplitName(text);
    return Add({.name = std::move(name), .url = std::move(url), .source = std::string(source)},
               directory);
  }

  // A name and a URL count the first time they come.
  Status Add(IndexDefinition definition, const std::string& directory) {
    const std::string location = sources_.Expand(definition.url);
    const Result<net::Url> parsed = IsPath(location)
                                        ? net::Url::FromPath(Absolute(location, directory))
                                        : net::Url::Parse(location);
    if (!parsed) {
      return Annotate(Status(Error(parsed.error())),
                      "while reading the index from " + definition.source);
    }
    definition.url = WithNamedCredentials(*parsed, definition).ToString();
    const auto is_same = [&](const IndexDefinition& known) {
      return known.url == definition.url ||
             (!definition.name.empty() && known.name == definition.name);
    };
    if (std::ranges::none_of(settings_.indexes, is_same)) {
      settings_.indexes.push_back(std::move(definition));
    }
    return Ok();
  }

  // The credentials of a named index may stand in UV_INDEX_<NAME>_USERNAME and …_PASSWORD, in the
  // same variables of ours, and in FLOWSTONE_INDEX_<NAME>_TOKEN.
  net::Url WithNamedCredentials(const net::Url& url, IndexDefinition& definition) const {
    definition.login_source = definition.source;
    if (definition.name.empty() || url.credentials()) {
      return url;
    }
    for (const std::string_view owner : {"FLOWSTONE", "UV"}) {
      const std::string prefix = std::string(owner) + "_INDEX_" + VariablePart(definition.name);
      if (const auto token = environment_.GetNonEmpty(prefix + "_TOKEN");
          token && owner == "FLOWSTONE") {
        definition.token = net::Secret(*token);
        definition.login_source = prefix + "_TOKEN";
        return url;
      }
      const auto user = environment_.GetNonEmpty(prefix + "_USERNAME");
      const auto password = environment_.GetNonEmpty(prefix + "_PASSWORD");
      if (user || password) {
        definition.login_source = prefix + (password ? "_PASSWORD" : "_USERNAME");
        return url.WithCredentials(net::Credentials{
            .user = user.value_or(""), .password = net::Secret(password.value_or(""))});
      }
    }
    return url;
  }

  Status ResolvePins() {
    for (const std::string& pin : request_.pins) {
      FLOWSTONE_TRY(AddPin(pin, kCommandLine));
    }
    if (const auto found = Find(kIndexFor)) {
      for (const std::string& pin : found->Words()) {
        FLOWSTONE_TRY(AddPin(pin, found->source));
      }
    }
    for (const UvConfigFile& file : sources_.config_files()) {
      settings_.pins.insert(file.pins.begin(), file.pins.end());
    }
    return Ok();
  }

  Status AddPin(const std::string& text, std::string_view source) {
    const std::size_t equals = text.find('=');
    const Result<pypi::Name> name = pypi::Name::Parse(text.substr(0, equals));
    if (equals == std::string::npos || equals + 1 == text.size() || !name) {
      return Error{.code = ErrorCode::kInvalid,
                   .message = "index-for from " + std::string(source) + " is '" + text +
                              "', not PROJECT=INDEX"};
    }
    settings_.pins.emplace(*name, text.substr(equals + 1));
    return Ok();
  }

  Status ResolveStrategy() {
    const auto found = Find(kStrategy, request_.strategy);
    if (!found) {
      return Ok();
    }
    for (const auto& [name, strategy] :
         {std::pair("first-index", IndexStrategy::kFirstIndex),
          std::pair("unsafe-first-match", IndexStrategy::kUnsafeFirstMatch),
          std::pair("unsafe-best-match", IndexStrategy::kUnsafeBestMatch)}) {
      if (TrimText(found->text) == name) {
        settings_.strategy = strategy;
        return Ok();
      }
    }
    return Unusable("index-strategy", *found,
                    "first-index, unsafe-first-match or unsafe-best-match");
  }

  Status ResolveFindLinks() {
    for (const std::string& link : request_.find_links) {
      FLOWSTONE_TRY(AddLink(link, context_.working_directory));
    }
    if (const auto found = Find(kFindLinks)) {
      for (const std::string& link : found->Words()) {
        FLOWSTONE_TRY(AddLink(link, found->directory));
      }
    }
    return Ok();
  }

  Status AddLink(const std::string& written, const std::string& directory) {
    const std::string link = sources_.Expand(written);
    if (link.find("://") == std::string::npos && !link.starts_with("file:")) {
      AppendNew(settings_.find_links, {Absolute(link, directory)});
      return Ok();
    }
    FLOWSTONE_LET(const net::Url url, Annotate(net::Url::Parse(link), "while reading find-links"));
    AppendNew(settings_.find_links, {url.ToString()});
    return Ok();
  }

  Status ResolveConnection() {
    settings_.trusted_hosts = request_.trusted_hosts;
    if (const auto found = Find(kTrustedHost)) {
      AppendNew(settings_.trusted_hosts, found->Words());
    }
    settings_.ca_file = ResolveAuthority();
    settings_.client_certificate = PathOf(Find(kClientCert));
    if (const auto found = Find(kProxy)) {
      settings_.proxy = sources_.Expand(TrimText(found->text));
    }
    auto timeout = Find(kTimeout);
    if (!timeout) {
      timeout = Find(kPipDefaultTimeout);
    }
    if (timeout) {
      FLOWSTONE_LET(const int seconds, NumberOf("timeout", *timeout));
      settings_.timeout = std::chrono::seconds(std::max(seconds, 1));
    }
    if (const auto found = Find(kRetries)) {
      FLOWSTONE_LET(settings_.retries, NumberOf("retries", *found));
    }
    return Ok();
  }

  // SSL_CERT_FILE is what the transport takes by itself. It is a variable, so a file does not
  // override it.
  std::string ResolveAuthority() {
    const auto found = Find(kCert, request_.ca_file);
    const bool is_from_file = found && os::IsAbsolutePath(found->source);
    return is_from_file && environment_.GetNonEmpty("SSL_CERT_FILE") ? "" : PathOf(found);
  }

  static Result<int> NumberOf(std::string_view setting, const FoundSetting& found) {
    const std::string_view text = TrimText(found.text);
    int number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    // pip takes fractions of seconds; the wire does not need them.
    const bool ends = end == text.data() + text.size() || *end == '.';
    if (code != std::errc() || !ends || number < 0) {
      return Unusable(setting, found, "a number");
    }
    return number;
  }

  Status ResolveKeyring() {
    const auto found = Find(kKeyring, request_.keyring);
    if (!found) {
      return Ok();
    }
    const std::string_view text = TrimText(found->text);
    if (text == "subprocess") {
      settings_.keyring = KeyringUse::kSubprocess;
    } else if (text == "import") {
      // A library of pip's own interpreter.
      settings_.warnings.push_back("the keyring-provider 'import' from " + found->source +
                                   " is one of pip alone; `subprocess` would be used");
    } else if (text != "disabled" && text != "auto") {
      return Unusable("keyring-provider", *found, "subprocess or disabled");
    }
    return Ok();
  }

  void ResolvePipChoices() {
    if (const auto found = Find(kConstraint)) {
      for (const std::string& word : found->Words()) {
        const bool is_url = word.find("://") != std::string::npos;
        settings_.pip.constraints.push_back(is_url ? word : Absolute(word, found->directory));
      }
    }
    if (const auto found = Find(kOnlyBinary)) {
      settings_.pip.only_binary = found->Words();
    }
    if (const auto found = Find(kNoBinary)) {
      settings_.pip.no_binary = found->Words();
    }
    if (const auto found = Find(kPre)) {
      settings_.pip.prereleases = std::string(TrimText(found->text));
    }
    if (const auto found = Find(kRequireHashes)) {
      settings_.pip.require_hashes = MeansYes(found->text);
    }
    // pip takes the value for that of the option `build-isolation`, whatever the name says.
    if (const auto found = Find(kBuildIsolation); found && MeansNo(found->text)) {
      settings_.pip.unisolated = "no-build-isolation of " + found->source;
    }
    if (const auto found = Find(kCutOff)) {
      settings_.pip.cut_off = std::string(TrimText(found->text));
      settings_.pip.cut_off_source = found->source;
    }
  }

  std::string PathOf(const std::optional<FoundSetting>& found) const {
    return found ? Absolute(std::string(TrimText(found->text)), found->directory) : "";
  }

  std::string Absolute(const std::string& path, const std::string& directory) const {
    const auto home = environment_.GetNonEmpty("HOME");
    if (home && path.starts_with("~/")) {
      return os::JoinPath(*home, path.substr(2));
    }
    return os::AbsolutePath(directory, path);
  }

  const IndexRequest& request_;
  const IndexSettingsContext& context_;
  const os::Environment& environment_;
  const SettingSources sources_;
  IndexSettings settings_;
};

}  // namespace

Result<IndexSettings> ResolveIndexSettings(const IndexRequest& request,
                                           const IndexSettingsContext& context,
                                           const os::Environment& environment,
                                           os::FileSystem& files) {
  FLOWSTONE_LET(SettingSources sources,
                SettingSources::Load({.working_directory = context.working_directory,
                                      .project_directory = context.project_directory,
                                      .project_file = request.project_file},
                                     environment, files));
  return Resolver(request, context, environment, std::move(sources)).Run();
}

}  // namespace flowstone::index
