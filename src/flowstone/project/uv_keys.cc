#include "flowstone/project/uv_keys.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "flowstone/base/text.h"
#include "flowstone/project/source_line.h"

namespace flowstone::project {
namespace {

// Keys, separated by spaces. Those that are obeyed wherever they stand, here or by whoever reads
// indexes (index/uv_config.h).
constexpr std::string_view kObeyed =
    "index-url extra-index-url index-strategy keyring-provider find-links no-index resolution "
    "prerelease dependency-metadata fork-strategy exclude-newer exclude-newer-package no-build "
    "no-binary "
    "config-settings config-settings-package extra-build-dependencies extra-build-variables "
    "no-build-isolation no-build-isolation-package";

// What says how uv installs, and not what.
constexpr std::string_view kOfInstalling = "compile-bytecode link-mode reinstall reinstall-package";

// Obeyed outside of [pip].
constexpr std::string_view kObeyedOfUv =
    "index pip allow-insecure-host prerelease-package no-build-package no-binary-package "
    "constraint-dependencies "
    "override-dependencies exclude-dependencies build-constraint-dependencies environments "
    "required-environments";

// What concerns uv itself: its cache, its connections, its Pythons, what it publishes.
constexpr std::string_view kOfTheProgram =
    "required-version system-certs native-tls offline no-cache cache-dir preview preview-features "
    "python-preference python-downloads concurrent-downloads concurrent-builds concurrent-installs "
    "http-proxy https-proxy no-proxy python-install-mirror pypy-install-mirror "
    "graalpy-install-mirror pyodide-install-mirror python-downloads-json-url publish-url "
    "trusted-publishing check-url add-bounds audit cache-keys managed package build-backend";

// Obeyed where there is a project.
constexpr std::string_view kOfProject =
    "sources workspace no-sources no-sources-package conflicts default-groups dependency-groups "
    "dev-dependencies";

// Obeyed in [pip], and how `uv pip compile` writes its file and where `uv pip install` installs.
constexpr std::string_view kOfPip =
    "only-binary require-hashes verify-hashes system break-system-packages target prefix strict "
    "allow-empty-requirements output-file no-strip-extras no-strip-markers no-annotate no-header "
    "custom-compile-command generate-hashes emit-index-url emit-find-links emit-build-options "
    "emit-marker-expression emit-index-annotation annotation-style no-emit-package";

bool IsAmong(std::initializer_list<std::string_view> lists, std::string_view key) {
  return std::ranges::any_of(lists, [&](std::string_view list) {
    const std::vector<std::string_view> keys = SplitText(list, ' ');
    return std::ranges::find(keys, key) != keys.end();
  });
}

bool SaysNothing(const toml::node& value) {
  const auto* const truth = value.as_boolean();
  const toml::array* const list = value.as_array();
  const toml::table* const table = value.as_table();
  return (truth != nullptr && !truth->get()) || (list != nullptr && list->empty()) ||
         (table != nullptr && table->empty());
}

}  // namespace

std::vector<std::string> KeysNotObeyed(const DocumentPlace& place, const lock::TomlTable& table,
                                       const std::string& path) {
  const bool is_pip = path.ends_with("pip");
  const bool is_project = path == "tool.uv";
  std::vector<std::string> keys;
  for (const auto& [key, value] : table.node()) {
    const bool is_known = IsAmong({kObeyed, kOfInstalling}, key.str()) ||
                          (is_pip ? IsAmong({kOfPip}, key.str())
                                  : IsAmong({kObeyedOfUv, kOfTheProgram}, key.str())) ||
                          (is_project && IsAmong({kOfProject}, key.str()));
    if (!is_known && !SaysNothing(value)) {
      const SourceLine source{.file = place.file, .line = LineOf(value)};
      keys.push_back(source.ToString() + ": " + path + (path.empty() ? "" : ".") +
                     std::string(key.str()));
    }
  }
  return keys;
}

}  // namespace flowstone::project
