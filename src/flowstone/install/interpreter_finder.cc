#include "flowstone/install/interpreter_finder.h"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <utility>

#include "flowstone/base/text.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

// In the order of InterpreterSource.
constexpr std::array<std::string_view, 9> kSourceNames = {
    "requested", "launcher", "environment", "flowstone", "PATH", "pyenv", "uv", "conda", "system"};

// "python", "python3", "python3.11", "python3.13t", "python3.13td".
bool IsInterpreterName(std::string_view name) {
  if (!name.starts_with("python")) {
    return false;
  }
  name.remove_prefix(6);
  for (const char kind : {'d', 't'}) {
    if (name.ends_with(kind)) {
      name.remove_suffix(1);
    }
  }
  return name.empty() || (name.starts_with('3') && std::ranges::all_of(name, [](char c) {
                            return IsAsciiDigit(c) || c == '.';
                          }));
}

// What `path` means when it is asked for: an installation's interpreter where it is a directory.
std::string ExecutableAt(os::FileSystem& filesystem, const std::string& path) {
  const Result<os::FileInfo> info = filesystem.Stat(path);
  if (!info || info->type != os::FileType::kDirectory) {
    return path;
  }
  std::string executable = os::JoinPath(path, "bin/python");
  return filesystem.Stat(executable) ? executable : executable + "3";
}

// One pass over the places of SearchSettings.
class Search {
 public:
  Search(os::FileSystem& filesystem, InterpreterProbe& probe)
      : filesystem_(filesystem), probe_(probe) {}

  void VisitDirectory(const std::string& directory, InterpreterSource source) {
    const Result<std::string> real = filesystem_.RealPath(directory);
    if (!real || !seen_.insert(*real).second) {
      return;  // most of the usual places do not exist, and some are others: /bin is /usr/bin
    }
    Result<std::vector<os::DirectoryEntry>> entries = filesystem_.ListDirectory(directory);
    if (!entries) {
      return;
    }
    for (const os::DirectoryEntry& entry : *entries) {
      if (entry.type != os::FileType::kDirectory && IsInterpreterName(entry.name)) {
        VisitFile(os::JoinPath(directory, entry.name), source);
      }
    }
  }

  void VisitTree(const std::string& tree, InterpreterSource source) {
    Result<std::vector<os::DirectoryEntry>> entries = filesystem_.ListDirectory(tree);
    if (!entries) {
      return;
    }
    for (const os::DirectoryEntry& entry : *entries) {
      VisitDirectory(os::JoinPath(os::JoinPath(tree, entry.name), "bin"), source);
    }
  }

  void VisitFile(const std::string& path, InterpreterSource source) {
    Result<std::string> real = filesystem_.RealPath(path);
    if (!real || !seen_.insert(*real).second || IsScript(path, *real)) {
      return;
    }
    Result<Interpreter> interpreter = probe_.ProbeInSearch(*real);
    if (!interpreter) {
      list_.notes.push_back(interpreter.error().message);
      return;
    }
    if (interpreter->executable != *real && !seen_.insert(interpreter->executable).second) {
      return;
    }
    list_.found.push_back(
        {.interpreter = *std::move(interpreter), .source = source, .seen_as = path});
  }

  // A virtual environment has one interpreter under several names.
  void VisitEnvironment(const std::string& prefix) {
    const std::string executable = os::JoinPath(prefix, "bin/python");
    if (filesystem_.Stat(executable)) {  // most of the places of a .venv have none
      VisitFile(executable, InterpreterSource::kEnvironment);
    }
  }

  bool HasFound() const { return !list_.found.empty(); }
  InterpreterList Take() { return std::move(list_); }

 private:
  // Scripts that start some Python are not looked behind: what they start depends on settings that
  // are none of ours. pyenv's are so usual that they are not worth a note.
  bool IsScript(const std::string& path, const std::string& real) {
    Result<std::unique_ptr<os::InputFile>> file = filesystem_.OpenInput(real);
    if (!file) {
      return false;
    }
    const Result<std::string> start = (*file)->ReadAt(0, 2);
    if (!start || *start != "#!") {
      return false;
    }
    if (os::BaseName(os::DirName(path)) != "shims") {
      list_.notes.push_back(path + " is a script, not an interpreter");
    }
    return true;
  }

  os::FileSystem& filesystem_;
  InterpreterProbe& probe_;
  std::set<std::string> seen_;  // real paths, of directories as well
  InterpreterList list_;
};

// Whether `a` is the better answer to a request that both match.
bool IsBetter(const Interpreter& a, const Interpreter& b) {
  const auto drawbacks = [](const Interpreter& interpreter) {
    return std::tuple(interpreter.is_free_threaded(),
                      interpreter.abi_flags.find('d') != std::string::npos,
                      interpreter.version.is_prerelease());
  };
  if (drawbacks(a) != drawbacks(b)) {
    return drawbacks(a) < drawbacks(b);
  }
  return a.version > b.version;
}

