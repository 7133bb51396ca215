// The words by which variables and configuration files of pip and uv say yes and no.
#pragma once

#include <string_view>

namespace flowstone {

// "1", "true", "t", "yes", "y", "on", in any case, with blanks around.
bool MeansYes(std::string_view text);
// "0", "false", "f", "no", "n", "off".
bool MeansNo(std::string_view text);

}  // namespace flowstone
