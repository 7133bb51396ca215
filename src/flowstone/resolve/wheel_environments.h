// EnvironmentsOf: the tags of a wheel as a marker: roughly the environments that can use it. Libc
// and system versions are not marker variables, so a wheel may need more than its marker says.
#pragma once

#include "flowstone/pypi/marker_diagram.h"
#include "flowstone/pypi/tags.h"

namespace flowstone::resolve {

// Tags of platforms and interpreters that are not known here hold everywhere.
pypi::MarkerDiagram EnvironmentsOf(const pypi::TagSet& tags, pypi::MarkerAlgebra& algebra);

}  // namespace flowstone::resolve
