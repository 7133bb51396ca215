// Requirement: a dependency of PEP 508, such as `requests[socks] >=2.8, <3 ; python_version <
// "3.13"`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/specifier.h"

namespace flowstone::pypi {

struct Requirement {
  Name name;
  std::vector<ExtraName> extras = {};  // sorted, once each
  SpecifierSet specifiers = {};        // empty when there is a url
  std::string url = {};                // of `name @ url`, empty otherwise
  Marker marker = {};

  // The grammar of PEP 508; kInvalid with the source and the place underlined. Published metadata
  // needs ParseRequirementLeniently (leniency.h).
  static Result<Requirement> Parse(std::string_view text);

  // Normalised: "requests[socks]<3,>=2.8; python_version < \"3.13\"".
  std::string ToString() const;

  friend bool operator==(const Requirement&, const Requirement&) = default;
};

}  // namespace flowstone::pypi
