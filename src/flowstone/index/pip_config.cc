#include "flowstone/index/pip_config.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"

namespace flowstone::index {
namespace {

constexpr std::string_view kNoConfig = "/dev/null";

// The user's directories are looked up in the environment only: without HOME there are none.
std::vector<std::string> UserFiles(const os::Environment& environment) {
  std::vector<std::string> paths;
  const auto home = environment.GetNonEmpty("HOME");
  if (home) {
    paths.push_back(*home + "/.pip/pip.conf");
  }
  if (const auto config = environment.GetNonEmpty("XDG_CONFIG_HOME")) {
    paths.push_back(*config + "/pip/pip.conf");
  } else if (home) {
    paths.push_back(*home + "/.config/pip/pip.conf");
  }
  return paths;
}

std::vector<std::string> ConfigFiles(const os::Environment& environment, os::FileSystem& files) {
  std::vector<std::string> paths;
  const std::string directories = environment.GetNonEmpty("XDG_CONFIG_DIRS").value_or("/etc/xdg");
  for (const std::string_view directory : SplitText(directories, ':')) {
    if (!directory.empty()) {
      paths.push_back(std::string(directory) + "/pip/pip.conf");
    }
  }
  paths.emplace_back("/etc/pip.conf");
  const auto named = environment.GetNonEmpty("PIP_CONFIG_FILE");
  if (!named || !files.Stat(*named)) {
    for (std::string& path : UserFiles(environment)) {
      paths.push_back(std::move(path));
    }
  }
  if (const auto prefix = environment.GetNonEmpty("VIRTUAL_ENV")) {
    paths.push_back(*prefix + "/pip.conf");
  }
  if (named) {
    paths.push_back(*named);
  }
  return paths;
}

// pip takes "index_url" for "index-url".
std::string CanonicalOption(std::string_view text) {
  std::string option = AsciiLower(TrimText(text));
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

std::size_t Indentation(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

}  // namespace

Result<PipConfig> PipConfig::Load(const os::Environment& environment, os::FileSystem& files) {
  PipConfig config;
  if (environment.Get("PIP_CONFIG_FILE") == kNoConfig) {
    return config;
  }
  for (const std::string& path : ConfigFiles(environment, files)) {
    const Result<std::string> text = files.ReadFile(path);
    if (text) {
      FLOWSTONE_TRY(config.Add(*text, path));
    } else if (text.error().code != ErrorCode::kNotFound) {
      return Annotate(Result<PipConfig>(Error(text.error())), "while reading pip's configuration");
    }
  }
  return config;
}

// Python's configparser, as pip sets it up: a value goes on in the following lines that are
// indented more than its option; whole lines may be comments.
Status PipConfig::Add(std::string_view text, const std::string& file) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) {
    text.remove_prefix(byte_order_mark.size());
  }
  std::string section;
  Value* open = nullptr;  // the value that indented lines continue
  std::size_t open_indentation = 0;
  int number = 0;
  const auto broken = [&](const std::string& reason) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = file + " line " + std::to_string(number) + ": " + reason};
  };
  for (const std::string_view line : SplitLines(text)) {
    ++number;
    const std::string_view content = TrimText(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') {
      continue;
    }
    const std::size_t indentation = Indentation(line);
    if (open != nullptr && indentation > open_indentation) {
      open->text.append(open->text.empty() ? "" : "\n").append(content);
      continue;
    }
    if (content.front() == '[') {
      const std::size_t close = content.find(']');
      if (close == std::string_view::npos) {
        return broken("a section has no closing bracket");
      }
      section = content.substr(1, close - 1);
      open = nullptr;
      continue;
    }
    const std::size_t separator = content.find_first_of("=:");
    if (section.empty() || separator == std::string_view::npos || separator == 0) {
      return broken(section.empty() ? "a setting stands before the first section"
                                    : "expected a section or `option = value`");
    }
    open = &values_[section + "." + CanonicalOption(content.substr(0, separator))];
    *open = Value{.text = std::string(TrimText(content.substr(separator + 1))), .file = file};
    open_indentation = indentation;
  }
  return Ok();
}

std::optional<PipConfig::Value> PipConfig::Get(std::string_view option) const {
  for (const std::string_view section : {"install", "download", "global"}) {
    const auto found = values_.find(std::string(section) + "." + std::string(option));
    if (found != values_.end() && !found->second.text.empty()) {
      return found->second;
    }
  }
  return std::nullopt;
}

}  // namespace flowstone::index
