// Scope: what wishes are resolved for: one interpreter on one platform, or every environment of a
// fork of a universal resolution. It answers the questions that separate the two; everything else
// about choosing versions is the same.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/name.h"
#include "flowstone/pypi/requirement.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/version.h"
#include "flowstone/resolve/policies.h"

namespace flowstone::resolve {

// A release that the solver has chosen, and what selecting it would bring.
struct ChosenRelease {
  pypi::Name name = {};  // empty: the request itself
  pypi::SpecifierSet requires_python = {};
  std::vector<pypi::TagSet> wheels = {};  // of its usable wheels; none: any environment may use it
  // Of a version with a local label: the same of the one without, when that could be chosen too.
  std::optional<std::vector<pypi::TagSet>> base_wheels = {};
  std::vector<pypi::ExtraName> extras = {};  // that something needs
  // What it depends on, with and without those extras.
  std::vector<const pypi::Requirement*> requirements = {};
};

class Scope {
 public:
  virtual ~Scope() = default;

  // Whether the marker, without any extra, holds (in some environment of the scope).
  virtual bool Admits(const pypi::Marker& marker) const = 0;
  // Whether it holds when `extra` is asked for.
  virtual bool AdmitsWith(const pypi::Marker& marker, const pypi::ExtraName& extra) const = 0;
  // Whether `Requires-Python` accepts the interpreter (some interpreter of the scope). Previews of
  // interpreters count as the release that they lead to.
  virtual bool AcceptsPython(const pypi::SpecifierSet& requires_python,
                             UpperPythonBound upper_bound) const = 0;
  // How good a wheel with these tags ("py3-none-any") is, 0 being the best; nothing when it cannot
  // be used.
  virtual std::optional<std::size_t> WheelPriority(std::string_view tag_set) const = 0;

  // Whether Examine may object to anything.
  virtual bool IsDivisible() const { return true; }
  // Asked before a release is selected. An error of code kCancelled ends the attempt: the scope
  // must be divided first, and knows how.
  virtual Status Examine(const ChosenRelease& release) const = 0;

  // "the target has 3.12.4", "the environments have >=3.12".
  virtual std::string PythonText() const = 0;
  // "CPython 3.12.4 on linux x86_64", "sys_platform == \"win32\"".
  virtual std::string Description() const = 0;
  // "wheels exist for macOS arm64": what there is instead, of wheels none of which can be used.
  virtual std::string Misfit(const std::vector<pypi::TagSet>& wheels) const = 0;
};

// The extras under which a requirement holds: one empty name when it always does, none when it does
// not.
std::vector<pypi::ExtraName> ConditionsOf(const pypi::Marker& marker, const Scope& scope);

}  // namespace flowstone::resolve
