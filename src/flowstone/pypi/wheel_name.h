// WheelName: what the file name of a wheel says (PEP 427):
// NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/version.h"

namespace flowstone::pypi {

// Breaks ties between wheels of one version: a number, then text. An absent one sorts first.
struct BuildTag {
  std::string number = {};  // decimal digits without leading zeros, "0" for zero; empty: absent
  std::string suffix = {};

  // Text that starts with a digit.
  static Result<BuildTag> Parse(std::string_view text);
  bool empty() const { return number.empty(); }
  std::string ToString() const { return number + suffix; }

  friend bool operator==(const BuildTag&, const BuildTag&) = default;
  friend std::strong_ordering operator<=>(const BuildTag& a, const BuildTag& b);
};

struct WheelName {
  Name name;
  Version version;
  BuildTag build = {};
  TagSet tags = {};

  static Result<WheelName> Parse(std::string_view filename);

  friend bool operator==(const WheelName&, const WheelName&) = default;
};

}  // namespace flowstone::pypi
