// PipConfig: pip's configuration files (INI), as far as they say where packages come from.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "flowstone/base/result.h"
#include "flowstone/os/environment.h"
#include "flowstone/os/filesystem.h"

namespace flowstone::index {

class PipConfig {
 public:
  struct Value {
    std::string text;  // lines of a longer value are separated by "\n"
    std::string file;  // where it stands
  };

  // No settings.
  PipConfig() = default;

  // Reads the files that pip would read, in its order: the system's (/etc/xdg/pip/pip.conf,
  // /etc/pip.conf), the user's (~/.pip/pip.conf, ~/.config/pip/pip.conf; not when $PIP_CONFIG_FILE
  // exists), the active virtual environment's, and $PIP_CONFIG_FILE, which turns all of them off
  // when it is /dev/null. Missing files are skipped.
  static Result<PipConfig> Load(const os::Environment& environment, os::FileSystem& files);

  // Adds the settings of one file; they replace earlier ones. kInvalid with file and line when the
  // text is not INI.
  Status Add(std::string_view text, const std::string& file);

  // The value of an option ("index-url") in [install], else in [download], else in [global].
  std::optional<Value> Get(std::string_view option) const;

 private:
  std::map<std::string, Value, std::less<>> values_;  // by "section.option"
};

}  // namespace flowstone::index
