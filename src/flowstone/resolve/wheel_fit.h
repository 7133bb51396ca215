// Whether a published file can be used for a request, and if not, why.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "flowstone/index/project_page.h"
#include "flowstone/pypi/specifier.h"
#include "flowstone/pypi/tags.h"
#include "flowstone/pypi/target.h"
#include "flowstone/pypi/wheel_name.h"
#include "flowstone/resolve/request.h"

namespace flowstone::resolve {

// Whether the interpreter of the target is one that `Requires-Python` accepts. Pre-releases of
// interpreters count as the release they lead to.
bool AcceptsPython(const pypi::SpecifierSet& requires_python, const pypi::Target& target,
                   UpperPythonBound upper_bound);

// Whether the target's platform can use a wheel with these tags, whatever its interpreter.
bool FitsPlatform(const pypi::TagSet& tags, const pypi::Target& target);

// "wheels for this platform exist for CPython 3.11, CPython 3.10": what there is instead of a wheel
// for the target, of wheels none of which fits.
std::string DescribeMisfit(const std::vector<pypi::TagSet>& wheels, const pypi::Target& target);

}  // namespace flowstone::resolve
