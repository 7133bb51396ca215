// DecodeRequirementsText: the characters of a requirements file, whose bytes may be in several
// encodings. As pip has it: a byte order mark decides, then a "coding" comment in one of the first
// two lines, then it is UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "flowstone/base/result.h"

namespace flowstone::project {

// The text as UTF-8, without byte order mark. kInvalid for bytes that the encoding does not have,
// and for an encoding other than UTF-8, UTF-16, UTF-32, ASCII and Latin-1.
Result<std::string> DecodeRequirementsText(std::string_view bytes);

}  // namespace flowstone::project
