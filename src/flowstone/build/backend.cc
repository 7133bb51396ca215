#include "flowstone/build/backend.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/build/backend_script.h"
#include "flowstone/net/redact.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::build {
namespace {

using nlohmann::json;

constexpr std::size_t kShownLines = 20;
constexpr std::uint64_t kShownBytes = 64U << 10U;
constexpr std::array<const char*, 17> kCompilerVariables = {
    "AR",       "ARCHFLAGS",  "CC",
    "CFLAGS",   "CMAKE_ARGS", "CMAKE_GENERATOR",
    "CPPFLAGS", "CUDA_HOME",  "CXX",
    "CXXFLAGS", "FC",         "FFLAGS",
    "LDFLAGS",  "MAKEFLAGS",  "PKG_CONFIG_PATH",
    "RANLIB",   "RUSTFLAGS"};
// setuptools-scm and its relatives are told versions this way.
constexpr std::array<std::string_view, 2> kCompilerPrefixes = {"SETUPTOOLS_SCM_PRETEND_VERSION",
                                                               "PDM_BUILD_SCM_VERSION"};
// Where credentials, agents and other processes can be reached. Homes are added to them.
constexpr std::array<const char*, 5> kHiddenDirectories = {"/tmp", "/var/tmp", "/run", "/root",
                                                           "/home"};
// A time for archives that record one: 2020-02-02, as most backends use by default.
constexpr const char* kSourceDateEpoch = "1580601600";

// How compilers, installers and interpreters say that there is no network, and no memory.
constexpr std::array<std::string_view, 8> kNoNetworkWords = {"Temporary failure in name resolution",
                                                             "Name or service not known",
                                                             "Could not resolve host",
                                                             "Couldn't resolve host",
                                                             "failed to lookup address information",
                                                             "Network is unreachable",
                                                             "Failed to establish a new connection",
                                                             "Failed to resolve"};
constexpr std::array<std::string_view, 4> kNoMemoryWords = {
    "MemoryError", "Cannot allocate memory", "std::bad_alloc", "virtual memory exhausted"};

template <std::size_t count>
bool HoldsOneOf(std::string_view text, const std::array<std::string_view, count>& words) {
  return std::ranges::any_of(
      words, [&](std::string_view word) { return text.find(word) != std::string_view::npos; });
}

// The end of a file that may be long, or nothing.
std::string EndOfFile(os::FileSystem& filesystem, const std::string& path) {
  const auto file = filesystem.OpenInput(path);
  const Result<std::uint64_t> size = file ? (*file)->Size() : file.error();
  if (!size) {
    return "";
  }
  Result<std::string> text =
      (*file)->ReadAt(*size > kShownBytes ? *size - kShownBytes : 0, kShownBytes);
  return text ? *std::move(text) : "";
}

// The lines that the hook and its children printed. The traceback which ends them says less than
// the compiler above it, so it counts when nothing else is there.
std::vector<std::string_view> LinesOf(const std::string& hook, std::string_view printed) {
  const std::string header = "== " + hook;
  std::vector<std::string_view> words;
  std::vector<std::string_view> traceback;
  std::vector<std::string_view>* lines = &words;
  for (const std::string_view line : SplitLines(printed)) {
    if (line == header) {
      words.clear();
      traceback.clear();
      lines = &words;
    } else if (line == "== traceback") {
      lines = &traceback;
    } else {
      lines->push_back(line);
    }
  }
  return words.empty() ? traceback : words;
}

std::string LastOf(const std::vector<std::string_view>& lines) {
  std::string last;
  for (std::size_t i = lines.size() > kShownLines ? lines.size() - kShownLines : 0;
       i < lines.size(); ++i) {
    last += "\n  ";
    last += lines[i];
  }
  return net::RedactText(last);
}

// A dict of text or list of text, as hooks take it.
json SettingsJson(const ConfigSettings& settings) {
  json document = json::object();
  for (const auto& [key, values] : settings) {
    document[key] = values.size() == 1 ? json(values.front()) : json(values);
  }
  return document;
}

}  // namespace

std::map<std::string, std::string> CompilerVariables(const os::Environment& environment) {
  std::map<std::string, std::string> variables;
  for (const auto& [name, value] : environment.variables()) {
    const bool is_wanted =
        std::ranges::find(kCompilerVariables, std::string_view(name)) != kCompilerVariables.end() ||
        std::ranges::any_of(kCompilerPrefixes,
                            [&](std::string_view prefix) { return name.starts_with(prefix); });
    if (is_wanted) {
      variables.emplace(name, value);
    }
  }
  return variables;
}

struct Backend::Answer {
  bool is_missing = false;
  json value = {};
};

