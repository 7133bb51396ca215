#include "flowstone/install/venv.h"

#include <array>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "flowstone/install/environment_scheme.h"
#include "flowstone/os/file_operations.h"
#include "flowstone/os/path.h"

namespace flowstone::install {
namespace {

constexpr std::string_view kConfiguration = "pyvenv.cfg";

// Sourced, so it finds itself by what the shell calls the file that is being read; the directory is
// where it was made, in shells that do not say.
constexpr std::string_view kActivate = R"sh(# source this file in sh, bash, zsh or ksh
deactivate() {
    if [ -n "${_FLOWSTONE_OLD_PATH+set}" ]; then
        PATH="$_FLOWSTONE_OLD_PATH"
        export PATH
        unset _FLOWSTONE_OLD_PATH
    fi
    if [ -n "${_FLOWSTONE_OLD_PYTHONHOME+set}" ]; then
        PYTHONHOME="$_FLOWSTONE_OLD_PYTHONHOME"
        export PYTHONHOME
        unset _FLOWSTONE_OLD_PYTHONHOME
    fi
    if [ -n "${_FLOWSTONE_OLD_PS1+set}" ]; then
        PS1="$_FLOWSTONE_OLD_PS1"
        unset _FLOWSTONE_OLD_PS1
    fi
    unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
    hash -r 2>/dev/null
    if [ "${1:-}" != nondestructive ]; then
        unset -f deactivate
    fi
}

deactivate nondestructive

if [ -n "${BASH_SOURCE:-}" ]; then
    VIRTUAL_ENV="$(cd "$(dirname "$BASH_SOURCE")/.." && pwd)"
elif [ -n "${ZSH_VERSION:-}" ]; then
    VIRTUAL_ENV="$(cd "$(dirname "$0")/.." && pwd)"
else
    VIRTUAL_ENV=@DIRECTORY@
fi
export VIRTUAL_ENV
VIRTUAL_ENV_PROMPT="$(basename "$VIRTUAL_ENV")"
export VIRTUAL_ENV_PROMPT

_FLOWSTONE_OLD_PATH="$PATH"
PATH="$VIRTUAL_ENV/bin:$PATH"
export PATH
if [ -n "${PYTHONHOME+set}" ]; then
    _FLOWSTONE_OLD_PYTHONHOME="$PYTHONHOME"
    unset PYTHONHOME
fi
if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT:-}" ]; then
    _FLOWSTONE_OLD_PS1="${PS1:-}"
    PS1="($VIRTUAL_ENV_PROMPT) ${PS1:-}"
    export PS1
fi
hash -r 2>/dev/null
)sh";

constexpr std::string_view kActivateFish = R"fish(# source this file in fish
function deactivate
    if set -q _FLOWSTONE_OLD_PATH
        set -gx PATH $_FLOWSTONE_OLD_PATH
        set -e _FLOWSTONE_OLD_PATH
    end
    if set -q _FLOWSTONE_OLD_PYTHONHOME
        set -gx PYTHONHOME $_FLOWSTONE_OLD_PYTHONHOME
        set -e _FLOWSTONE_OLD_PYTHONHOME
    end
    set -e VIRTUAL_ENV
    set -e VIRTUAL_ENV_PROMPT
    functions -e deactivate
end

if functions -q deactivate; and set -q VIRTUAL_ENV
    set -q _FLOWSTONE_OLD_PATH; and set -gx PATH $_FLOWSTONE_OLD_PATH
end
set -gx VIRTUAL_ENV (path resolve (status dirname)/..)
set -gx VIRTUAL_ENV_PROMPT (basename $VIRTUAL_ENV)
set -g _FLOWSTONE_OLD_PATH $PATH
set -gx PATH $VIRTUAL_ENV/bin $PATH
if set -q PYTHONHOME
    set -g _FLOWSTONE_OLD_PYTHONHOME $PYTHONHOME
    set -e PYTHONHOME
end
)fish";

