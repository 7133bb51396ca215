#include "flowstone/cli/package_options.h"

#include <string>
#include <utility>

#include "flowstone/default_index.h"
#include "flowstone/pypi/name.h"

namespace flowstone::cli {

Result<app::PackageConnection::Options> PackageOptionsOf(const ParsedArguments& arguments) {
  app::PackageConnection::Options options{
      .request = {.index_url = arguments.Value("index-url"),
                  .extra_index_urls = arguments.Values("extra-index-url"),
                  .find_links = arguments.Values("find-links"),
                  .trusted_hosts = arguments.Values("trusted-host"),
                  .ca_file = arguments.Value("cert"),
                  .strategy = arguments.Value("index-strategy"),
                  .pins = arguments.Values("index-for"),
                  .keyring = arguments.Value("keyring-provider"),
                  .project_file = arguments.project_file},
      .default_index_url = std::string(kDefaultIndexUrl),
      .cache_directory = {}};
  if (arguments.Has("no-index")) {
    options.request.use = index::IndexUse::kFindLinksOnly;
  }
  if (arguments.Has("offline")) {
    options.mode = index::FetchMode::kOffline;
  } else if (arguments.Has("refresh")) {
    options.mode = index::FetchMode::kRefresh;
  }
  for (const std::string& text : arguments.Values("refresh-package")) {
    FLOWSTONE_LET(pypi::Name name,
                  Annotate(pypi::Name::Parse(text), "while reading --refresh-package"));
    options.refreshed.insert(std::move(name));
  }
  return options;
}

}  // namespace flowstone::cli