Error NothingMatches(const PythonRequest& request, const InterpreterList& list) {
  Error error{.code = ErrorCode::kNotFound,
              .message = "no installed Python matches \"" + request.text() + "\""};
  for (const FoundInterpreter& found : list.found) {
    error.hints.push_back("found Python " + found.interpreter.version.ToString() +
                          (found.interpreter.is_free_threaded() ? "t" : "") + " at " +
                          found.interpreter.executable + " (" +
                          std::string(InterpreterSourceName(found.source)) + ")");
  }
  if (list.found.empty()) {
    error.hints.emplace_back(
        "no Python was found on PATH, in environments, pyenv, uv, conda or the system");
  }
  for (const std::string& note : list.notes) {
    error.hints.push_back("left out: " + note);
  }
  return error;
}

}  // namespace

std::string_view InterpreterSourceName(InterpreterSource source) {
  return kSourceNames.at(static_cast<std::size_t>(source));
}

InterpreterFinder::InterpreterFinder(os::FileSystem& filesystem, InterpreterProbe& probe,
                                     SearchSettings settings)
    : filesystem_(filesystem), probe_(probe), settings_(std::move(settings)) {}

Result<FoundInterpreter> InterpreterFinder::Find(const PythonRequest& request) {
  if (request.path()) {
    FLOWSTONE_LET(Interpreter interpreter,
                  probe_.Probe(ExecutableAt(filesystem_, *request.path())));
    return FoundInterpreter{.interpreter = std::move(interpreter),
                            .source = InterpreterSource::kRequested,
                            .seen_as = *request.path()};
  }
  if (!settings_.launcher.empty()) {
    Result<Interpreter> launcher = probe_.Probe(settings_.launcher);
    if (launcher && request.Matches(*launcher)) {
      return FoundInterpreter{.interpreter = *std::move(launcher),
                              .source = InterpreterSource::kLauncher,
                              .seen_as = settings_.launcher};
    }
  }
  if (auto found = FindInEnvironments(
          [&](const Interpreter& interpreter) { return request.Matches(interpreter); })) {
    return *std::move(found);
  }
  InterpreterList list = FindAll();
  FoundInterpreter* best = nullptr;
  for (FoundInterpreter& found : list.found) {
    if (request.Matches(found.interpreter) &&
        (best == nullptr || IsBetter(found.interpreter, best->interpreter))) {
      best = &found;
    }
  }
  if (best == nullptr) {
    return NothingMatches(request, list);
  }
  return std::move(*best);
}

template <class Fits>
std::optional<FoundInterpreter> InterpreterFinder::FindInEnvironments(Fits fits) {
  for (const std::string& environment : settings_.environments) {
    Search search(filesystem_, probe_);
    search.VisitEnvironment(environment);
    InterpreterList list = search.Take();
    if (!list.found.empty() && fits(list.found.front().interpreter)) {
      return std::move(list.found.front());
    }
  }
  return std::nullopt;
}

Result<FoundInterpreter> InterpreterFinder::FindUsual() {
  if (settings_.launcher.empty()) {
    if (auto found = FindInEnvironments([](const Interpreter&) { return true; })) {
      return *std::move(found);
    }
    Search search(filesystem_, probe_);
    for (const std::string& directory : settings_.path) {
      for (const char* name : {"python3", "python"}) {
        search.VisitFile(os::JoinPath(directory, name), InterpreterSource::kPath);
        if (search.HasFound()) {
          return search.Take().found.front();
        }
      }
    }
  }
  FLOWSTONE_LET(const PythonRequest any, PythonRequest::Parse("any"));
  return Find(any);
}

InterpreterList InterpreterFinder::FindAll() {
  Search search(filesystem_, probe_);
  if (!settings_.launcher.empty()) {
    search.VisitFile(settings_.launcher, InterpreterSource::kLauncher);
  }
  for (const std::string& environment : settings_.environments) {
    search.VisitEnvironment(environment);
  }
  for (const std::string& tree : settings_.own_trees) {
    search.VisitTree(tree, InterpreterSource::kFlowstone);
  }
  for (const std::string& directory : settings_.path) {
    search.VisitDirectory(directory, InterpreterSource::kPath);
  }
  for (const std::string& tree : settings_.pyenv_trees) {
    search.VisitTree(tree, InterpreterSource::kPyenv);
  }
  for (const std::string& tree : settings_.uv_trees) {
    search.VisitTree(tree, InterpreterSource::kUv);
  }
  for (const std::string& prefix : settings_.conda_installations) {
    search.VisitDirectory(os::JoinPath(prefix, "bin"), InterpreterSource::kConda);
    search.VisitTree(os::JoinPath(prefix, "envs"), InterpreterSource::kConda);
  }
  for (const std::string& directory : settings_.system_directories) {
    search.VisitDirectory(directory, InterpreterSource::kSystem);
  }
  for (const std::string& tree : settings_.system_trees) {
    search.VisitTree(tree, InterpreterSource::kSystem);
  }
  return search.Take();
}

}  // namespace flowstone::install
