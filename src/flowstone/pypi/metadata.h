// CoreMetadata: the part of METADATA (or PKG-INFO) that resolving needs. The description, most of
// the bytes, is not looked at.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/leniency.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"

namespace flowstone::pypi {

struct CoreMetadata {
  struct Dependency {
    std::string text;  // as published
    Requirement requirement;
    std::vector<Leniency> repairs = {};
  };

  std::string metadata_version = {};  // "2.1"
  Name name;
  Version version;
  std::vector<Dependency> requires_dist = {};  // in their order
  std::string requires_python_text = {};       // as published, may be empty
  SpecifierSet requires_python = {};
  // In their order, once each. One that is no valid name cannot be asked for and is left out.
  std::vector<ExtraName> provides_extra = {};
  std::vector<std::string> dynamic = {};  // lower-case field names (PEP 643)

  // kInvalid, naming the field, when Name or Version is missing or a field cannot be read even
  // leniently.
  static Result<CoreMetadata> Parse(std::string_view text);

  // Whether the sdist may give this field (lower case) another value when it is built: `Dynamic`
  // names it, or the metadata is older than 2.2 and promises nothing.
  bool MayChange(std::string_view field) const;
};

}  // namespace flowstone::pypi
