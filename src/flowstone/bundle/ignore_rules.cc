#include "flowstone/bundle/ignore_rules.h"

#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::bundle {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kIgnoreFileName = ".flowstoneignore";

// Whether `glob` at `at` (behind a "[") matches `c`, and where the class ends.
struct ClassMatch {
  bool matched = false;
  std::size_t end = std::string_view::npos;  // behind the "]"; npos when there is none
};

ClassMatch MatchClass(std::string_view glob, std::size_t at, char c) {
  const auto byte = static_cast<unsigned char>(c);
  const bool negated = at < glob.size() && (glob[at] == '!' || glob[at] == '^');
  at += negated ? 1 : 0;
  const auto take = [&]() -> unsigned char {
    if (glob[at] == '\\' && at + 1 < glob.size()) {
      ++at;
    }
    return static_cast<unsigned char>(glob[at++]);
  };
  ClassMatch match;
  // A "]" that comes first is one of the characters.
  for (bool first = true; at < glob.size(); first = false) {
    if (glob[at] == ']' && !first) {
      match.matched = match.matched != negated;
      match.end = at + 1;
      return match;
    }
    const unsigned char low = take();
    unsigned char high = low;
    if (at + 1 < glob.size() && glob[at] == '-' && glob[at + 1] != ']') {
      ++at;
      high = take();
    }
    match.matched = match.matched || (low <= byte && byte <= high);
  }
  return {};
}

// Matches one component against a glob without "/".
bool ComponentMatches(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  // Where to go on when a match fails: behind the last "*", which then takes one byte more.
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size() || g < glob.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = ++g;
      star_text = t;
      continue;
    }
    if (g < glob.size() && t < text.size()) {
      std::size_t next = g + 1;
      bool matched = false;
      if (glob[g] == '?') {
        matched = true;
      } else if (glob[g] == '[') {
        const ClassMatch match = MatchClass(glob, g + 1, text[t]);
        matched = match.matched && match.end != std::string_view::npos;
        next = match.end;
      } else if (glob[g] == '\\' && g + 1 < glob.size()) {
        matched = glob[g + 1] == text[t];
        next = g + 2;
      } else {
        matched = glob[g] == text[t];
      }
      if (matched) {
        g = next;
        ++t;
        continue;
      }
    }
    if (star == std::string_view::npos || star_text >= text.size()) {
      return false;
    }
    g = star;
    t = ++star_text;
  }
  return true;
}

std::string_view WithoutTrailingSpaces(std::string_view line) {
  while (line.ends_with(' ') && !line.ends_with("\\ ")) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

bool GlobMatches(std::string_view glob, std::string_view text) {
  const std::vector<std::string_view> globs = SplitText(glob, '/');
  const std::vector<std::string_view> parts = SplitText(text, '/');
  std::size_t g = 0;
  std::size_t p = 0;
  std::optional<std::size_t> stars;  // as in ComponentMatches, for "**"
  std::size_t stars_part = 0;
  while (p < parts.size() || g < globs.size()) {
    if (g < globs.size() && globs[g] == "**") {
      if (g + 1 == globs.size()) {
        return p < parts.size();  // "a/**" is what is in a, not a itself
      }
      stars = ++g;
      stars_part = p;
      continue;
    }
    if (g < globs.size() && p < parts.size() && ComponentMatches(globs[g], parts[p])) {
      ++g;
      ++p;
      continue;
    }
    if (!stars || stars_part >= parts.size()) {
      return false;
    }
    g = *stars;
    p = ++stars_part;
  }
  return true;
}

void IgnoreRules::Add(std::string_view text, const std::string& directory) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const std::string file =
      (directory.empty() ? "" : directory + "/") + std::string(kIgnoreFileName);
  std::size_t number = 0;
  for (std::string_view line : SplitLines(text)) {
    ++number;
    line = WithoutTrailingSpaces(line);
    if (line.empty() || line.starts_with('#')) {
      continue;
    }
    Pattern pattern{.directory = directory,
                    .rule = std::string(line) + " (" + file + ":" + std::to_string(number) + ")"};
    if (line.starts_with('!')) {
      pattern.negated = true;
      line.remove_prefix(1);
    }
    if (line.ends_with('/')) {
      pattern.directories_only = true;
      line.remove_suffix(1);
    }
    pattern.anchored = line.find('/') != std::string_view::npos;
    if (line.starts_with('/')) {
      line.remove_prefix(1);
    }
    pattern.glob = line;
    if (!pattern.glob.empty()) {
      patterns_.push_back(std::move(pattern));
    }
  }
}

bool IgnoreRules::Matches(const Pattern& pattern, std::string_view path, EntryKind kind) {
  if (pattern.directories_only && kind != EntryKind::kDirectory) {
    return false;
  }
  if (!pattern.directory.empty()) {
    if (!path.starts_with(pattern.directory + "/")) {
      return false;
    }
    path.remove_prefix(pattern.directory.size() + 1);
  }
  if (!pattern.anchored) {
    path.remove_prefix(path.rfind('/') + 1);  // npos + 1 is 0
  }
  return GlobMatches(pattern.glob, path);
}

std::optional<IgnoreMatch> IgnoreRules::Match(std::string_view path, EntryKind kind) const {
  for (auto pattern = patterns_.rbegin(); pattern != patterns_.rend(); ++pattern) {
    if (Matches(*pattern, path, kind)) {
      return IgnoreMatch{.ignored = !pattern->negated, .rule = pattern->rule};
    }
  }
  return std::nullopt;
}

}  // namespace flowstone::bundle
