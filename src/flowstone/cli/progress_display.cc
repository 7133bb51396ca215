#include "flowstone/cli/progress_display.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace flowstone::cli {
namespace {

constexpr std::int64_t kRedrawIntervalNs = 50'000'000;  // 20 pictures a second are fluid
constexpr std::size_t kBarWidth = 24;

struct Words {
  std::string_view doing;
  std::string_view done;
  std::string_view unit;  // empty for bytes
};

Words WordsOf(Phase phase) {
  switch (phase) {
    case Phase::kResolve:
      return {"Resolving", "Resolved", "packages"};
    case Phase::kDownload:
      return {"Downloading", "Downloaded", ""};
    case Phase::kCompile:
      return {"Compiling", "Compiled", "files"};
    case Phase::kInstall:
      return {"Installing", "Installed", "packages"};
    case Phase::kVerify:
      return {"Verifying", "Verified", ""};
  }
  return {"Working", "Done", ""};
}

std::string Amount(const Words& words, std::uint64_t amount) {
  if (words.unit.empty()) {
    return FormatBytes(amount);
  }
  std::string_view unit = words.unit;
  if (amount == 1) {
    unit.remove_suffix(1);
  }
  return fmt::format("{} {}", amount, unit);
}

}  // namespace

std::string FormatBytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> units = {"kB", "MB", "GB", "TB"};
  if (bytes < 1000) {
    return fmt::format("{} B", bytes);
  }
  auto value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string FormatDuration(std::int64_t nanoseconds) {
  const auto seconds = static_cast<double>(nanoseconds) / 1e9;
  if (seconds < 0.1) {
    return fmt::format("{:.0f} ms", seconds * 1000);
  }
  if (seconds < 100) {
    return fmt::format("{:.1f} s", seconds);
  }
  const auto whole = static_cast<std::int64_t>(seconds);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

ProgressDisplay::ProgressDisplay(ProgressMode mode, TerminalStyle style, std::size_t width,
                                 os::Clock& clock, Write write)
    : mode_(mode), style_(style), width_(width), clock_(clock), write_(std::move(write)) {}

void ProgressDisplay::Start(Phase phase, const std::string& label, std::uint64_t total) {
  const std::scoped_lock lock(mutex_);
  running_[phase] = Running{
      .label = label, .item = {}, .total = total, .done = 0, .began_ns = clock_.MonotonicNs()};
  if (mode_ == ProgressMode::kBars) {
    Redraw();
  } else if (mode_ == ProgressMode::kLines) {
    write_(fmt::format("{}{}{}...\n", WordsOf(phase).doing, label.empty() ? "" : " ", label));
  }
}

void ProgressDisplay::Advance(Phase phase, std::uint64_t amount, const std::string& item) {
  const std::scoped_lock lock(mutex_);
  const auto found = running_.find(phase);
  if (found == running_.end()) {
    return;
  }
  found->second.done += amount;
  if (!item.empty()) {
    found->second.item = item;
  }
  if (mode_ == ProgressMode::kBars && clock_.MonotonicNs() - drawn_ns_ >= kRedrawIntervalNs) {
    Redraw();
  }
}

void ProgressDisplay::SetTotal(Phase phase, std::uint64_t total) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = running_.find(phase); found != running_.end()) {
    found->second.total = total;
  }
}

void ProgressDisplay::Finish(Phase phase) {
  const std::scoped_lock lock(mutex_);
  const auto found = running_.find(phase);
  if (found == running_.end()) {
    return;
  }
  const std::string summary = Summary(phase, found->second);
  running_.erase(found);
  if (mode_ == ProgressMode::kBars) {
    write_(EraseBars() + summary + "\n");
    lines_drawn_ = 0;
    Redraw();
  } else if (mode_ == ProgressMode::kLines) {
    write_(summary + "\n");
  }
}

void ProgressDisplay::Abandon(Phase phase) {
  const std::scoped_lock lock(mutex_);
  if (running_.erase(phase) > 0 && mode_ == ProgressMode::kBars) {
    Redraw();
  }
}

std::string ProgressDisplay::Bar(Phase phase, const Running& running) const {
  const Words words = WordsOf(phase);
  std::string line = fmt::format("{:<11} ", words.doing);
  if (running.total > 0) {
    const std::uint64_t done = std::min(running.done, running.total);
    const auto filled = static_cast<std::size_t>(done * kBarWidth / running.total);
    line += style_.Green(std::string(filled, '=')) + std::string(kBarWidth - filled, ' ');
    line += fmt::format(" {:>9} of {}", Amount(words, done), Amount(words, running.total));
  } else {
    line += fmt::format("{:>9}", Amount(words, running.done));
  }
  const std::string& what = running.item.empty() ? running.label : running.item;
  // Escape sequences make the string longer than it looks; 10 columns of slack keep it on one line.
  if (DisplayWidth(line) + 2 + DisplayWidth(what) < width_) {
    line += "  " + style_.Dim(what);
  }
  return line;
}

std::string ProgressDisplay::Summary(Phase phase, const Running& running) const {
  const Words words = WordsOf(phase);
  const std::int64_t elapsed = clock_.MonotonicNs() - running.began_ns;
  const bool looked_at_more = phase == Phase::kResolve && running.total > 0;
  const std::string amount = Amount(words, looked_at_more ? running.total : running.done);
  std::string line = fmt::format("{} {} in {}", words.done, amount, FormatDuration(elapsed));
  if (words.unit.empty() && elapsed > 100'000'000) {
    const double rate = static_cast<double>(running.done) * 1e9 / static_cast<double>(elapsed);
    line += fmt::format(", {}/s", FormatBytes(static_cast<std::uint64_t>(rate)));
  }
  if (!running.label.empty() && running.label != amount) {
    line += style_.Dim(fmt::format(" ({})", running.label));
  }
  return line;
}

std::string ProgressDisplay::EraseBars() const {
  return lines_drawn_ == 0 ? std::string() : fmt::format("\x1b[{}F\x1b[J", lines_drawn_);
}

void ProgressDisplay::Redraw() {
  std::string picture = EraseBars();
  for (const auto& [phase, running] : running_) {
    picture += Bar(phase, running) + "\n";
  }
  lines_drawn_ = running_.size();
  drawn_ns_ = clock_.MonotonicNs();
  if (!picture.empty()) {
    write_(picture);
  }
}

}  // namespace flowstone::cli