// As a word of a shell, whatever is in it.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return quoted + "'";
}

std::string ActivateScript(const std::string& directory) {
  constexpr std::string_view hole = "@DIRECTORY@";
  std::string script(kActivate);
  return script.replace(script.find(hole), hole.size(), Quoted(directory));
}

Status WriteNewFile(os::FileSystem& filesystem, const std::string& path, std::string_view content) {
  FLOWSTONE_LET(const std::unique_ptr<os::OutputFile> file,
                filesystem.OpenOutput(path, os::Existing::kRefuse, 0644));
  FLOWSTONE_TRY(file->Write(content));
  return file->Close();
}

}  // namespace

Result<VenvPlace> LookAtVenv(os::FileSystem& filesystem, const std::string& directory) {
  const Result<os::FileInfo> info = filesystem.Stat(directory);
  if (!info) {
    if (info.error().code != ErrorCode::kNotFound) {
      return Error(info.error());
    }
    return VenvPlace::kVacant;
  }
  if (info->type != os::FileType::kDirectory) {
    return Error{.code = ErrorCode::kInvalid, .message = directory + " is no directory"};
  }
  FLOWSTONE_LET(const bool is_venv,
                os::Exists(filesystem, os::JoinPath(directory, kConfiguration)));
  if (!is_venv) {
    FLOWSTONE_LET(const std::vector<os::DirectoryEntry> entries,
                  filesystem.ListDirectory(directory));
    if (entries.empty()) {
      return VenvPlace::kVacant;
    }
    return Error{.code = ErrorCode::kInvalid,
                 .message = directory + " has files in it and is no virtual environment"}
        .WithHint("name a directory that is new or empty, or one that has a pyvenv.cfg");
  }
  if (!filesystem.Stat(os::JoinPath(directory, "bin/python"))) {
    return Error{.code = ErrorCode::kNotFound,
                 .message = "the interpreter of the virtual environment " + directory + " is gone"}
        .WithHint("remove " + directory + " and run this again to make it anew");
  }
  return VenvPlace::kVenv;
}

Status MakeVenv(os::FileSystem& filesystem, const std::string& directory,
                const Interpreter& interpreter) {
  const auto at = [&](std::string_view path) { return os::JoinPath(directory, path); };
  FLOWSTONE_TRY(filesystem.MakeSymlink(interpreter.executable, at("bin/python")));
  FLOWSTONE_TRY(filesystem.MakeSymlink("python", at("bin/python3")));
  FLOWSTONE_TRY(filesystem.MakeSymlink("python", at("bin/python" + interpreter.MajorMinor())));
  if (interpreter.target.markers.sys_platform == "linux") {
    FLOWSTONE_TRY(filesystem.MakeSymlink("lib", at("lib64")));
  }
  return WriteNewFile(filesystem, at(kConfiguration),
                      "home = " + os::DirName(interpreter.executable) +
                          "\n"
                          "include-system-site-packages = false\n"
                          "version = " +
                          interpreter.version.ToString() + "\n");
}

Status MakeVenvForPeople(os::FileSystem& filesystem, const std::string& directory,
                         const Interpreter& interpreter, const std::string& destination) {
  const auto at = [&](std::string_view path) { return os::JoinPath(directory, path); };
  FLOWSTONE_TRY(
      os::MakeDirectories(filesystem, at(EnvironmentScheme::Of(interpreter).site_packages), 0755));
  FLOWSTONE_TRY(os::MakeDirectories(filesystem, at("bin"), 0755));
  FLOWSTONE_TRY(WriteNewFile(filesystem, at("bin/activate"), ActivateScript(destination)));
  FLOWSTONE_TRY(WriteNewFile(filesystem, at("bin/activate.fish"), kActivateFish));
  FLOWSTONE_TRY(WriteNewFile(filesystem, at(".gitignore"), "*\n"));
  return MakeVenv(filesystem, directory, interpreter);
}

}  // namespace flowstone::install
