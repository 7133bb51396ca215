#include "flowstone/cli/console.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unistd.h>

#include "flowstone/os/errno_error.h"
#include "flowstone/os/terminal.h"

namespace flowstone::cli {

Console::Console(const os::Environment& environment) {
  const bool err_is_terminal = os::IsTerminal(STDERR_FILENO);
  const std::optional<int> columns = os::TerminalWidth(STDERR_FILENO);
  if (columns && *columns > 20) {
    width_ = static_cast<std::size_t>(*columns);
  }
  if (err_is_terminal && environment.Get("TERM").value_or("dumb") != "dumb") {
    progress_mode_ = ProgressMode::kBars;
  }
  SetColor(ColorChoice::kAuto, environment);
}

void Console::SetColor(ColorChoice choice, const os::Environment& environment) {
  const std::string no_color = environment.Get("NO_COLOR").value_or("");
  const std::string force = environment.Get("CLICOLOR_FORCE").value_or("");
  const std::string term = environment.Get("TERM").value_or("dumb");
  out_style_ = TerminalStyle::Choose(choice, os::IsTerminal(STDOUT_FILENO), no_color, force, term);
  err_style_ = TerminalStyle::Choose(choice, os::IsTerminal(STDERR_FILENO), no_color, force, term);
}

int Console::Write(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) {
      continue;
    }
    if (written < 0) {
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

void Console::Out(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  const int failure = Write(STDOUT_FILENO, text);
  if (output_errno_ == 0) {
    output_errno_ = failure;
  }
}

void Console::Err(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  Write(STDERR_FILENO, text);
}

Status Console::OutputStatus() const {
  const std::scoped_lock lock(mutex_);
  if (output_errno_ == 0 || output_errno_ == EPIPE) {
    return Ok();
  }
  return os::ErrnoError(output_errno_, "write to standard output");
}

void Console::PrintError(const Error& error) {
  std::string text = err_style_.Red("error:") + " " + error.message + "\n";
  for (const std::string& frame : error.context) {
    text += "  " + frame + "\n";
  }
  for (const std::string& hint : error.hints) {
    text += err_style_.Blue("hint:") + " " + hint + "\n";
  }
  Err(text);
}

void Console::PrintWarning(std::string_view text) {
  Err(err_style_.Yellow("warning:") + " " + std::string(text) + "\n");
}

}  // namespace flowstone::cli
