// The question InterpreterProbe asks. It runs on every Python since 2.7, also on those that
// Flowstone refuses, so that they can be named. The answer is one JSON object on standard output.
#pragma once

#include <string_view>

namespace flowstone::install {

inline constexpr std::string_view kProbeScript = R"python(
import sys
sys.path[:] = [entry for entry in sys.path if entry]
import glob, json, os, platform, subprocess, sysconfig


def base_executable():
    # What a venv made of copies hides: its pyvenv.cfg names the directory of the real interpreter.
    executable = os.path.realpath(sys.executable)
    here = os.path.dirname(executable)
    for configuration in (here, os.path.dirname(here)):
        try:
            lines = open(os.path.join(configuration, "pyvenv.cfg")).read().splitlines()
        except (IOError, OSError):
            continue
        for line in lines:
            key, _, value = line.partition("=")
            if key.strip().lower() == "home":
                for name in ("python%d.%d" % sys.version_info[:2], "python3", "python"):
                    candidate = os.path.join(value.strip(), name)
                    if os.path.exists(candidate):
                        return os.path.realpath(candidate)
    return executable


def libc():
    # The C library of this process: which wheels can be loaded depends on it.
    try:
        name, version = os.confstr("CS_GNU_LIBC_VERSION").split()
        return [name] + [int(part) for part in version.split(".")[:2]]
    except (AttributeError, OSError, TypeError, ValueError):
        pass
    for loader in sorted(glob.glob("/lib/ld-musl-*.so.1")):
        try:
            process = subprocess.Popen([loader], stderr=subprocess.PIPE)
            for line in process.communicate()[1].decode("utf-8", "replace").splitlines():
                if line.startswith("Version "):
                    return ["musl"] + [int(part) for part in line[8:].split(".")[:2]]
        except (OSError, ValueError):
            pass
    return None


def full_version(info):
    text = "%d.%d.%d" % tuple(info[:3])
    level = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(info[3])
    return text + level + str(info[4]) if level else text


implementation = getattr(sys, "implementation", None)
system_platform = sysconfig.get_platform()
if sys.platform == "darwin":
    system_platform = "macosx-%s-%s" % (
        ".".join(platform.mac_ver()[0].split(".")[:2]), platform.machine())
json.dump({
    "executable": base_executable(),
    "implementation": getattr(implementation, "name", platform.python_implementation().lower()),
    "version": full_version(sys.version_info),
    "build": sys.version,
    "abi": sysconfig.get_config_var("SOABI") or "",
    "abi_flags": getattr(sys, "abiflags", ""),
    "platform": system_platform,
    "cache_tag": getattr(implementation, "cache_tag", None) or "",
    "prefix": getattr(sys, "base_prefix", sys.prefix),
    "stdlib": sysconfig.get_path("stdlib"),
    "platform_stdlib": sysconfig.get_path("platstdlib"),
    "libc": libc(),
    "pointer_bits": 64 if sys.maxsize > 2 ** 32 else 32,
    "major": sys.version_info[0],
    "minor": sys.version_info[1],
    "markers": {
        "implementation_name": getattr(implementation, "name", ""),
        "implementation_version": full_version(getattr(implementation, "version", sys.version_info)),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": "%d.%d" % sys.version_info[:2],
        "sys_platform": sys.platform,
    },
}, sys.stdout)
)python";

}  // namespace flowstone::install
