// PoetryConstraint: the versions that a requirement of Poetry allows: "^1.2", "~2.0 || >=3,<4",
// "1.*". It is not the grammar of PEP 440, but each alternative can be said in it.
#pragma once

#include <string_view>
#include <vector>

#include "flowstone/base/result.h"
#include "flowstone/pypi/marker.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/version.h"

namespace flowstone::project {

class PoetryConstraint {
 public:
  static Result<PoetryConstraint> Parse(std::string_view text);

  // Pre-releases included.
  bool Contains(const pypi::Version& version) const;
  // The condition that the constraint puts on the Python that runs.
  pypi::Marker AsPythonMarker() const;

 private:
  std::vector<pypi::SpecifierSet> alternatives_;  // one of them at least
};

}  // namespace flowstone::project
