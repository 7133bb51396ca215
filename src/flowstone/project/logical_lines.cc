#include "flowstone/project/logical_lines.h"

#include <optional>

#include "flowstone/base/text.h"

namespace flowstone::project {
namespace {

// The length of the line end at `at`, 0 when there is none. Requirements files are read by Python,
// whose lines end at more than "\n".
std::size_t LineEndAt(std::string_view text, std::size_t at) {
  const auto starts = [&](std::string_view end) { return text.substr(at, end.size()) == end; };
  if (starts("\r\n")) {
    return 2;
  }
  const char c = text[at];
  if (c == '\n' || c == '\r' || c == '\v' || c == '\f' || (c >= '\x1c' && c <= '\x1e')) {
    return 1;
  }
  // U+0085, U+2028 and U+2029.
  if (starts("\xC2\x85")) {
    return 2;
  }
  return starts("\xE2\x80\xA8") || starts("\xE2\x80\xA9") ? 3 : 0;
}

std::vector<std::string_view> PhysicalLines(std::string_view text) {
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = LineEndAt(text, i);
    if (end == 0) {
      ++i;
      continue;
    }
    lines.push_back(text.substr(begin, i - begin));
    i += end;
    begin = i;
  }
  if (begin < text.size()) {
    lines.push_back(text.substr(begin));
  }
  return lines;
}

bool IsComment(std::string_view line) {
  return TrimText(line).starts_with('#');
}

std::string_view BeforeComment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || IsAsciiSpace(line[i - 1]))) {
      return TrimText(line.substr(0, i));
    }
  }
  return TrimText(line);
}

std::string_view WithoutBackslashes(std::string_view line) {
  while (line.ends_with('\\')) {
    line.remove_suffix(1);
  }
  while (line.starts_with('\\')) {
    line.remove_prefix(1);
  }
  return line;
}

bool IsVariableCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || IsAsciiDigit(c) || c == '_';
}

std::string Expanded(std::string_view text, const os::Environment& environment) {
  std::string expanded;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    if (text.substr(i).starts_with("${")) {
      end = i + 2;
      while (end < text.size() && IsVariableCharacter(text[end])) {
        ++end;
      }
    }
    if (end > i + 2 && end < text.size() && text[end] == '}') {
      const auto value = environment.Get(std::string(text.substr(i + 2, end - i - 2)));
      if (value && !value->empty()) {
        expanded += *value;
        i = end + 1;
        continue;
      }
    }
    expanded += text[i++];
  }
  return expanded;
}

}  // namespace

std::vector<LogicalLine> LogicalLines(std::string_view text, const os::Environment& environment) {
  std::vector<LogicalLine> lines;
  std::string joined;
  std::size_t joined_from = 0;
  const auto finish = [&](std::size_t number, std::string_view line) {
    const std::string_view content = BeforeComment(line);
    if (!content.empty()) {
      lines.push_back({.number = number, .text = Expanded(content, environment)});
    }
  };
  std::size_t number = 0;
  for (const std::string_view line : PhysicalLines(text)) {
    ++number;
    const bool is_comment = IsComment(line);
    if (line.ends_with('\\') && !is_comment) {
      joined_from = joined_from == 0 ? number : joined_from;
      joined += WithoutBackslashes(line);
      continue;
    }
    // A comment ends what was continued; the blank keeps it a comment after joining.
    joined += is_comment ? " " : "";
    joined += line;
    finish(joined_from == 0 ? number : joined_from, joined);
    joined.clear();
    joined_from = 0;
  }
  if (joined_from != 0) {
    finish(joined_from, joined);
  }
  return lines;
}

}  // namespace flowstone::project
