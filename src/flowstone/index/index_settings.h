// IndexSettings: which indexes to use, from everything the user already has.
//
// Each setting is taken from the first of these that has it: FLOWSTONE_* variables, UV_* variables,
// PIP_* variables, pip's configuration files, the built-in default. What the caller gives (command
// line, decorator) comes before them: a single value replaces, lists are put in front. A pure
// function of the environment and the disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::index {

enum class IndexUse : std::uint8_t { kIndexes, kFindLinksOnly /* --no-index */ };

// What was asked for explicitly.
struct IndexRequest {
  std::optional<std::string> index_url = {};
  std::vector<std::string> extra_index_urls = {};
  std::vector<std::string> find_links = {};
  std::optional<IndexUse> use = {};
  std::vector<std::string> trusted_hosts = {};
  std::optional<std::string> ca_file = {};
};

struct IndexSettings {
  // In the order in which they are searched: the extra ones before the main one. URLs, with their
  // credentials. Empty with kFindLinksOnly.
  std::vector<std::string> indexes;
  std::vector<std::string> find_links;  // URLs, or absolute paths
  std::vector<std::string> trusted_hosts;
  std::string ca_file;             // empty: the transport's default
  std::string client_certificate;  // empty: none
  // "index-url from PIP_INDEX_URL": what came from where, for `doctor`.
  std::vector<std::string> provenance;
};

struct IndexSettingsContext {
  std::string working_directory;  // absolute: relative find-links start here
  std::string default_index_url;  // the one the engine was built with; may be empty
};

// kInvalid for a configuration file that cannot be read as one; it names the file and the line.
Result<IndexSettings> ResolveIndexSettings(const IndexRequest& request,
                                           const IndexSettingsContext& context,
                                           const os::Environment& environment,
                                           os::FileSystem& files);

}  // namespace flowstone::index
