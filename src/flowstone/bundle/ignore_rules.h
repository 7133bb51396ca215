// IgnoreRules: `.flowstoneignore`, in the syntax of gitignore(5): one pattern a line, `#` comments,
// `!` takes back, a leading or inner `/` anchors, a trailing `/` is for directories only, `*`, `?`,
// `[…]` do not match `/`, `**` does; named classes (`[:alpha:]`) are not known. The last pattern
// that matches decides. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowstone::bundle {

enum class EntryKind : std::uint8_t { kFile, kDirectory };

struct IgnoreMatch {
  bool ignored = false;  // false: a `!` pattern took it back
  std::string rule;      // "data/*.csv (.flowstoneignore:3)"
};

class IgnoreRules {
 public:
  // Adds the patterns of an ignore file that lies in `directory` ("" for the root, else without a
  // trailing "/"); they apply below it and come after, so override, those added before.
  void Add(std::string_view text, const std::string& directory);

  // What the patterns say about `path` (relative to the root) itself; nothing when none matches.
  // Callers do not ask about what lies in an ignored directory.
  std::optional<IgnoreMatch> Match(std::string_view path, EntryKind kind) const;

 private:
  struct Pattern {
    std::string directory = {};  // where its file lies
    std::string glob = {};       // without "!", leading and trailing "/"
    std::string rule = {};       // for people
    bool negated = false;
    bool directories_only = false;
    bool anchored = false;
  };
  static bool Matches(const Pattern& pattern, std::string_view path, EntryKind kind);

  std::vector<Pattern> patterns_;
};

// Whether `text` matches the glob, both "/"-separated, with the meaning given above.
bool GlobMatches(std::string_view glob, std::string_view text);

}  // namespace flowstone::bundle
