// What is known about a terminal.
#pragma once

#include <optional>

namespace flowstone::os {

bool IsTerminal(int fd);
// In columns; nothing when `fd` is no terminal or does not know.
std::optional<int> TerminalWidth(int fd);

}  // namespace flowstone::os
