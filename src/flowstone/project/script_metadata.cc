#include "flowstone/project/script_metadata.h"

#include <cstddef>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/project/toml_text.h"
#include "flowstone/project/uv_table_reader.h"

namespace flowstone::project {
namespace {

constexpr std::string_view kFence = "# ///";

// A line of a block: "#" alone, or "# " and what belongs to the document.
bool IsBlockLine(std::string_view line) {
  return line == "#" || line.starts_with("# ");
}

struct ScriptBlock {
  std::size_t first_line = 0;  // of its content, from 0
  std::size_t size = 0;        // lines of content
};

// The type that the line opens a block of; empty when it opens none.
std::string_view OpenedType(std::string_view line) {
  if (!line.starts_with(kFence) || line.size() < kFence.size() + 2 || line[kFence.size()] != ' ') {
    return {};
  }
  const std::string_view type = line.substr(kFence.size() + 1);
  for (const char c : type) {
    if (!IsAsciiAlnum(c) && c != '-') {
      return {};
    }
  }
  return type;
}

// How many lines of content the block has whose first content line is `begin`; nothing when it is
// empty or never closed. The last fence of the run of comment lines closes it (PEP 723).
std::optional<std::size_t> ContentSize(const std::vector<std::string_view>& lines,
                                       std::size_t begin) {
  std::optional<std::size_t> size;
  for (std::size_t i = begin; i < lines.size() && IsBlockLine(lines[i]); ++i) {
    if (lines[i] == kFence && i > begin) {
      size = i - begin;
    }
  }
  return size;
}

Result<std::optional<ScriptBlock>> FindScriptBlock(const std::vector<std::string_view>& lines,
                                                   const std::string& file) {
  std::optional<ScriptBlock> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view type = OpenedType(lines[i]);
    const std::optional<std::size_t> size = type.empty() ? std::nullopt : ContentSize(lines, i + 1);
    if (!size) {
      continue;
    }
    if (type == "script") {
      if (found) {
        return Error{.code = ErrorCode::kInvalid,
                     .message = file + ":" + std::to_string(i + 1) +
                                ": there is a second block of type script"};
      }
      found = ScriptBlock{.first_line = i + 1, .size = *size};
    }
    i += *size + 1;
  }
  return found;
}

// The document of the block, on the lines on which it stands in the file.
std::string DocumentOf(const std::vector<std::string_view>& lines, const ScriptBlock& block) {
  std::string document(block.first_line, '\n');
  for (std::size_t i = 0; i < block.size; ++i) {
    const std::string_view line = lines[block.first_line + i];
    document += line.substr(std::min<std::size_t>(2, line.size()));
    document += '\n';
  }
  return document;
}

}  // namespace

Result<std::optional<ScriptMetadata>> ParseScriptMetadata(std::string_view text,
                                                          const std::string& file,
                                                          const std::string& directory) {
  const std::vector<std::string_view> lines = SplitLines(text);
  FLOWSTONE_LET(const std::optional<ScriptBlock> block, FindScriptBlock(lines, file));
  if (!block) {
    return std::optional<ScriptMetadata>();
  }
  const DocumentPlace place{.file = file, .directory = directory};
  FLOWSTONE_LET(const toml::table parsed,
                InDocument(place, lock::ParseToml(DocumentOf(lines, *block))));
  const lock::TomlTable document(parsed, "");
  ScriptMetadata script;
  FLOWSTONE_LET(auto python, InDocument(place, document.Parsed<pypi::SpecifierSet>(
                                                   "requires-python", pypi::SpecifierSet::Parse)));
  script.requires_python = std::move(python).value_or(pypi::SpecifierSet());
  FLOWSTONE_LET(script.dependencies, RequirementsAt(place, document, "dependencies"));
  FLOWSTONE_LET(script.uv, ReadUvTable(place, document));
  return std::optional(std::move(script));
}

}  // namespace flowstone::project
