#include "flowstone/index/setting_sources.h"

#include <algorithm>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

constexpr std::string_view kCommaSeparatedVariable = "UV_FIND_LINKS";

// pip takes every option from a variable of its name.
std::string PipVariable(std::string_view option) {
  std::string name = "PIP_";
  for (const char c : option) {
    name += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

bool MayBeInVariableName(char c) {
  return IsAsciiDigit(c) || c == '_' || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::vector<std::string> FoundSetting::Words() const {
  if (!items.empty()) {
    return items;
  }
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + " ") {
    if (!IsAsciiSpace(c) && (c != ',' || source != kCommaSeparatedVariable)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

Result<SettingSources> SettingSources::Load(const Places& places,
                                            const os::Environment& environment,
                                            os::FileSystem& files) {
  SettingSources sources(places.working_directory, environment);
  const std::string& directory =
      places.project_directory.empty() ? places.working_directory : places.project_directory;
  FLOWSTONE_LET(sources.config_,
                LoadUvConfig(directory, places.working_directory, environment, files));
  if (!places.project_file.empty()) {
    FLOWSTONE_LET(const std::string text, files.ReadFile(places.project_file));
    FLOWSTONE_LET(UvConfigFile project, ParsePyprojectFlowstone(text, places.project_file));
    sources.config_.files.insert(sources.config_.files.begin(), std::move(project));
  }
  FLOWSTONE_LET(sources.pip_, PipConfig::Load(environment, files));
  return sources;
}

std::optional<FoundSetting> SettingSources::FindVariable(std::string_view name) const {
  auto value = name.empty() ? std::nullopt : environment_.GetNonEmpty(name);
  if (!value) {
    return std::nullopt;
  }
  return FoundSetting{
      .text = *std::move(value), .source = std::string(name), .directory = working_directory_};
}

std::optional<FoundSetting> SettingSources::FindInVariables(const Setting& setting) const {
  for (const std::string_view name : setting.variables) {
    if (auto found = FindVariable(name)) {
      return found;
    }
  }
  return std::nullopt;
}

std::optional<FoundSetting> SettingSources::FindConfigured(const Setting& setting) const {
  for (const UvConfigFile& file : config_.files) {
    const auto found = file.values.find(setting.option);
    if (found != file.values.end()) {
      return FoundSetting{.text = found->second.front(),
                          .items = found->second,
                          .source = file.path,
                          .directory = os::DirName(file.path)};
    }
  }
  if (auto found = FindVariable(PipVariable(setting.option))) {
    return found;
  }
  if (auto value = pip_.Get(setting.option)) {
    return FoundSetting{.text = std::move(value->text),
                        .source = std::move(value->file),
                        .directory = working_directory_};
  }
  return std::nullopt;
}

std::optional<FoundSetting> SettingSources::Find(const Setting& setting) const {
  auto found = FindInVariables(setting);
  return found ? found : FindConfigured(setting);
}

std::string SettingSources::Expand(std::string_view text) const {
  std::string expanded;
  while (true) {
    const std::size_t begin = text.find("${");
    const std::size_t end = text.find('}', std::min(begin, text.size()));
    if (end == std::string_view::npos) {
      return expanded.append(text);
    }
    const std::string_view name = text.substr(begin + 2, end - begin - 2);
    const bool is_name = !name.empty() && std::ranges::all_of(name, MayBeInVariableName);
    const auto value = is_name ? environment_.Get(name) : std::nullopt;
    expanded.append(text.substr(0, begin));
    expanded.append(value ? *value : std::string(text.substr(begin, end + 1 - begin)));
    text.remove_prefix(end + 1);
  }
}

}  // namespace flowstone::index
