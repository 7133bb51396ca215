// The METADATA text of a wheel: found in the archive, cut to what describes the distribution.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/archive/byte_source.h"
#include "flowstone/base/result.h"
#include "flowstone/pypi/name.h"

namespace flowstone::index {

// Reads NAME-VERSION.dist-info/METADATA of the project. Reads only the archive's directory and this
// member. kCorrupt when the archive is broken or has no such file.
Result<std::string> ReadWheelMetadata(archive::ByteSource& wheel, const pypi::Name& project);

// The fields: everything up to the first empty line, which ends in a newline; the description
// after it, often a hundred times longer, decides nothing. kCorrupt when it is no METADATA.
Result<std::string> MetadataFields(std::string_view text);

}  // namespace flowstone::index
