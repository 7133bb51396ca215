#include "flowstone/pypi/entry_points.h"

#include <algorithm>
#include <utility>

#include "flowstone/base/text.h"

namespace flowstone::pypi {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool IsIdentifier(std::string_view text) {
  return !text.empty() && !IsAsciiDigit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsAsciiAlnum(c) || c == '_'; });
}

bool IsDottedName(std::string_view text) {
  const std::vector<std::string_view> parts = SplitText(text, '.');
  return std::all_of(parts.begin(), parts.end(), IsIdentifier);
}

Error InvalidReference(std::string_view text) {
  return Error{.code = ErrorCode::kInvalid,
               .message = "'" + std::string(text) + "' is not a reference to a Python object",
               .hints = {"it reads 'package.module:function'"}};
}

Result<std::vector<ExtraName>> ParseExtras(std::string_view text) {
  std::vector<ExtraName> extras;
  for (const std::string_view piece : SplitText(text, ',')) {
    if (!TrimText(piece).empty()) {
      FLOWSTONE_LET(ExtraName extra, ExtraName::Parse(TrimText(piece)));
      extras.push_back(std::move(extra));
    }
  }
  return extras;
}

// Without a comment, which white space separates from the value.
std::string_view WithoutComment(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i) {
    if ((value[i] == '#' || value[i] == ';') && IsAsciiSpace(value[i - 1])) {
      return TrimText(value.substr(0, i));
    }
  }
  return value;
}

// Whether the name of a script can become the name of a file, as it is.
bool IsFileName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && IsUtf8(name) &&
         std::none_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return c == '/' || c == '\\' || byte < 0x20 || byte == 0x7F;
         });
}

Result<Script> ParseScript(const EntryPoint& entry) {
  if (!IsFileName(entry.name)) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + entry.name + "' cannot be the name of a script"};
  }
  FLOWSTONE_LET(ObjectReference target, ObjectReference::Parse(entry.value));
  if (target.attribute.empty()) {
    return InvalidReference(entry.value);
  }
  return Script{.name = entry.name, .target = std::move(target)};
}

Result<EntryPoint> ParseEntry(std::string_view group, std::string_view line) {
  const std::size_t equals = line.find('=');
  const std::string_view name = TrimText(line.substr(0, equals));
  if (equals == std::string_view::npos || name.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(line) + "' is not 'name = value'"};
  }
  if (group.empty()) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "'" + std::string(line) + "' is in no group"};
  }
  return EntryPoint{.group = std::string(group),
                    .name = std::string(name),
                    .value = std::string(WithoutComment(TrimText(line.substr(equals + 1))))};
}

// Puts a value where an entry with the same key is, or at the end.
template <class T, class IsSame>
void Replace(std::vector<T>& values, T value, IsSame is_same) {
  const auto found = std::find_if(values.begin(), values.end(), is_same);
  if (found == values.end()) {
    values.push_back(std::move(value));
  } else {
    *found = std::move(value);
  }
}

Status AddEntry(EntryPoints& points, EntryPoint entry) {
  const bool is_console = entry.group == "console_scripts";
  if (is_console || entry.group == "gui_scripts") {
    FLOWSTONE_LET(Script script, ParseScript(entry));
    Replace(is_console ? points.console_scripts : points.gui_scripts, std::move(script),
            [&](const Script& other) { return other.name == entry.name; });
  }
  const std::string group = entry.group;
  const std::string name = entry.name;
  Replace(points.all, std::move(entry),
          [&](const EntryPoint& other) { return other.group == group && other.name == name; });
  return Ok();
}

}  // namespace

Result<ObjectReference> ObjectReference::Parse(std::string_view text) {
  std::string_view rest = TrimText(text);
  ObjectReference reference;
  if (rest.ends_with(']')) {
    const std::size_t open = rest.find('[');
    if (open == std::string_view::npos) {
      return InvalidReference(text);
    }
    FLOWSTONE_LET(reference.extras, ParseExtras(rest.substr(open + 1, rest.size() - open - 2)));
    rest = TrimText(rest.substr(0, open));
  }
  const std::size_t colon = rest.find(':');
  reference.module = TrimText(rest.substr(0, colon));
  if (colon != std::string_view::npos) {
    reference.attribute = TrimText(rest.substr(colon + 1));
    if (!IsDottedName(reference.attribute)) {
      return InvalidReference(text);
    }
  }
  if (!IsDottedName(reference.module)) {
    return InvalidReference(text);
  }
  return reference;
}

std::string_view ObjectReference::ImportedName() const {
  return std::string_view(attribute).substr(0, attribute.find('.'));
}

Result<EntryPoints> EntryPoints::Parse(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  EntryPoints points;
  std::string group;
  std::size_t number = 0;
  for (const std::string_view raw : SplitLines(text)) {
    ++number;
    const std::string_view line = TrimText(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') {
      continue;
    }
    const std::string_view header = WithoutComment(line);
    if (header.front() == '[' && header.back() == ']') {
      group = TrimText(header.substr(1, header.size() - 2));
      continue;
    }
    const std::string frame = "in line " + std::to_string(number) + " of entry_points.txt";
    FLOWSTONE_LET(EntryPoint entry, Annotate(ParseEntry(group, line), frame));
    FLOWSTONE_TRY(Annotate(AddEntry(points, std::move(entry)), frame));
  }
  return points;
}

}  // namespace flowstone::pypi
