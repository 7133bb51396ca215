#include "flowstone/lock/lock_writer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/lock/lock.h"
#include "flowstone/lock/timestamp.h"
#include "flowstone/lock/url_credentials.h"

namespace flowstone::lock {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '\x7f';
}

constexpr std::array<bool, 256> kNeedsEscape = [] {
  std::array<bool, 256> needs{};
  for (std::size_t c = 0; c < needs.size(); ++c) {
    needs[c] = c < 0x20 || c == 0x7f || c == '"' || c == '\\';
  }
  return needs;
}();

// Asked about every character of a lock, so eight at a time: a byte of `word` is below `n` where
// the highest bit of the result is set, and those above 0x7f are none of the ones that matter.
bool NeedsEscape(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101;
  constexpr std::uint64_t highest = 0x80 * ones;
  const auto has_below = [](std::uint64_t word, std::uint64_t n) {
    return (word - n * ones) & ~word & highest;
  };
  const auto has = [&](std::uint64_t word, std::uint64_t byte) {
    return has_below(word ^ (byte * ones), 1);
  };
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    if ((has_below(word, 0x20) | has(word, 0x7f) | has(word, '"') | has(word, '\\')) != 0) {
      return true;
    }
    text.remove_prefix(sizeof word);
  }
  return std::ranges::any_of(text,
                             [](char c) { return kNeedsEscape[static_cast<unsigned char>(c)]; });
}

void AppendEscaped(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (IsControl(c)) {
      const auto byte = static_cast<unsigned char>(c);
      out += "\\u00";
      out += kHexDigits[byte >> 4U];
      out += kHexDigits[byte & 0xFU];
    } else {
      out += c;
    }
  }
  out += '"';
}

// Markers are full of double quotes: single ones around them need no escapes.
void AppendString(std::string& out, std::string_view text) {
  if (!NeedsEscape(text)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  const bool suits_literal =
      text.find('\'') == std::string_view::npos && std::ranges::none_of(text, IsControl);
  if (suits_literal && text.find('"') != std::string_view::npos) {
    out.append(1, '\'').append(text).append(1, '\'');
  } else {
    AppendEscaped(out, text);
  }
}

std::string TomlString(std::string_view text) {
  std::string quoted;
  AppendString(quoted, text);
  return quoted;
}

// Bare where TOML allows it.
std::string TomlKey(const std::string& text) {
  const bool is_bare = !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsAsciiAlnum(c) || c == '_' || c == '-';
  });
  if (is_bare) {
    return text;
  }
  std::string quoted;
  AppendEscaped(quoted, text);
  return quoted;
}
std::string TomlKey(const pypi::Name& name) {
  return TomlKey(name.ToString());
}

std::string TomlStrings(std::vector<std::string> texts) {
  for (std::string& text : texts) {
    text = TomlString(text);
  }
  return "[" + JoinText(texts, ", ") + "]";
}

template <class Names>
std::string TomlNames(const Names& names) {
  std::vector<std::string> texts;
  texts.reserve(names.size());
  for (const auto& name : names) {
    texts.push_back(name.ToString());
  }
  std::ranges::sort(texts);
  return TomlStrings(std::move(texts));
}

// Appends an inline table to `out`, entry by entry; Close is the end of it.
class InlineTable {
 public:
  explicit InlineTable(std::string& out) : out_(out) {}

  // No entry for an empty value.
  void Text(std::string_view key, std::string_view value) {
    if (!value.empty()) {
      AppendString(Begin(key), value);
    }
  }
  void Raw(std::string_view key, std::string_view value) { Begin(key).append(value); }
  // The value is what is appended to the result.
  std::string& Begin(std::string_view key) {
    out_.append(is_empty_ ? "{ " : ", ").append(key).append(" = ");
    is_empty_ = false;
    return out_;
  }
  void Close() { out_.append(is_empty_ ? "{  }" : " }"); }

 private:
  std::string& out_;
  bool is_empty_ = true;
};

void AddPlace(InlineTable& table, const LockedFile& file) {
  if (file.url) {
    table.Text("url", WithoutCredentials(*file.url));
  }
  table.Text("path", file.path.value_or(""));
}

void AddFacts(InlineTable& table, const LockedFile& file) {
  if (file.upload_time_us) {
    table.Raw("upload-time", FormatTimestamp(*file.upload_time_us));
  }
  if (file.size) {
    table.Raw("size", std::to_string(*file.size));
  }
}

