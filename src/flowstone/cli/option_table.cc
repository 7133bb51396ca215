#include "flowstone/cli/option_table.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "flowstone/base/check.h"
#include "flowstone/base/text.h"

namespace flowstone::cli {
namespace {

constexpr std::array kOptions = {
    // What is printed.
    OptionSpec{"quiet", "-q,--quiet", "", "FLOWSTONE_QUIET,METAFLOW_QUIET",
               "print errors and the output of tasks only"},
    OptionSpec{"verbose", "-v,--verbose", "", "FLOWSTONE_VERBOSE", "say what was decided, and why"},
    OptionSpec{"color", "--color", "WHEN", "FLOWSTONE_COLOR",
               "colours: auto (on terminals), always or never"},
    OptionSpec{"no-progress", "--no-progress", "", "FLOWSTONE_NO_PROGRESS", "draw no bars"},
    OptionSpec{"json", "--json", "", "FLOWSTONE_JSON", "print JSON for programs"},
    // Where packages come from.
    OptionSpec{"index-url", "--index-url,--default-index", "[NAME=]URL",
               "FLOWSTONE_INDEX_URL,FLOWSTONE_DEFAULT_INDEX,UV_DEFAULT_INDEX,UV_INDEX_URL,"
               "PIP_INDEX_URL",
               "the package index to use instead of the default one", VariableReader::kOther},
    OptionSpec{"extra-index-url", "--extra-index-url,--index", "[NAME=]URL",
               "FLOWSTONE_EXTRA_INDEX_URL,FLOWSTONE_INDEX,UV_INDEX,UV_EXTRA_INDEX_URL,"
               "PIP_EXTRA_INDEX_URL",
               "an index that is asked before the main one; may be repeated",
               VariableReader::kOther},
    OptionSpec{"index-for", "--index-for", "PACKAGE=NAME", "FLOWSTONE_INDEX_FOR",
               "take a package from the index of that name only; may be repeated",
               VariableReader::kOther},
    OptionSpec{"index-strategy", "--index-strategy", "STRATEGY",
               "FLOWSTONE_INDEX_STRATEGY,UV_INDEX_STRATEGY",
               "first-index takes a package from the first index that has it, "
               "unsafe-first-match and unsafe-best-match look into all",
               VariableReader::kOther},
    OptionSpec{"find-links", "--find-links", "PLACE",
               "FLOWSTONE_FIND_LINKS,UV_FIND_LINKS,PIP_FIND_LINKS",
               "a directory or page of packages; may be repeated", VariableReader::kOther},
    OptionSpec{"no-index", "--no-index", "", "FLOWSTONE_NO_INDEX,UV_NO_INDEX,PIP_NO_INDEX",
               "use find-links only", VariableReader::kOther},
    OptionSpec{"trusted-host", "--trusted-host,--allow-insecure-host", "HOST",
               "FLOWSTONE_TRUSTED_HOST,UV_INSECURE_HOST,PIP_TRUSTED_HOST",
               "do not check the certificate of this host[:port]; may be repeated",
               VariableReader::kOther},
    OptionSpec{"cert", "--cert", "FILE", "FLOWSTONE_CERT,PIP_CERT",
               "certificates to trust instead of the system's", VariableReader::kOther},
    OptionSpec{"keyring-provider", "--keyring-provider", "KIND",
               "FLOWSTONE_KEYRING_PROVIDER,UV_KEYRING_PROVIDER,PIP_KEYRING_PROVIDER",
               "subprocess asks the keyring program when an index refuses access; disabled is "
               "the default",
               VariableReader::kOther},
    OptionSpec{"offline", "--offline", "", "FLOWSTONE_OFFLINE,UV_OFFLINE",
               "use no network: only what is cached or in the datastore"},
    OptionSpec{"refresh", "--refresh", "", "FLOWSTONE_REFRESH",
               "ask the indexes again about everything that is cached"},
    OptionSpec{"refresh-package", "--refresh-package", "PACKAGE", "",
               "ask the indexes again about this package; may be repeated"},
    // What environments are made of.
    OptionSpec{"python", "--python", "VERSION", "FLOWSTONE_PYTHON",
               "the Python to resolve for: 3.12, 3.12.4, \">=3.9,<3.13\" or a path"},
    OptionSpec{"link-mode", "--link-mode", "MODE", "FLOWSTONE_LINK_MODE,UV_LINK_MODE",
               "how packages come out of the cache: symlink, hardlink, clone or copy; by default "
               "the cheapest that the file system has; with overlay, what programs and tasks write "
               "beside packages is their own and goes when they end"},
    OptionSpec{"python-downloads", "--python-downloads", "WHEN",
               "FLOWSTONE_PYTHON_DOWNLOADS,UV_PYTHON_DOWNLOADS",
               "automatic downloads a standalone Python when none that is installed fits, manual "
               "leaves that to `flowstone python install`, never forbids it"},
    OptionSpec{"no-python-downloads", "--no-python-downloads", "", "",
               "the same as --python-downloads never"},
    OptionSpec{
        "python-mirror", "--python-mirror,--mirror", "URL",
        "FLOWSTONE_PYTHON_MIRROR,UV_PYTHON_INSTALL_MIRROR",
        "where standalone Pythons are downloaded from: a URL or a directory with the folders "
        "of the releases"},
    OptionSpec{"python-builds", "--python-builds", "FILE", "FLOWSTONE_PYTHON_BUILDS",
               "a table of standalone Pythons to use instead of the one in the engine"},
    OptionSpec{"managed-python", "--managed-python", "",
               "FLOWSTONE_MANAGED_PYTHON,UV_MANAGED_PYTHON",
               "use no Python but those that Flowstone installed"},
    OptionSpec{"reinstall", "--reinstall", "", "",
               "download and install it again also when it is there"},
    OptionSpec{"all", "--all", "", "",
               "list: also those that can be installed; uninstall: all that Flowstone installed"},
    OptionSpec{"target", "--target", "PLATFORM", "",
               "lock for this platform instead of this machine: linux-x86_64, "
               "linux-aarch64-glibc2.17, linux-x86_64-musl1.2, macos-arm64, windows-x86_64; may be "
               "repeated, for one lock that serves all"},
    OptionSpec{"universal", "--universal", "", "",
               "lock for CPython on Linux, macOS and Windows, and for --python and later"},
    OptionSpec{"lock-environment", "--environment", "MARKER", "",
               "with --universal: lock for these environments instead, such as \"sys_platform == "
               "'linux'\"; may be repeated"},
    OptionSpec{"required-environment", "--required-environment", "MARKER", "",
               "with --universal: every package must have a wheel, or a source that may be built, "
               "for these environments; may be repeated"},
    OptionSpec{"fork-strategy", "--fork-strategy", "STRATEGY",
               "FLOWSTONE_FORK_STRATEGY,UV_FORK_STRATEGY",
               "with --universal: requires-python gives each Python the newest versions that it "
               "can use, fewest gives all of them the same where there is one",
               VariableReader::kOther},
    OptionSpec{"exclude-newer", "--exclude-newer", "DATE",
               "FLOWSTONE_EXCLUDE_NEWER,UV_EXCLUDE_NEWER",
               "ignore files uploaded at or after this date (2026-11-01 or with a time, UTC), or "
               "within a time such as \"14 days\""},
    OptionSpec{"exclude-newer-package", "--exclude-newer-package", "NAME=DATE",
               "FLOWSTONE_EXCLUDE_NEWER_PACKAGE,UV_EXCLUDE_NEWER_PACKAGE",
               "another date for one package, or NAME=false for none; may be repeated",
               VariableReader::kOther},
    OptionSpec{"upgrade", "--upgrade", "", "FLOWSTONE_UPGRADE",
               "resolve anew even when the answer is known"},
    OptionSpec{"upgrade-package", "--upgrade-package", "NAME", "",
               "let this package move to another version, the others stay; may be repeated"},
    OptionSpec{"check", "--check", "", "",
               "write nothing: exit 1 and say what would change when what is there is not current"},
    OptionSpec{"locked", "--locked", "", "FLOWSTONE_LOCKED",
               "resolve nothing: an environment without a known lock is an error"},
    OptionSpec{"requirements", "-r,--requirements", "FILE", "",
               "take requirements from a requirements.txt, pyproject.toml or script, or a lock as "
               "it is; - is standard input; may be repeated"},
    OptionSpec{"editable", "-e,--editable", "PATH", "",
               "a project directory that environments point at instead of holding a copy, or a "
               "repository; may be repeated"},
    OptionSpec{"constraint", "-c,--constraint", "FILE",
               "FLOWSTONE_CONSTRAINT,UV_CONSTRAINT,PIP_CONSTRAINT",
               "restrict versions of what is needed anyway; may be repeated",
               VariableReader::kOther},
    OptionSpec{"override", "--override", "FILE", "FLOWSTONE_OVERRIDE,UV_OVERRIDE",
               "requirements that replace all others of their packages; may be repeated",
               VariableReader::kOther},
    OptionSpec{"build-constraint", "--build-constraint", "FILE",
               "FLOWSTONE_BUILD_CONSTRAINT,UV_BUILD_CONSTRAINT,PIP_BUILD_CONSTRAINT",
               "restrict versions of what build backends require; may be repeated",
               VariableReader::kOther},
    OptionSpec{"bytecode", "--bytecode", "WHEN", "FLOWSTONE_BYTECODE",
               "when packages get their bytecode: background (the default) once the environment is "
               "made, for the next one; eager before; none leaves it to Python"},
    OptionSpec{"compile-bytecode", "--compile-bytecode", "",
               "FLOWSTONE_COMPILE_BYTECODE,UV_COMPILE_BYTECODE",
               "the same as --bytecode eager: the first import is as fast as all others"},
    OptionSpec{"exclude", "--exclude", "NAME", "FLOWSTONE_EXCLUDE",
               "a package that nothing is to bring in; may be repeated", VariableReader::kOther},
    OptionSpec{"excludes", "--excludes", "FILE", "FLOWSTONE_EXCLUDES,UV_EXCLUDE",
               "a file that lists such packages; may be repeated", VariableReader::kOther},
    OptionSpec{
        "group", "--group", "NAME", "",
        "a dependency group of pyproject.toml (or PATH:NAME), or of the lock; may be repeated"},
    OptionSpec{"extra", "--extra", "NAME", "",
               "an extra of the project in pyproject.toml, or of the lock; may be repeated"},
    OptionSpec{"all-extras", "--all-extras", "", "", "all extras of the project"},
    // How versions and files are chosen.
    OptionSpec{"compat", "--compat", "TOOL", "FLOWSTONE_COMPAT",
               "choose where tools differ as uv (the default) or pip does"},
    OptionSpec{"resolution", "--resolution", "MODE", "FLOWSTONE_RESOLUTION,UV_RESOLUTION",
               "highest versions, lowest, or lowest-direct"},
    OptionSpec{"prerelease", "--prerelease", "MODE", "FLOWSTONE_PRERELEASE,UV_PRERELEASE",
               "when pre-releases may be chosen: disallow, allow, if-necessary, explicit, "
               "if-necessary-or-explicit, pep440"},
    OptionSpec{"prerelease-package", "--prerelease-package", "NAME=MODE",
               "FLOWSTONE_PRERELEASE_PACKAGE", "the same for one package; may be repeated",
               VariableReader::kOther},
    OptionSpec{"pre", "--pre", "", "", "the same as --prerelease allow"},
    OptionSpec{"only-binary", "--only-binary", "LIST", "FLOWSTONE_ONLY_BINARY,PIP_ONLY_BINARY",
               "use wheels only, of these packages or :all:; may be repeated",
               VariableReader::kOther},
    OptionSpec{"no-binary", "--no-binary", "LIST", "FLOWSTONE_NO_BINARY,UV_NO_BINARY,PIP_NO_BINARY",
               "use no wheels, of these packages or :all:; may be repeated",
               VariableReader::kOther},
    OptionSpec{"no-binary-package", "--no-binary-package", "NAME",
               "FLOWSTONE_NO_BINARY_PACKAGE,UV_NO_BINARY_PACKAGE",
               "use no wheels of this package; may be repeated", VariableReader::kOther},
    OptionSpec{"no-build", "--no-build", "", "FLOWSTONE_NO_BUILD,UV_NO_BUILD",
               "the same as --only-binary :all:"},
    OptionSpec{"no-build-package", "--no-build-package", "NAME",
               "FLOWSTONE_NO_BUILD_PACKAGE,UV_NO_BUILD_PACKAGE",
               "use only wheels of this package; may be repeated", VariableReader::kOther},
    OptionSpec{"require-hashes", "--require-hashes", "",
               "FLOWSTONE_REQUIRE_HASHES,UV_REQUIRE_HASHES,PIP_REQUIRE_HASHES",
               "accept only files whose hashes the requirements name"},
    // What may be built.
    OptionSpec{"build", "--build", "NAME", "FLOWSTONE_BUILD",
               "allow the source distributions of this package, which runs their code; may be "
               "repeated, or name several with commas"},
    OptionSpec{"allow-build", "--allow-build", "", "FLOWSTONE_ALLOW_BUILD",
               "allow the source distributions of all packages"},
    OptionSpec{"static-sources", "--static-sources", "", "FLOWSTONE_STATIC_SOURCES",
               "resolve with source distributions whose metadata is known without building them"},
    OptionSpec{"build-timeout", "--build-timeout", "SECONDS", "FLOWSTONE_BUILD_TIMEOUT",
               "stop a build that takes longer (default 1800)"},
    OptionSpec{"build-memory", "--build-memory", "MIB", "FLOWSTONE_BUILD_MEMORY",
               "memory that each process of a build may use (default 16384)"},
    OptionSpec{"build-network", "--build-network", "", "FLOWSTONE_BUILD_NETWORK",
               "let builds use the network, for those that download more than their requirements"},
    OptionSpec{"config-settings", "-C,--config-settings,--config-setting", "KEY=VALUE", "",
               "a setting for the build backends; may be repeated"},
    OptionSpec{"config-settings-package", "--config-settings-package", "NAME:KEY=VALUE", "",
               "the same for the backend of one package, instead of that for all; may be "
               "repeated"},
    OptionSpec{"output", "-o,--output", "FILE", "", "where to write; - is standard output"},
    // Flows: before the command.
    OptionSpec{"environment", "--environment", "KIND",
               "FLOWSTONE_ENVIRONMENT,METAFLOW_ENVIRONMENT,METAFLOW_DEFAULT_ENVIRONMENT",
               "pypi gives every step an isolated environment, local gives none; without it, "
               "steps with @pypi get one"},
    OptionSpec{"with", "--with", "DECORATOR", "FLOWSTONE_WITH,METAFLOW_DEFAULT_DECOSPECS",
               "add a decorator to every step, such as retry:times=2; may be repeated",
               VariableReader::kOther},
    OptionSpec{"package-suffixes", "--package-suffixes", "LIST", "",
               "comma-separated suffixes of further files to package, such as .json,.sql"},
    OptionSpec{"datastore", "--datastore", "KIND", "METAFLOW_DATASTORE,METAFLOW_DEFAULT_DATASTORE",
               "the kind of datastore: local"},
    OptionSpec{"metadata", "--metadata", "KIND", "METAFLOW_METADATA,METAFLOW_DEFAULT_METADATA",
               "the kind of metadata service: local"},
    OptionSpec{"isolation", "--isolation", "KIND", "FLOWSTONE_ISOLATION",
               "fork starts tasks from one process per environment, process starts an interpreter "
               "for each"},
    // Flows: of run and resume.
    OptionSpec{"max-workers", "--max-workers", "N",
               "FLOWSTONE_MAX_WORKERS,METAFLOW_RUN_MAX_WORKERS", "tasks that run at one time"},
    OptionSpec{"max-num-splits", "--max-num-splits", "N",
               "FLOWSTONE_MAX_NUM_SPLITS,METAFLOW_RUN_MAX_NUM_SPLITS",
               "tasks that one foreach may start"},
    OptionSpec{"max-log-size", "--max-log-size", "MB",
               "FLOWSTONE_MAX_LOG_SIZE,METAFLOW_RUN_MAX_LOG_SIZE",
               "how much of a task's output is kept, in megabytes"},
    OptionSpec{"tag", "--tag", "TAG", "", "annotate the run; may be repeated"},
    OptionSpec{"run-id-file", "--run-id-file", "FILE", "METAFLOW_RUN_RUN_ID_FILE",
               "write the id of the run to this file"},
    OptionSpec{"namespace", "--namespace", "NAME", "METAFLOW_RUN_NAMESPACE",
               "namespace of the client inside the tasks; user:NAME by default"},
    OptionSpec{"origin-run-id", "--origin-run-id", "ID", "METAFLOW_RESUME_ORIGIN_RUN_ID",
               "the run to resume; the latest one by default"},
    // Flows: of the other commands.
    OptionSpec{"archive", "--archive", "", "", "print names in the package, not on disk"},
    OptionSpec{"why", "--why", "", "",
               "print every path that was looked at and the rule that decided"},
    OptionSpec{"stdout", "--stdout", "", "", "what was printed to standard output"},
    OptionSpec{"stderr", "--stderr", "", "", "what was printed to standard error"},
    OptionSpec{"both", "--both", "", "", "both streams (the default)"},
    OptionSpec{"attempt", "--attempt", "N", "", "this attempt instead of the newest"},
    OptionSpec{"private", "--private", "", "", "also artifacts whose name starts with _"},
    OptionSpec{"include", "--include", "LIST", "", "comma-separated names; only these artifacts"},
    OptionSpec{"max-value-size", "--max-value-size", "N", "",
               "print no value of more than this many characters (default 1000)"},
    OptionSpec{"file", "--file", "FILE", "", "write the artifacts as a pickled dict instead"},
    OptionSpec{"run-id", "--run-id", "ID", "", "the run; the latest one by default"},
    OptionSpec{"add", "--add", "TAG", "", "a tag to add; may be repeated"},
    OptionSpec{"remove", "--remove", "TAG", "", "a tag to remove; may be repeated"},
    OptionSpec{"invert", "--invert", "", "", "from what needs nothing to what was asked for"},
    OptionSpec{"depth", "--depth", "N", "", "print no more than this many levels below the roots"},
    OptionSpec{"into", "--into", "DIR", "",
               "the directory to write to; for sync a virtual environment, new or to be changed"},
    OptionSpec{"older-than", "--older-than", "AGE", "FLOWSTONE_CACHE_OLDER_THAN",
               "only what was not used for so long, such as 30d or 12h; or since a date"},
    OptionSpec{"max-size", "--max-size", "SIZE", "FLOWSTONE_CACHE_MAX_SIZE",
               "what was not used for longest, until the cache takes no more than this: 20GiB"},
    OptionSpec{
        "kind", "--kind", "KIND", "",
        "only packages, bytecode, environments, builds, index, downloads, damaged, temporary "
        "or records; may be repeated"},
    OptionSpec{"dry-run", "--dry-run", "", "", "say what would change, and change nothing"},
    OptionSpec{"thorough", "--thorough", "", "", "also read every byte that is cached or stored"},
    OptionSpec{"channel", "--channel", "FD", "", "the socket to the client"},
    OptionSpec{"version", "--version", "", "", "print the version and exit"},
    OptionSpec{"description-fd", "--description-fd", "FD", "",
               "internal: where the SDK described a flow"},
};

// Places in kOptions, in the order of the keys.
constexpr auto kByKey = [] {
  std::array<std::uint16_t, kOptions.size()> places{};
  std::iota(places.begin(), places.end(), std::uint16_t{0});
  std::ranges::sort(places, {}, [](std::uint16_t place) { return kOptions[place].key; });
  return places;
}();

}  // namespace

std::span<const OptionSpec> AllOptions() {
  return kOptions;
}

const OptionSpec& FindOption(std::string_view key) {
  const auto* const found = std::ranges::lower_bound(
      kByKey, key, {}, [](std::uint16_t place) { return kOptions[place].key; });
  FLOWSTONE_CHECK(found != kByKey.end() && kOptions[*found].key == key);
  return kOptions[*found];
}

std::vector<std::string_view> VariablesOf(const OptionSpec& option) {
  if (option.variables.empty()) {
    return {};
  }
  return SplitText(option.variables, ',');
}

}  // namespace flowstone::cli
