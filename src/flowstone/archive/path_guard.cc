#include "flowstone/archive/path_guard.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <vector>

#include "flowstone/base/text.h"

namespace flowstone::archive {
namespace {

constexpr std::size_t kLongestPath = 1024;
constexpr std::size_t kLongestComponent = 255;
constexpr std::size_t kDeepestPath = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kNameShown = 200;  // bytes of a name in a message

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

struct CodePoints {
  char32_t first;
  char32_t last;
};

// Characters that are not seen but change what is: the C1 controls, the line and paragraph
// separators, and the format characters of Unicode 15 (category Cf: soft hyphen, joiners, marks of
// direction, tags, the byte order mark).
constexpr std::array kInvisible = {
    CodePoints{0x80, 0x9F},       CodePoints{0xAD, 0xAD},       CodePoints{0x600, 0x605},
    CodePoints{0x61C, 0x61C},     CodePoints{0x6DD, 0x6DD},     CodePoints{0x70F, 0x70F},
    CodePoints{0x890, 0x891},     CodePoints{0x8E2, 0x8E2},     CodePoints{0x180E, 0x180E},
    CodePoints{0x200B, 0x200F},   CodePoints{0x2028, 0x202E},   CodePoints{0x2060, 0x206F},
    CodePoints{0xFEFF, 0xFEFF},   CodePoints{0xFFF9, 0xFFFB},   CodePoints{0x110BD, 0x110BD},
    CodePoints{0x110CD, 0x110CD}, CodePoints{0x13430, 0x1343F}, CodePoints{0x1BCA0, 0x1BCA3},
    CodePoints{0x1D173, 0x1D17A}, CodePoints{0xE0001, 0xE007F}};

// The character that starts at `at` of a well-formed UTF-8 text.
char32_t CodePointAt(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    return lead;
  }
  const std::size_t length = lead >= 0xF0 ? 4 : (lead >= 0xE0 ? 3 : 2);
  char32_t character = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    character = character << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  return character;
}

// REQUIRES: `text` is well-formed UTF-8.
bool HasInvisible(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0xC0) {
      continue;  // ASCII, or inside a character
    }
    const char32_t character = CodePointAt(text, i);
    const auto after = std::ranges::upper_bound(kInvisible, character, {}, &CodePoints::first);
    if (after != kInvisible.begin() && character <= std::prev(after)->last) {
      return true;
    }
  }
  return false;
}

bool HasControl(std::string_view text) {
  for (const char c : text) {
    if (IsControl(c)) {
      return true;
    }
  }
  return HasInvisible(text);
}

bool HasDrive(std::string_view name) {
  return name.size() >= 2 && IsAsciiAlpha(name[0]) && name[1] == ':';
}

// What is wrong with one component; empty when nothing is.
std::string_view ComponentFault(std::string_view component) {
  if (component.empty()) {
    return "it has an empty component";
  }
  if (component == "." || component == "..") {
    return "it has a '.' or '..' component";
  }
  if (component.size() > kLongestComponent) {
    return "it has a component of more than 255 bytes";
  }
  return {};
}

// What is wrong with a name; empty when nothing is. `path` is the name without a final "/".
std::string_view NameFault(std::string_view path) {
  if (path.empty()) {
    return "it is empty";
  }
  if (path.size() > kLongestPath) {
    return "it is longer than 1,024 bytes";
  }
  if (!IsUtf8(path)) {
    return "it is not UTF-8";
  }
  if (HasControl(path)) {
    return "it has control characters";
  }
  if (path.find('\\') != std::string_view::npos) {
    return "it has a backslash";
  }
  if (path.starts_with('/')) {
    return "it is absolute";
  }
  if (HasDrive(path)) {
    return "it starts with a drive";
  }
  const std::vector<std::string_view> components = SplitText(path, '/');
  if (components.size() > kDeepestPath) {
    return "it is deeper than 64 components";
  }
  for (const std::string_view component : components) {
    if (const std::string_view fault = ComponentFault(component); !fault.empty()) {
      return fault;
    }
  }
  return {};
}

Error Refused(std::string_view what, std::string_view name, std::string_view fault) {
  return Error{.code = ErrorCode::kCorrupt,
               .message = std::string(what) + " " + QuoteMemberName(name) +
                          " is refused: " + std::string(fault)};
}

}  // namespace

Result<std::string> GuardMemberPath(std::string_view name) {
  std::string_view path = name;
  if (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (const std::string_view fault = NameFault(path); !fault.empty()) {
    return Refused("archive member", name, fault);
  }
  return std::string(path);
}

Status GuardLinkTarget(std::string_view path, std::string_view target) {
  const auto refused = [&](std::string_view fault) -> Error {
    return Refused("link target", target, fault)
        .WithContext("in archive member " + QuoteMemberName(path));
  };
  if (target.empty() || target.size() > kLongestPath || !IsUtf8(target) || HasControl(target)) {
    return refused("it is empty, too long, or not printable UTF-8");
  }
  if (target.starts_with('/') || HasDrive(target) || target.find('\\') != std::string_view::npos) {
    return refused("it is absolute or has a backslash");
  }
  // Invariant: `depth` directories lie between the root and where the target has led so far.
  std::size_t depth = SplitText(path, '/').size() - 1;
  bool seen_name = false;
  for (const std::string_view component : SplitText(target, '/')) {
    if (component != "..") {
      seen_name = seen_name || (component != "." && !component.empty());
    } else if (seen_name) {
      return refused("it has '..' behind a name");
    } else if (depth == 0) {
      return refused("it leads out of the archive");
    } else {
      --depth;
    }
  }
  return Ok();
}

std::string QuoteMemberName(std::string_view name) {
  const std::string_view shown = name.substr(0, kNameShown);
  const bool printable = IsUtf8(shown) && !HasInvisible(shown);
  std::string text = "'";
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsControl(c) || c == '\'' || c == '\\' || (byte >= 0x80 && !printable)) {
      text += "\\x";
      text += kHexDigits[byte >> 4U];
      text += kHexDigits[byte & 0xFU];
    } else {
      text += c;
    }
  }
  text += shown.size() < name.size() ? "'…" : "'";
  return text;
}

}  // namespace flowstone::archive