Backend::Backend(Parts parts, Project project)
    : parts_(std::move(parts)), project_(std::move(project)) {}

Status Backend::Prepare() {
  for (const char* name : {"", "home", "tmp", "out"}) {
    FLOWSTONE_TRY(
        os::MakeDirectories(parts_.filesystem, os::JoinPath(project_.workspace, name), 0700));
  }
  return os::ReplaceFile(parts_.filesystem, os::JoinPath(project_.workspace, "hook.py"),
                         kBackendScript);
}

std::string Backend::HookName(std::string_view kind) const {
  return std::string(kind) + (project_.use == EditableUse::kEditable ? "_editable" : "_wheel");
}

std::map<std::string, std::string> Backend::Variables() const {
  std::map<std::string, std::string> variables = project_.variables;
  variables.merge(CompilerVariables(parts_.environment));
  variables.try_emplace("LANG", "C.UTF-8");
  variables.try_emplace("SOURCE_DATE_EPOCH", kSourceDateEpoch);
  variables.try_emplace("PYTHONHASHSEED", "0");
  variables["PATH"] =
      os::JoinPath(environment_.directory, "bin") + ":" +
      parts_.environment.GetNonEmpty("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  variables["HOME"] = os::JoinPath(project_.workspace, "home");
  variables["TMPDIR"] = os::JoinPath(project_.workspace, "tmp");
  variables["VIRTUAL_ENV"] = environment_.directory;
  variables["PYTHONNOUSERSITE"] = "1";
  variables["PYTHONDONTWRITEBYTECODE"] = "1";
  return variables;
}

os::Sandbox Backend::SandboxOf() const {
  os::Sandbox sandbox{.isolation = is_isolated_ ? os::Isolation::kNamespaces : os::Isolation::kNone,
                      .network = parts_.limits.network,
                      .writable = {project_.source, project_.workspace},
                      .hidden = {kHiddenDirectories.begin(), kHiddenDirectories.end()},
                      .visible = environment_.roots,
                      .limits = parts_.limits.resources};
  sandbox.visible.push_back(environment_.directory);
  if (const auto home = parts_.environment.GetNonEmpty("HOME"); home && os::IsAbsolutePath(*home)) {
    const std::string path = os::NormalizePath(*home);
    if (path != "/" && std::ranges::find(sandbox.hidden, path) == sandbox.hidden.end()) {
      sandbox.hidden.push_back(path);
    }
  }
  return sandbox;
}

Result<os::ProcessResult> Backend::RunHook(const std::vector<std::string>& command,
                                           const std::string& hook) {
  const auto run = [&] {
    return parts_.processes.Run({.arguments = command,
                                 .environment = Variables(),
                                 .directory = project_.source,
                                 .descriptors = {},
                                 .sandbox = SandboxOf()},
                                "", parts_.limits.time);
  };
  Result<os::ProcessResult> result = run();
  if (!result && result.error().code == ErrorCode::kDenied && is_isolated_) {
    is_isolated_ = false;
    if (parts_.on_no_isolation) {
      parts_.on_no_isolation(result.error());
    }
    result = run();
  }
  if (!result && result.error().code == ErrorCode::kCancelled) {
    return Failed(ErrorCode::kUnavailable, hook,
                  "building " + project_.title + " took longer than " +
                      std::to_string(parts_.limits.time.count()) + " s in " + hook +
                      " and was stopped")
        .WithHint("allow more with --build-timeout SECONDS");
  }
  return result;
}

std::string Backend::OutputFile() const {
  return os::JoinPath(project_.workspace, "output");
}

Error Backend::Failed(ErrorCode code, const std::string& hook, const std::string& what) {
  const std::string printed = EndOfFile(parts_.filesystem, OutputFile());
  Error error{.code = code, .message = what + LastOf(LinesOf(hook, printed))};
  if (is_isolated_ && parts_.limits.network == os::SandboxNetwork::kNone &&
      HoldsOneOf(printed, kNoNetworkWords)) {
    error.hints.emplace_back(
        "a build has no network: what it downloads belongs into its requirements, or allow it with "
        "--build-network");
  }
  if (HoldsOneOf(printed, kNoMemoryWords)) {
    error.hints.emplace_back("allow each process more memory with --build-memory MIB");
  }
  if (!is_isolated_) {
    error.hints.emplace_back("it ran without isolation, which this kernel refuses");
  }
  if (parts_.filesystem.Rename(OutputFile(), project_.log)) {
    error.hints.push_back("everything it printed is in " + project_.log);
  }
  return error;
}

Error Backend::HookFailed(const std::string& hook, const std::string& why) {
  return Failed(ErrorCode::kInvalid, hook,
                "building " + project_.title + " failed in " + hook + ": " + why);
}

Result<Backend::Answer> Backend::Call(const std::string& hook, const std::string& output) {
  const std::string question = os::JoinPath(project_.workspace, "question.json");
  const std::string answer_path = os::JoinPath(project_.workspace, "answer.json");
  const json document = {{"hook", hook},
                         {"backend", project_.system.backend},
                         {"backend_path", project_.system.backend_path},
                         {"config_settings", SettingsJson(project_.settings)},
                         {"output", output}};
  FLOWSTONE_TRY(os::RemoveTree(parts_.filesystem, answer_path));
  FLOWSTONE_TRY(os::ReplaceFile(parts_.filesystem, question, document.dump()));
  // Isolated (-I): neither the directory nor variables decide what is imported.
  FLOWSTONE_LET(
      const os::ProcessResult result,
      RunHook({environment_.python, "-I", "-B", "-u", os::JoinPath(project_.workspace, "hook.py"),
               question, answer_path, OutputFile()},
              hook));
  const Result<std::string> text = parts_.filesystem.ReadFile(answer_path);
  if (!text) {
    const std::string end =
        result.status.signal
            ? "it was killed by signal " + std::to_string(*result.status.signal)
            : "its process ended with status " + std::to_string(result.status.code.value_or(0));
    // What it said before it could print into the file: the interpreter's own words.
    return HookFailed(hook, end + LastOf(SplitLines(result.errors)));
  }
  const json answer = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  for (const char* failure : {"unusable", "failed"}) {
    if (answer.contains(failure) && answer[failure].is_string()) {
      return HookFailed(hook, answer[failure].get<std::string>());
    }
  }
  if (answer.contains("missing")) {
    return Answer{.is_missing = true};
  }
  if (!answer.contains("value")) {
    return HookFailed(hook, "it gave no answer");
  }
  return Answer{.value = answer["value"]};
}

Result<std::vector<pypi::Requirement>> Backend::Requirements() {
  const std::string hook = HookName("get_requires_for_build");
  FLOWSTONE_LET(const Answer answer, Call(hook, ""));
  std::vector<pypi::Requirement> requirements;
  if (answer.is_missing) {
    return requirements;
  }
  for (const json& text : answer.value) {
    if (!text.is_string()) {
      return Error{ErrorCode::kInvalid,
                   "the backend of " + project_.title + " asks for no requirements in " + hook};
    }
    FLOWSTONE_LET(pypi::Requirement requirement,
                  Annotate(pypi::Requirement::Parse(text.get<std::string>()),
                           "while reading what the backend of " + project_.title + " needs"));
    requirements.push_back(std::move(requirement));
  }
  return requirements;
}

Result<std::optional<std::string>> Backend::Metadata() {
  const std::string output = os::JoinPath(project_.workspace, "metadata");
  FLOWSTONE_TRY(os::MakeDirectories(parts_.filesystem, output));
  const std::string hook = HookName("prepare_metadata_for_build");
  FLOWSTONE_LET(const Answer answer, Call(hook, output));
  if (answer.is_missing) {
    return std::optional<std::string>();
  }
  const std::string name =
      answer.value.is_string() ? os::BaseName(answer.value.get<std::string>()) : "";
  FLOWSTONE_LET(std::string text,
                Annotate(parts_.filesystem.ReadFile(output + "/" + name + "/METADATA"),
                         "while reading what " + hook + " of " + project_.title + " wrote"));
  return std::optional(std::move(text));
}

Result<std::string> Backend::Wheel() {
  const std::string output = os::JoinPath(project_.workspace, "out");
  const std::string hook = HookName("build");
  FLOWSTONE_LET(const Answer answer, Call(hook, output));
  if (answer.is_missing) {
    return Error{.code = ErrorCode::kInvalid,
                 .message = "the backend " + project_.system.backend + " of " + project_.title +
                            " has no " + hook,
                 .hints = project_.use == EditableUse::kEditable
                              ? std::vector<std::string>{"install it without -e"}
                              : std::vector<std::string>{}};
  }
  const std::string name =
      answer.value.is_string() ? os::BaseName(answer.value.get<std::string>()) : "";
  const std::string path = os::JoinPath(output, name);
  FLOWSTONE_LET(const os::FileInfo info,
                Annotate(parts_.filesystem.Lstat(path), "while looking for the wheel that " + hook +
                                                            " of " + project_.title + " built"));
  if (info.type != os::FileType::kFile || !name.ends_with(".whl")) {
    return Error{ErrorCode::kInvalid, "the backend of " + project_.title + " built no wheel in " +
                                          hook + ", but '" + net::RedactText(name) + "'"};
  }
  return path;
}

}  // namespace flowstone::build
