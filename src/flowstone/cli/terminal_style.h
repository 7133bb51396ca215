// TerminalStyle: colours and marks, or none of them. Output can be read without colour; a style
// only adds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flowstone::cli {

enum class ColorChoice : std::uint8_t { kAuto, kAlways, kNever };

class TerminalStyle {
 public:
  // Without escape sequences.
  TerminalStyle() = default;
  // `is_terminal` and the variables NO_COLOR, CLICOLOR_FORCE and TERM decide when the choice is
  // kAuto.
  static TerminalStyle Choose(ColorChoice choice, bool is_terminal, std::string_view no_color,
                              std::string_view clicolor_force, std::string_view term);

  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Dim(std::string_view text) const { return Wrap("2", text); }
  std::string Red(std::string_view text) const { return Wrap("31", text); }
  std::string Green(std::string_view text) const { return Wrap("32", text); }
  std::string Yellow(std::string_view text) const { return Wrap("33", text); }
  std::string Blue(std::string_view text) const { return Wrap("34", text); }
  bool enabled() const { return enabled_; }

 private:
  std::string Wrap(std::string_view code, std::string_view text) const;
  bool enabled_ = false;
};

// The width in columns of a UTF-8 text without escape sequences: one per code point.
std::size_t DisplayWidth(std::string_view text);

// `text` folded at spaces so that no line is longer than `width` columns; every line but the first
// starts with `indent` spaces, the first is assumed to start there already. Words longer than a
// line stay whole.
std::string FoldText(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace flowstone::cli
