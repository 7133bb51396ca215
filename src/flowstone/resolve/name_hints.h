// What a project that was not found may be instead: a module that comes with Python, a module of
// another project, a misspelt name.
#pragma once

#include <string>
#include <vector>

#include "flowstone/pypi/name.h"
#include "flowstone/resolve/candidate_source.h"

namespace flowstone::resolve {

// A hint about `name`, which no index has. `known` are names that the user may have meant, besides
// popular ones and those that `source` knows; what is proposed is looked up there. Empty when
// nothing like it is known.
std::string NameHint(const pypi::Name& name, const std::vector<pypi::Name>& known,
                     CandidateSource& source);

}  // namespace flowstone::resolve
