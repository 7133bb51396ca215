// IndexDefinition: one index of packages, and how several of them are searched.
//
// An index has a name when its user gave it one (`NAME=URL`, [[tool.uv.index]]); projects may be
// pinned to it by that name. The URL may carry credentials and is never printed as it is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "flowstone/net/secret.h"

namespace flowstone::index {

enum class IndexStrategy : std::uint8_t {
  // The first index that has a project is the only one to give files of it: a name of a private
  // index cannot be taken over by a public one.
  kFirstIndex,
  // All indexes; the versions of an earlier one are tried before those of a later one.
  kUnsafeFirstMatch,
  // All indexes; the best version wins, of equal ones that of the earlier index.
  kUnsafeBestMatch,
};

enum class IndexReach : std::uint8_t {
  kEveryProject,
  kPinnedOnly,  // `explicit = true`: asked only for projects that are pinned to it
};

enum class IndexFormat : std::uint8_t {
  kSimple,  // a page for each project (PEP 503, PEP 691)
  kFlat,    // one page or directory of all files
};

struct IndexDefinition {
  std::string name = {};  // empty: it has none
  std::string url = {};   // with its credentials
  IndexReach reach = IndexReach::kEveryProject;
  IndexFormat format = IndexFormat::kSimple;
  // Statuses that are taken for "does not have the project", besides 404 and 410.
  std::vector<int> ignored_statuses = {};
  net::Secret token = {};   // sent as `Authorization: Bearer`; empty for none
  std::string source = {};  // where it was configured, for people: "UV_INDEX", "/etc/pip.conf"
  std::string login_source = {};  // where its credentials or token stand
  friend bool operator==(const IndexDefinition&, const IndexDefinition&) = default;
};

}  // namespace flowstone::index