void AddHashes(InlineTable& table, const LockedFile& file) {
  InlineTable hashes(table.Begin("hashes"));
  for (const auto& [algorithm, hex] : file.hashes) {
    hashes.Text(algorithm, hex);
  }
  hashes.Close();
}

void AppendFile(std::string& out, const LockedFile& file) {
  InlineTable table(out);
  table.Text("name", file.name);
  AddPlace(table, file);
  AddFacts(table, file);
  AddHashes(table, file);
  table.Close();
}

void AppendDirect(std::string& out, const DirectSource& direct) {
  InlineTable table(out);
  table.Text("type", direct.vcs_type);
  AddPlace(table, direct.file);
  if (direct.editable) {
    table.Raw("editable", *direct.editable ? "true" : "false");
  }
  table.Text("requested-revision", direct.requested_revision);
  table.Text("commit-id", direct.commit_id);
  if (direct.kind == DirectKind::kArchive) {
    AddFacts(table, direct.file);
    AddHashes(table, direct.file);
  }
  table.Text("subdirectory", direct.subdirectory);
  table.Close();
}

std::string_view DirectKey(DirectKind kind) {
  switch (kind) {
    case DirectKind::kArchive:
      return "archive";
    case DirectKind::kDirectory:
      return "directory";
    case DirectKind::kVcs:
      return "vcs";
  }
  return "";
}

bool StandsBefore(const LockedPackage& a, const LockedPackage& b) {
  const auto place = [](const LockedPackage& package) {
    return std::tie(package.name, package.version);
  };
  return place(a) == place(b) ? a.marker.ToString() < b.marker.ToString() : place(a) < place(b);
}

class Writer {
 public:
  std::string Write(const Lock& lock) {
    constexpr std::size_t typical_package = 512;
    text_.reserve((lock.packages.size() + 2) * typical_package);
    WriteHeader(lock);
    std::vector<const LockedPackage*> packages;
    packages.reserve(lock.packages.size());
    for (const LockedPackage& package : lock.packages) {
      packages.push_back(&package);
    }
    std::ranges::stable_sort(packages, [](const LockedPackage* a, const LockedPackage* b) {
      return StandsBefore(*a, *b);
    });
    if (packages.empty()) {
      Entry("packages", "[]");
    }
    for (const LockedPackage* package : packages) {
      WritePackage(*package);
    }
    if (lock.tool) {
      WriteTool(*lock.tool);
    }
    return std::move(text_);
  }

 private:
  void Line(std::string_view line) { text_.append(line).append("\n"); }
  void Entry(std::string_view key, std::string_view value) {
    text_.append(key).append(" = ").append(value).append("\n");
  }
  void TextEntry(std::string_view key, std::string_view value) {
    if (!value.empty()) {
      AppendString(text_.append(key).append(" = "), value);
      text_ += '\n';
    }
  }
  // One row a line: a changed file is a changed line. `append` writes an item.
  template <class Items, class Append>
  void RowsOf(std::string_view key, const Items& items, const Append& append) {
    if (items.empty()) {
      return;
    }
    text_.append(key).append(" = [\n");
    for (const auto& item : items) {
      append(text_.append("    "), item);
      text_.append(",\n");
    }
    Line("]");
  }
  void Rows(std::string_view key, const std::vector<std::string>& rows) {
    RowsOf(key, rows, [](std::string& out, const std::string& row) { out.append(row); });
  }

  void WriteHeader(const Lock& lock) {
    Entry("lock-version", TomlString(kLockVersion));
    std::vector<std::string> environments;
    environments.reserve(lock.environments.size());
    for (const pypi::Marker& marker : lock.environments) {
      environments.push_back(TomlString(marker.ToString()));
    }
    Rows("environments", environments);
    TextEntry("requires-python", lock.requires_python.ToString());
    if (!lock.extras.empty()) {
      Entry("extras", TomlNames(lock.extras));
    }
    if (!lock.dependency_groups.empty()) {
      Entry("dependency-groups", TomlNames(lock.dependency_groups));
    }
    if (!lock.default_groups.empty()) {
      Entry("default-groups", TomlNames(lock.default_groups));
    }
    Entry("created-by", TomlString(lock.created_by));
  }

