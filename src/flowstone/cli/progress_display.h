// ProgressDisplay: bars on a terminal, a line per finished phase elsewhere.
//
// On a terminal each running phase has one line that is drawn anew in place; a finished phase
// leaves its summary. Elsewhere a phase prints one line when it starts and one when it ends, if it
// had work to do.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "flowstone/base/progress.h"
#include "flowstone/cli/terminal_style.h"
#include "flowstone/os/clock.h"

namespace flowstone::cli {

enum class ProgressMode : std::uint8_t { kBars, kLines, kSilent };

class ProgressDisplay final : public ProgressSink {
 public:
  using Write = std::function<void(std::string_view)>;

  // `clock` and what `write` uses outlive the display. `width` is that of the terminal, in columns.
  ProgressDisplay(ProgressMode mode, TerminalStyle style, std::size_t width, os::Clock& clock,
                  Write write);

  void Start(Phase phase, const std::string& label, std::uint64_t total) override;
  void Advance(Phase phase, std::uint64_t amount, const std::string& item) override;
  void SetTotal(Phase phase, std::uint64_t total) override;
  void Finish(Phase phase) override;
  void Abandon(Phase phase) override;

 private:
  struct Running {
    std::string label;
    std::string item;
    std::uint64_t total = 0;
    std::uint64_t done = 0;
    std::int64_t began_ns = 0;
  };

  std::string Bar(Phase phase, const Running& running) const;
  std::string Summary(Phase phase, const Running& running) const;
  std::string EraseBars() const;
  void Redraw();

  const ProgressMode mode_;
  const TerminalStyle style_;
  const std::size_t width_;
  os::Clock& clock_;
  const Write write_;

  std::mutex mutex_;  // guards what follows
  std::map<Phase, Running> running_;
  std::size_t lines_drawn_ = 0;
  std::int64_t drawn_ns_ = 0;
};

// "118.0 MB", "3.2 kB", "17 B": powers of 1,000 as the indexes give sizes.
std::string FormatBytes(std::uint64_t bytes);
// "0.8 s", "2 min 5 s", "38 ms".
std::string FormatDuration(std::int64_t nanoseconds);

}  // namespace flowstone::cli
