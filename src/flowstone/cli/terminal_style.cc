#include "flowstone/cli/terminal_style.h"

#include "flowstone/base/text.h"

namespace flowstone::cli {

TerminalStyle TerminalStyle::Choose(ColorChoice choice, bool is_terminal, std::string_view no_color,
                                    std::string_view clicolor_force, std::string_view term) {
  TerminalStyle style;
  switch (choice) {
    case ColorChoice::kAlways:
      style.enabled_ = true;
      break;
    case ColorChoice::kNever:
      style.enabled_ = false;
      break;
    case ColorChoice::kAuto:
      // no-color.org: any value that is not empty switches colours off.
      style.enabled_ = no_color.empty() && ((is_terminal && term != "dumb") ||
                                            (!clicolor_force.empty() && clicolor_force != "0"));
      break;
  }
  return style;
}

std::string TerminalStyle::Wrap(std::string_view code, std::string_view text) const {
  if (!enabled_ || text.empty()) {
    return std::string(text);
  }
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) {
    // Continuation bytes of UTF-8 are 10xxxxxx and take no column of their own.
    width += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  }
  return width;
}

std::string FoldText(std::string_view text, std::size_t width, std::size_t indent) {
  std::string folded;
  std::size_t column = indent;
  bool line_is_empty = true;
  for (const std::string_view word : SplitText(text, ' ')) {
    if (word.empty()) {
      continue;
    }
    if (!line_is_empty && column + 1 + DisplayWidth(word) > width) {
      folded += "\n" + std::string(indent, ' ');
      column = indent;
      line_is_empty = true;
    }
    if (!line_is_empty) {
      folded += ' ';
      ++column;
    }
    folded += word;
    column += DisplayWidth(word);
    line_is_empty = false;
  }
  return folded;
}

}  // namespace flowstone::cli
