#include "flowstone/project/toml_text.h"

#include <sstream>
#include <utility>

#include "flowstone/net/redact.h"

namespace flowstone::project {

Error InDocument(const DocumentPlace& place, Error error) {
  constexpr std::string_view line = "line ";
  std::string message = net::RedactText(error.message);
  if (message.starts_with(line)) {
    error.message = place.file + ":" + message.substr(line.size());
  } else {
    error.message = place.file + ": " + message;
  }
  return error;
}

std::size_t LineOf(const toml::node& node) {
  return node.source().begin.line;
}

Result<WrittenRequirement> RequirementOf(const DocumentPlace& place, const toml::node& node,
                                         std::string_view text) {
  const SourceLine source{.file = place.file, .line = LineOf(node)};
  WrittenRequirement written{.source = source};
  Result<pypi::Requirement> parsed = pypi::Requirement::Parse(text);
  Status absolute = parsed ? MakeUrlAbsolute(*parsed, place.directory) : Ok();
  if (!parsed || !absolute) {
    Error& error = parsed ? absolute.error() : parsed.error();
    error.message = source.ToString() + ": " + net::RedactText(error.message);
    return std::move(error);
  }
  written.requirement = *std::move(parsed);
  return written;
}

Result<std::vector<WrittenRequirement>> RequirementsAt(const DocumentPlace& place,
                                                       const lock::TomlTable& table,
                                                       std::string_view key) {
  FLOWSTONE_LET(const std::vector<std::string> texts, InDocument(place, table.Texts(key)));
  std::vector<WrittenRequirement> requirements;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const toml::node& node = *table.node().get(key)->as_array()->get(i);
    FLOWSTONE_LET(WrittenRequirement written, RequirementOf(place, node, texts[i]));
    requirements.push_back(std::move(written));
  }
  return requirements;
}

Result<std::optional<std::string>> DateText(const lock::TomlTable& table, std::string_view key) {
  const toml::node* node = table.node().get(key);
  if (node == nullptr || node->is_string()) {
    return table.Text(key);
  }
  std::ostringstream text;
  if (const auto* date = node->as_date()) {
    text << date->get();
  } else if (const auto* moment = node->as_date_time()) {
    text << moment->get();
  } else if (const auto* truth = node->as_boolean(); truth != nullptr && !truth->get()) {
    text << "false";
  } else {
    return table.Wrong(key, "must be a date, a duration or false");
  }
  return std::optional<std::string>(text.str());
}

}  // namespace flowstone::project