  void WritePackage(const LockedPackage& package) {
    Line("");
    Line("[[packages]]");
    TextEntry("name", package.name.ToString());
    if (package.version) {
      TextEntry("version", package.version->ToString());
    }
    TextEntry("marker", package.marker.ToString());
    TextEntry("requires-python", package.requires_python.ToString());
    std::vector<std::string> dependencies;
    for (const LockedDependency& dependency : package.dependencies) {
      InlineTable table(dependencies.emplace_back());
      table.Text("name", dependency.name.ToString());
      table.Text("version", dependency.version ? dependency.version->ToString() : "");
      table.Close();
    }
    std::ranges::sort(dependencies);
    Rows("dependencies", dependencies);
    if (package.direct) {
      AppendDirect(text_.append(DirectKey(package.direct->kind)).append(" = "), *package.direct);
      text_ += '\n';
    }
    TextEntry("index", WithoutCredentials(package.index));
    if (package.sdist) {
      AppendFile(text_.append("sdist = "), *package.sdist);
      text_ += '\n';
    }
    RowsOf("wheels", package.wheels, AppendFile);
  }

  // One row for each thing that was asked for, whatever the order and however often it was.
  void Wishes(std::string_view key, const std::vector<LockedWish>& wishes) {
    std::map<std::string, std::set<std::string>> origins;
    for (const LockedWish& wish : wishes) {
      origins[wish.text].insert(wish.origins.begin(), wish.origins.end());
    }
    RowsOf(key, origins, [](std::string& out, const auto& wish) {
      InlineTable row(out);
      row.Text("text", wish.first);
      if (!wish.second.empty()) {
        row.Raw("from", TomlStrings({wish.second.begin(), wish.second.end()}));
      }
      row.Close();
    });
  }

  void Conflicts(const std::vector<ConflictingChoices>& conflicts) {
    std::vector<std::string> rows;
    for (const ConflictingChoices& conflict : conflicts) {
      std::vector<std::string> choices;
      for (const LockChoice& choice : conflict) {
        InlineTable table(choices.emplace_back());
        table.Text("extra", choice.extra ? choice.extra->ToString() : "");
        table.Text("group", choice.group ? choice.group->ToString() : "");
        table.Close();
      }
      rows.push_back("[" + JoinText(choices, ", ") + "]");
    }
    Rows("conflicts", rows);
  }

  template <class Key>
  void SubTable(std::string_view title, const std::map<Key, std::string>& texts) {
    if (texts.empty()) {
      return;
    }
    Line("");
    Line("[tool.flowstone." + std::string(title) + "]");
    for (const auto& [key, text] : texts) {
      Entry(TomlKey(key), TomlString(text));
    }
  }

  void TextRows(std::string_view key, std::vector<std::string> texts) {
    std::ranges::sort(texts);
    texts.erase(std::ranges::unique(texts).begin(), texts.end());
    for (std::string& text : texts) {
      text = TomlString(text);
    }
    Rows(key, texts);
  }

  // The texts of one key keep their order.
  void ListsTable(std::string_view title,
                  const std::map<std::string, std::vector<std::string>>& lists) {
    if (lists.empty()) {
      return;
    }
    Line("");
    Line("[tool.flowstone." + std::string(title) + "]");
    for (const auto& [key, texts] : lists) {
      Entry(TomlKey(key), TomlStrings(texts));
    }
  }

  void WriteTool(const ToolTable& tool) {
    Line("");
    Line("[tool.flowstone]");
    TextEntry("version", tool.version);
    TextEntry("flow", tool.flow);
    TextRows("steps", tool.steps);
    std::vector<std::string> requests;
    requests.reserve(tool.requests.size());
    for (const Digest& request : tool.requests) {
      requests.push_back(request.ToString());
    }
    TextRows("requests", std::move(requests));
    TextRows("targets", tool.targets);
    TextEntry("exclude-newer", tool.exclude_newer);
    if (!tool.requested.empty()) {
      Entry("requested", TomlNames(tool.requested));
    }
    Wishes("requirements", tool.requirements);
    Wishes("constraints", tool.constraints);
    Wishes("overrides", tool.overrides);
    Wishes("excludes", tool.excludes);
    Conflicts(tool.conflicts);
    Wishes("build-constraints", tool.build_constraints);
    SubTable("options", tool.options);
    SubTable("exclude-newer-package", tool.exclude_newer_packages);
    ListsTable("config-settings", tool.config_settings);
    ListsTable("build-requirements", tool.build_requirements);
    ListsTable("runtime-build-requirements", tool.runtime_build_requirements);
    ListsTable("build-variables", tool.build_variables);
    std::map<std::string, std::string> indexes;
    for (const auto& [name, url] : tool.indexes) {
      indexes.emplace(name, WithoutCredentials(url));
    }
    SubTable("indexes", indexes);
  }

  std::string text_;
};

}  // namespace

std::string WriteLock(const Lock& lock) {
  return Writer().Write(lock);
}

}  // namespace flowstone::lock
