#include "flowstone/index/index_settings.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/index/pip_config.h"
#include "flowstone/net/redact.h"
#include "flowstone/net/secret.h"
#include "flowstone/net/url.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

// One setting and the names it goes by: variables in order of precedence, then pip's option.
struct Setting {
  std::string_view option;
  std::array<std::string_view, 4> variables;
};

constexpr Setting kIndexUrl{
    "index-url", {"FLOWSTONE_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"}};
constexpr Setting kExtraIndexUrl{
    "extra-index-url",
    {"FLOWSTONE_EXTRA_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"}};
constexpr Setting kFindLinks{"find-links",
                             {"FLOWSTONE_FIND_LINKS", "UV_FIND_LINKS", "PIP_FIND_LINKS", ""}};
constexpr Setting kNoIndex{"no-index", {"FLOWSTONE_NO_INDEX", "UV_NO_INDEX", "PIP_NO_INDEX", ""}};
constexpr Setting kTrustedHost{
    "trusted-host", {"FLOWSTONE_TRUSTED_HOST", "UV_INSECURE_HOST", "PIP_TRUSTED_HOST", ""}};
constexpr Setting kCert{"cert", {"FLOWSTONE_CERT", "PIP_CERT", "", ""}};
constexpr Setting kClientCert{"client-cert", {"FLOWSTONE_CLIENT_CERT", "PIP_CLIENT_CERT", "", ""}};

struct Found {
  std::string text;
  std::string source;  // a variable or a file
};

class Resolver {
 public:
  Resolver(const IndexRequest& request, const IndexSettingsContext& context,
           const os::Environment& environment, PipConfig config)
      : request_(request),
        context_(context),
        environment_(environment),
        config_(std::move(config)) {}

  Result<IndexSettings> Run() {
    FLOWSTONE_LET(const IndexUse use, ResolveUse());
    if (use == IndexUse::kIndexes) {
      FLOWSTONE_TRY(ResolveIndexes());
    }
    FLOWSTONE_TRY(ResolveFindLinks());
    settings_.trusted_hosts = request_.trusted_hosts;
    if (const auto found = Find(kTrustedHost)) {
      AppendNew(settings_.trusted_hosts, Words(*found));
    }
    settings_.ca_file = ResolvePath(request_.ca_file, kCert);
    settings_.client_certificate = ResolvePath(std::nullopt, kClientCert);
    return std::move(settings_);
  }

 private:
  std::optional<Found> Find(const Setting& setting) {
    std::optional<Found> found;
    for (const std::string_view name : setting.variables) {
      if (auto value = name.empty() ? std::nullopt : environment_.GetNonEmpty(name)) {
        found = Found{.text = *std::move(value), .source = std::string(name)};
        break;
      }
    }
    if (!found) {
      if (auto value = config_.Get(setting.option)) {
        found = Found{.text = std::move(value->text), .source = std::move(value->file)};
      }
    }
    if (found) {
      settings_.provenance.push_back(std::string(setting.option) + " from " + found->source);
    }
    return found;
  }

  // Lists are separated by white space, uv's find-links by commas too.
  static std::vector<std::string> Words(const Found& found) {
    std::string text = found.text;
    if (found.source == "UV_FIND_LINKS") {
      std::replace(text.begin(), text.end(), ',', ' ');
    }
    std::vector<std::string> words;
    std::string_view rest = TrimText(text);
    while (!rest.empty()) {
      const auto end = std::find_if(rest.begin(), rest.end(), IsAsciiSpace);
      words.emplace_back(rest.begin(), end);
      rest = TrimText(rest.substr(static_cast<std::size_t>(end - rest.begin())));
    }
    return words;
  }

  static void AppendNew(std::vector<std::string>& list, std::vector<std::string> items) {
    for (std::string& item : items) {
      if (std::find(list.begin(), list.end(), item) == list.end()) {
        list.push_back(std::move(item));
      }
    }
  }

  Result<IndexUse> ResolveUse() {
    if (request_.use) {
      return *request_.use;
    }
    const auto found = Find(kNoIndex);
    const std::string text = found ? AsciiLower(TrimText(found->text)) : "false";
    for (const std::string_view word : {"1", "true", "t", "yes", "y", "on"}) {
      if (text == word) {
        return IndexUse::kFindLinksOnly;
      }
    }
    for (const std::string_view word : {"0", "false", "f", "no", "n", "off"}) {
      if (text == word) {
        return IndexUse::kIndexes;
      }
    }
    return Error{.code = ErrorCode::kInvalid,
                 .message = "no-index from " + found->source + " is neither true nor false"};
  }

