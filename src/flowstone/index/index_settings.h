// IndexSettings: which indexes to use, and how to reach them, from everything the user already has.
//
// Each setting is taken from the first of these that has it: FLOWSTONE_* variables, UV_* variables,
// [tool.flowstone] of the project, uv's configuration files, PIP_* variables, pip's configuration
// files, the built-in default. What
// the caller gives (command line, decorator) comes before them: a single value replaces, lists are
// put in front. A pure function of the environment and the disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/index/index_definition.h"
#include "flowstone/index/uv_config.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

enum class IndexUse : std::uint8_t { kIndexes, kFindLinksOnly /* --no-index */ };

enum class KeyringUse : std::uint8_t { kDisabled, kSubprocess };

// What was asked for explicitly. Indexes are URLs or paths, with "NAME=" before those that have a
// name.
struct IndexRequest {
  std::optional<std::string> index_url = {};
  std::vector<std::string> extra_index_urls = {};
  std::vector<std::string> find_links = {};
  std::optional<IndexUse> use = {};
  std::vector<std::string> trusted_hosts = {};
  std::optional<std::string> ca_file = {};
  std::optional<std::string> strategy = {};  // as uv spells it: "unsafe-best-match"
  std::vector<std::string> pins = {};        // "PROJECT=INDEX"
  std::optional<std::string> keyring = {};   // "subprocess" or "disabled"
  // The pyproject.toml whose [tool.flowstone] is the project's, absolute; empty: there is none.
  std::string project_file = {};

  friend bool operator==(const IndexRequest&, const IndexRequest&) = default;
};

// What pip's variables and files say of the choice of versions and files, as they say it: lists
// separated into words. Of no meaning to this module: the inputs of a resolve take it from here.
struct PipChoices {
  std::vector<std::string> constraints = {};  // files, absolute, or URLs
  std::vector<std::string> only_binary = {};  // ":all:", ":none:" or names; also comma-separated
  std::vector<std::string> no_binary = {};
  std::optional<std::string> prereleases = {};  // "true", "1"…: pip's `pre`
  bool require_hashes = false;
  std::string unisolated = {};  // who asks for builds in what is installed; empty: nobody
  // `uploaded-prior-to`, as written; and who says it.
  std::optional<std::string> cut_off = {};
  std::string cut_off_source = {};
};

struct IndexSettings {
  // In the order in which they are searched: the main one is the last. Empty with kFindLinksOnly.
  std::vector<IndexDefinition> indexes;
  IndexStrategy strategy = IndexStrategy::kFirstIndex;
  std::map<pypi::Name, std::string> pins;
  std::vector<std::string> find_links;  // URLs, or absolute paths
  std::vector<std::string> trusted_hosts;
  std::string ca_file;                          // empty: the transport's default
  std::string client_certificate;               // empty: none
  std::string proxy;                            // empty: those of the standard variables
  std::optional<std::chrono::seconds> timeout;  // without progress
  std::optional<int> retries;
  KeyringUse keyring = KeyringUse::kDisabled;
  PipChoices pip;
  // The files of uv, the nearest one first: they say more than where packages come from.
  std::vector<UvConfigFile> uv_files;
  // "index-url from PIP_INDEX_URL": what came from where, for `doctor`.
  std::vector<std::string> provenance;
  std::vector<std::string> warnings;  // of settings that were ignored, one sentence each
};

struct IndexSettingsContext {
  std::string working_directory;  // absolute: relative find-links start here
  // Where the search for uv's files begins, absolute: the root of a workspace, or the same.
  std::string project_directory;
  std::string default_index_url;  // the one the engine was built with; may be empty
};

// kInvalid for a configuration file that cannot be read as one; it names the file and the line.
Result<IndexSettings> ResolveIndexSettings(const IndexRequest& request,
                                           const IndexSettingsContext& context,
                                           const os::Environment& environment,
                                           os::FileSystem& files);

}  // namespace flowstone::index
