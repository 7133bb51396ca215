// Console: the two output streams of the process and what is known about them. Data goes to
// standard output, messages and progress to standard error. Thread-safe.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "flowstone/base/error.h"
#include "flowstone/base/result.h"
#include "flowstone/cli/progress_display.h"
#include "flowstone/cli/terminal_style.h"
#include "flowstone/os/environment.h"

namespace flowstone::cli {

class Console {
 public:
  // Looks at the process's standard streams.
  explicit Console(const os::Environment& environment);

  void SetColor(ColorChoice choice, const os::Environment& environment);

  // Whole texts; nothing is added. A reader that has gone away is no error; see OutputStatus.
  void Out(std::string_view text);
  void Err(std::string_view text);

  // The first failure to write to standard output, such as that of a full disk.
  Status OutputStatus() const;

  // "error: …" with context and hints, on standard error.
  void PrintError(const Error& error);
  // "warning: …", on standard error.
  void PrintWarning(std::string_view text);

  const TerminalStyle& out_style() const { return out_style_; }
  const TerminalStyle& err_style() const { return err_style_; }
  // Columns of the terminal, 80 when there is none.
  std::size_t width() const { return width_; }
  // Bars where standard error is a terminal that can draw them, lines elsewhere.
  ProgressMode progress_mode() const { return progress_mode_; }

 private:
  // Zero, or the errno of what went wrong.
  int Write(int descriptor, std::string_view text);

  mutable std::mutex mutex_;  // one text at a time
  int output_errno_ = 0;
  TerminalStyle out_style_;
  TerminalStyle err_style_;
  std::size_t width_ = 80;
  ProgressMode progress_mode_ = ProgressMode::kLines;
};

}  // namespace flowstone::cli