  Status ResolveIndexes() {
    std::vector<std::string> urls;
    for (const std::string& url : request_.extra_index_urls) {
      FLOWSTONE_TRY(AddIndex(urls, url, "the command line"));
    }
    if (const auto found = Find(kExtraIndexUrl)) {
      for (const std::string& word : Words(*found)) {
        FLOWSTONE_TRY(AddIndex(urls, word, found->source));
      }
    }
    if (request_.index_url) {
      FLOWSTONE_TRY(AddIndex(urls, *request_.index_url, "the command line"));
    } else if (const auto found = Find(kIndexUrl)) {
      FLOWSTONE_TRY(AddIndex(urls, std::string(TrimText(found->text)), found->source));
    } else if (!context_.default_index_url.empty()) {
      FLOWSTONE_TRY(AddIndex(urls, context_.default_index_url, "the built-in default"));
    }
    settings_.indexes = std::move(urls);
    return Ok();
  }

  Status AddIndex(std::vector<std::string>& urls, const std::string& text,
                  const std::string& source) {
    const auto [name, location] = SplitName(text);
    const Result<net::Url> parsed =
        IsPath(location) ? net::Url::FromPath(Absolute(location)) : net::Url::Parse(location);
    if (!parsed) {
      return Annotate(Status(Error(parsed.error())), "while reading the index from " + source);
    }
    AppendNew(urls, {WithNamedCredentials(*parsed, name).ToString()});
    return Ok();
  }

  // uv's "name=https://…": the name, which may be empty, and the URL.
  static std::pair<std::string, std::string> SplitName(const std::string& text) {
    const std::size_t equals = text.find('=');
    const auto fits = [](char c) { return IsAsciiAlnum(c) || c == '-' || c == '_' || c == '.'; };
    if (equals == std::string::npos || equals == 0 ||
        !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals), fits)) {
      return {"", text};
    }
    return {text.substr(0, equals), text.substr(equals + 1)};
  }

  // The credentials of a named index may stand in UV_INDEX_<NAME>_USERNAME and …_PASSWORD.
  net::Url WithNamedCredentials(const net::Url& url, const std::string& name) const {
    if (name.empty() || url.credentials()) {
      return url;
    }
    std::string key = "UV_INDEX_";
    for (const char c : name) {
      const bool lower = c >= 'a' && c <= 'z';
      key += IsAsciiAlnum(c) ? static_cast<char>(lower ? c - 'a' + 'A' : c) : '_';
    }
    const auto user = environment_.GetNonEmpty(key + "_USERNAME");
    const auto password = environment_.GetNonEmpty(key + "_PASSWORD");
    if (!user && !password) {
      return url;
    }
    return url.WithCredentials(net::Credentials{.user = user.value_or(""),
                                                .password = net::Secret(password.value_or(""))});
  }

  Status ResolveFindLinks() {
    std::vector<std::string> links = request_.find_links;
    if (const auto found = Find(kFindLinks)) {
      AppendNew(links, Words(*found));
    }
    for (const std::string& link : links) {
      if (link.find("://") == std::string::npos && !link.starts_with("file:")) {
        AppendNew(settings_.find_links, {Absolute(link)});
        continue;
      }
      FLOWSTONE_LET(const net::Url url,
                    Annotate(net::Url::Parse(link), "while reading find-links"));
      AppendNew(settings_.find_links, {url.ToString()});
    }
    return Ok();
  }

  std::string ResolvePath(const std::optional<std::string>& asked, const Setting& setting) {
    if (asked) {
      return Absolute(*asked);
    }
    const auto found = Find(setting);
    return found ? Absolute(std::string(TrimText(found->text))) : "";
  }

  static bool IsPath(const std::string& text) {
    return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
           text.starts_with("~/");
  }

  std::string Absolute(const std::string& path) const {
    const auto home = environment_.GetNonEmpty("HOME");
    if (home && path.starts_with("~/")) {
      return os::JoinPath(*home, path.substr(2));
    }
    return os::AbsolutePath(context_.working_directory, path);
  }

  const IndexRequest& request_;
  const IndexSettingsContext& context_;
  const os::Environment& environment_;
  const PipConfig config_;
  IndexSettings settings_;
};

}  // namespace

Result<IndexSettings> ResolveIndexSettings(const IndexRequest& request,
                                           const IndexSettingsContext& context,
                                           const os::Environment& environment,
                                           os::FileSystem& files) {
  FLOWSTONE_LET(PipConfig config, PipConfig::Load(environment, files));
  return Resolver(request, context, environment, std::move(config)).Run();
}

}  // namespace flowstone::index
